//! What machines say of themselves.

use longhaul::machine::{Branch, Cause, MachineDescription, WaitsFor, mermaid};
use longhaul::prelude::*;

use crate::machine::{add, none, num};

#[derive(Default, Serialize, Deserialize)]
struct Described {
    count: u32,
}

/// The line of the first await in `Described`.
const FIRST_LINE: u32 = line!() + 6;

#[workflow]
impl Described {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let base = num(n).await?;
        if base > 20 {
            self.pause(ctx, base).await;
        }
        for i in 0..base {
            select! {
                x = num(i) => { self.count = x?; }
                _ = async { ctx.sleep(seconds(1)).await; none().await } => break,
            }
        }
        ctx.wait_until(|| self.count > 0).await;
        Ok(base)
    }

    async fn pause(&mut self, ctx: &Context, n: u32) {
        #[state(Pausing)]
        ctx.sleep(seconds(u64::from(n))).await;
    }
}

fn slots(machine: &MachineDescription, state: &str) -> Vec<&'static str> {
    let mut slots = machine.states.iter().find(|known| known.name == state).unwrap().slots.to_vec();
    slots.sort_unstable();
    slots
}

/// The ways from a state, but those on which it is given up.
fn ways(machine: &MachineDescription, from: &str) -> Vec<(&'static str, Cause)> {
    let found = machine.transitions.iter().filter(|way| way.from == from && way.cause != Cause::GivenUp);
    found.map(|way| (way.to, way.cause)).collect()
}

/// From which states a cancelled run goes where, if the code cannot go on there.
fn given_up(machine: &MachineDescription) -> Vec<(&'static str, &'static str)> {
    let found = machine.transitions.iter().filter(|way| way.cause == Cause::GivenUp);
    found.map(|way| (way.from, way.to)).collect()
}

#[test]
fn a_machine_describes_its_states() {
    let [run, pause] = &Described::describe()[..] else { panic!("one machine for each async method") };
    let branch = |number| Some(Branch { of: "AwaitSelect", number });
    let states: Vec<_> =
        run.states.iter().map(|state| (state.name, state.waits_for, state.wait, state.within)).collect();
    assert_eq!(
        states,
        [
            ("Start", "", WaitsFor::Nothing, None),
            ("AwaitNum", "num(n)", WaitsFor::Operation, None),
            ("AwaitPause", "self.pause(ctx, base)", WaitsFor::Call { method: "pause" }, None),
            ("AwaitSelect", SELECT, WaitsFor::Select, None),
            ("AwaitNum2", "num(i)", WaitsFor::Operation, branch(0)),
            ("AwaitSleep", "ctx.sleep(seconds(1))", WaitsFor::Timer, branch(1)),
            ("AwaitNone", "none()", WaitsFor::Operation, branch(1)),
            ("AwaitCondition", "ctx.wait_until(|| self.count > 0)", WaitsFor::Condition, None),
            ("Done", "", WaitsFor::Nothing, None),
        ]
    );
    let lines: Vec<_> =
        run.states.iter().map(|state| if state.line == 0 { 0 } else { state.line - FIRST_LINE }).collect();
    assert_eq!(lines, [0, 0, 2, 5, 6, 7, 7, 10, 0]);
    assert_eq!(run.file, file!());
    assert_eq!(slots(run, "AwaitNum"), ["await_num"]);
    assert_eq!(slots(run, "AwaitPause"), ["await_pause", "base"]);
    assert_eq!(slots(run, "AwaitCondition"), ["base"]);
    assert_eq!(run.slots.iter().find(|slot| slot.name == "base").unwrap().type_name, "u32");
    assert_eq!(
        (pause.method, pause.states[1].name, pause.states[1].slots),
        ("pause", "Pausing", &["pausing"][..])
    );
}

const SELECT: &str = "select! { x = num(i) => { self.count = x?; } \
                      _ = async { ctx.sleep(seconds(1)).await; none().await } => break, }";

#[test]
fn a_machine_describes_its_ways_with_their_causes() {
    let [run, pause] = &Described::describe()[..] else { panic!("one machine for each async method") };
    assert_eq!(ways(run, "Start"), [("AwaitNum", Cause::Started)]);
    let after = ["AwaitPause", "AwaitSelect", "AwaitCondition"].map(|state| (state, Cause::Result));
    assert_eq!(ways(run, "AwaitNum")[0], ("Done", Cause::Error));
    assert_eq!(ways(run, "AwaitNum")[1..], after);
    assert_eq!(ways(run, "AwaitPause"), after[1..]);
    assert_eq!(
        ways(run, "AwaitSelect"),
        [
            // `x?`
            ("Done", Cause::Result),
            ("AwaitSelect", Cause::Result),
            ("AwaitNum2", Cause::Entered),
            ("AwaitSleep", Cause::Entered),
            ("AwaitCondition", Cause::Result),
            ("AwaitCondition", Cause::Branches),
        ]
    );
    assert_eq!(ways(run, "AwaitSleep"), [("AwaitNone", Cause::Timer)]);
    assert_eq!(ways(run, "AwaitNone"), [("AwaitSelect", Cause::Result)]);
    assert_eq!(ways(run, "AwaitCondition"), [("Done", Cause::Condition)]);
    assert_eq!(ways(pause, "Pausing"), [("Done", Cause::Timer)]);
    let all =
        ["AwaitNum", "AwaitPause", "AwaitSelect", "AwaitNum2", "AwaitSleep", "AwaitNone", "AwaitCondition"];
    assert_eq!(given_up(run), all.map(|state| (state, "Done")));
    assert_eq!(given_up(pause), [("Pausing", "Done")]);
}

