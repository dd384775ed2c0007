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

/// The ways from a state.
fn ways(machine: &MachineDescription, from: &str) -> Vec<(&'static str, Cause)> {
    let found = machine.transitions.iter().filter(|transition| transition.from == from);
    found.map(|transition| (transition.to, transition.cause)).collect()
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
    classDef lit fill:#fd7,stroke:#b60,color:#000
    class AwaitPause__Pausing lit
"#
    );
}