#[derive(Default, Serialize, Deserialize)]
struct Limited {
    open: bool,
}

#[workflow]
impl Limited {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let fast = timeout(seconds(1), num(n)).await??;
        if timeout(seconds(2), ctx.wait_until(|| self.open)).await.is_err() {
            return Ok(0);
        }
        let (a, b) = try_join!(num(fast), num(n))?;
        let (c, d) = join!(num(a), num(b));
        Ok(add(c?, d?).await.map_err(Failure::from)?)
    }
}

#[test]
fn timeouts_and_joins_have_causes_of_their_own() {
    let [run] = &Limited::describe()[..] else { panic!("one machine") };
    let outside = |from: &str| -> Vec<(&str, Cause)> {
        ways(run, from).into_iter().filter(|(_, cause)| *cause != Cause::Entered).collect()
    };
    assert_eq!(
        outside("AwaitTimeout"),
        [("Done", Cause::Error), ("Done", Cause::Timer), ("AwaitTimeout2", Cause::Result)]
    );
    assert_eq!(
        outside("AwaitTimeout2"),
        [
            ("Done", Cause::Condition),
            ("Done", Cause::Timer),
            ("AwaitTryJoin", Cause::Condition),
            ("AwaitTryJoin", Cause::Timer),
        ]
    );
    assert_eq!(outside("AwaitTryJoin"), [("Done", Cause::Error), ("AwaitJoin", Cause::Branches)]);
    assert_eq!(outside("AwaitJoin"), [("Done", Cause::Branches), ("AwaitAdd", Cause::Branches)]);
    assert_eq!(outside("AwaitAdd"), [("Done", Cause::Result), ("Done", Cause::Error)]);
}

#[test]
fn a_machine_is_drawn_with_what_it_calls_and_where_it_is() {
    let drawn = mermaid(&Described::describe(), &["AwaitPause/Pausing"]);
    assert_eq!(
        drawn,
        r#"stateDiagram-v2
    state "AwaitNum: num(n)" as AwaitNum
    state "AwaitPause: self.pause(ctx, base)" as AwaitPause {
        state "Pausing: ctx.sleep(seconds(u64::from(n)))" as AwaitPause__Pausing
        [*] --> AwaitPause__Pausing: started
        AwaitPause__Pausing --> [*]: timer
    }
    state "AwaitSelect: select!" as AwaitSelect {
        state "AwaitNum2: num(i)" as AwaitNum2
        [*] --> AwaitNum2
        AwaitNum2 --> [*]: result
        --
        state "AwaitSleep: ctx.sleep(seconds(1))" as AwaitSleep
        state "AwaitNone: none()" as AwaitNone
        [*] --> AwaitSleep
        AwaitSleep --> AwaitNone: timer
        AwaitNone --> [*]: result
    }
    state "AwaitCondition: ctx.wait_until(|| self.count > 0)" as AwaitCondition
    [*] --> AwaitNum: started
    AwaitNum --> [*]: error
    AwaitNum --> AwaitPause: result
    AwaitNum --> AwaitSelect: result
    AwaitNum --> AwaitCondition: result
    AwaitPause --> AwaitSelect: result
    AwaitPause --> AwaitCondition: result
    AwaitSelect --> [*]: result
    AwaitSelect --> AwaitSelect: result
    AwaitSelect --> AwaitCondition: result or branches
    AwaitCondition --> [*]: condition
    note left of AwaitNum: cancelled, it can end in any state
    classDef lit fill:#fd7,stroke:#b60,color:#000
    class AwaitPause__Pausing lit
"#
    );
}

#[derive(Default, Serialize, Deserialize)]
struct Careful {}

#[workflow]
impl Careful {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let scoped = ctx
            .scope(async {
                ctx.sleep(seconds(1)).await;
                num(n).await
            })
            .await;
        if scoped.is_err() {
            #[state(Undoing)]
            shield(num(1)).await?;
            return Ok(0);
        }
        select! {
            x = num(2) => { x?; }
            () = ctx.cancelled() => {
                shield(async { ctx.scope(ctx.sleep(seconds(2))).await }).await.ok();
            }
        }
        #[state(Last)]
        let last = ctx.scope(num(3)).await??;
        Ok(last)
    }
}

#[test]
fn ways_on_which_a_cancelled_run_goes_on_have_that_cause() {
    let [run] = &Careful::describe()[..] else { panic!("one machine") };
    let outside = |from: &str| -> Vec<(&str, Cause)> {
        ways(run, from).into_iter().filter(|(_, cause)| *cause != Cause::Entered).collect()
    };
    assert_eq!(
        outside("AwaitScope"),
        [
            ("Undoing", Cause::Branches),
            ("Undoing", Cause::Cancelled),
            ("AwaitSelect", Cause::Branches),
            ("AwaitSelect", Cause::Cancelled),
        ]
    );
    assert_eq!(
        outside("AwaitSelect"),
        [("Done", Cause::Result), ("AwaitShield", Cause::Cancelled), ("Last", Cause::Result)]
    );
    assert_eq!(
        outside("Last"),
        [("Done", Cause::Error), ("Done", Cause::Branches), ("Done", Cause::Cancelled)]
    );
    assert_eq!(
        given_up(run),
        [
            ("AwaitSleep", "AwaitScope"),
            ("AwaitNum", "AwaitScope"),
            ("AwaitNum3", "Done"),
            ("AwaitSleep2", "AwaitScope2"),
            ("AwaitNum4", "Last"),
        ]
    );
    let drawn = mermaid(&Careful::describe(), &[]);
    assert!(drawn.contains("AwaitScope --> Undoing: branches or cancelled"), "{drawn}");
    assert!(drawn.contains("AwaitSelect --> AwaitShield: cancelled"), "{drawn}");
    assert!(!drawn.contains("note"), "it goes on everywhere: {drawn}");
}

#[workflow]
async fn both(ctx: &Context, n: u32) -> Result<u32, Failure> {
    let beside = ctx.spawn(async move {
        ctx.sleep(seconds(1)).await;
        n
    });
    let next = if n > 0 { Box::pin(both(ctx, n - 1)).await? } else { 0 };
    Ok(num(next).await? + beside.await?)
}

#[workflow]
async fn twice(ctx: &Context, n: u32) -> Result<u32, Failure> {
    Ok(both(ctx, n).await? + both(ctx, n + 1).await?)
}

#[derive(Default, Serialize, Deserialize)]
struct Calls {}

#[workflow]
impl Calls {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let first = twice(ctx, n).await?;
        let all = join_all((0..n).map(|n| both(ctx, n))).await;
        self.both(ctx).await;
        Ok(first + all.len() as u32)
    }

    /// Called as a function is, and no function.
    async fn both(&mut self, ctx: &Context) {
        #[state(Pausing)]
        ctx.sleep(seconds(1)).await;
    }
}

#[test]
fn functions_are_described_and_drawn_where_they_are_awaited() {
    let machines = Calls::describe();
    let names: Vec<_> = machines.iter().map(|machine| (machine.workflow, machine.method)).collect();
    assert_eq!(
        names,
        [("Calls", "run"), ("Calls", "both"), ("twice", "twice"), ("both", "both"), ("both", "both.Sleep")]
    );
    let drawn = mermaid(&machines, &["AwaitTwice/AwaitBoth2/both.Sleep"]);
    let lines: Vec<&str> = drawn.lines().map(str::trim).collect();
    let node = |label: &str, id: &str| format!("state \"{label}\" as {id}");
    for (label, id) in [
        ("AwaitTwice: twice(ctx, n)", "AwaitTwice {"),
        ("AwaitBoth: both(ctx, n)", "AwaitTwice__AwaitBoth {"),
        ("AwaitBoth2: both(ctx, n + 1)", "AwaitTwice__AwaitBoth2 {"),
        // It calls itself, and is not drawn again within itself.
        ("AwaitBoth: both(ctx, n - 1)", "AwaitTwice__AwaitBoth2__AwaitBoth"),
        ("task both.Sleep", "AwaitTwice__AwaitBoth2__both_Sleep {"),
        ("AwaitSleep: ctx.sleep(seconds(1))", "AwaitTwice__AwaitBoth2__both_Sleep__AwaitSleep"),
        ("AwaitJoinAll: join_all((0 .. n).map(| n | both(ctx, n)))", "AwaitJoinAll {"),
        ("AwaitNum: num(next)", "AwaitJoinAll__AwaitNum"),
        ("AwaitBoth: self.both(ctx)", "AwaitBoth {"),
        ("Pausing: ctx.sleep(seconds(1))", "AwaitBoth__Pausing"),
    ] {
        assert!(lines.contains(&&*node(label, id)), "{label} is {id} in {drawn}");
    }
    assert_eq!(lines.last(), Some(&"class AwaitTwice__AwaitBoth2__both_Sleep lit"));
    assert!(!drawn.contains("task both\""), "a method of that name is called, and no task: {drawn}");
}
