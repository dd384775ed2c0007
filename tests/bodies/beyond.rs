//! What plain async Rust refuses or cannot show: branches that share what they change, signals that come while a body
//! waits, when values are dropped.

use std::cell::RefCell;

use longhaul::machine::MachineDescription;
use longhaul::prelude::*;

use crate::machine::*;

macro_rules! workflows {
    ($($name:ident)*) => {$(
        #[derive(Default, Serialize, Deserialize)]
        pub(crate) struct $name {
            log: Vec<String>,
            count: u32,
            items: Vec<u32>,
        }
    )*};
}

workflows! { SharedSelf SharedVariables Conditions Drops NotLive Cancelled SharedHelpers Reassigned Shrinking }

/// Runs a body both ways; gives its operations, its log and its result.
fn ran<W: Workflow>(input: W::Input, log: impl Fn(W) -> Vec<String>) -> (Vec<String>, Vec<String>, String)
where
    W::Input: Clone,
    W::Output: std::fmt::Debug,
    W::Error: std::fmt::Debug,
{
    let (workflow, trace) = run::<W>(input.clone(), Between::Reload);
    let (in_memory, trace_in_memory) = run::<W>(input, Between::StayInMemory);
    let logged = log(workflow);
    assert_eq!(trace, trace_in_memory);
    assert_eq!(logged, log(in_memory));
    (trace.operations, logged, trace.result)
}

#[workflow]
impl SharedSelf {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let (a, b) = join!(
            async {
                for i in 0..n {
                    self.log.push(format!("a{i}"));
                    ctx.sleep(seconds(2)).await;
                    self.count += 1;
                }
                self.count
            },
            async {
                while self.count < n {
                    self.log.push(format!("b{}", self.count));
                    ctx.sleep(seconds(3)).await;
                }
                self.count * 10
            },
        );
        Ok(a + b)
    }
}

#[test]
fn branches_change_self_by_turns() {
    let (_, log, result) = ran::<SharedSelf>(3, |workflow| workflow.log);
    assert_eq!(log, ["a0", "b0", "a1", "b1", "a2", "b2"]);
    assert_eq!(result, "Ok(33)");
}

#[workflow]
impl SharedVariables {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        let mut total = 0;
        let name = "kept".to_owned();
        let borrowed = &name;
        let (_, last, found) = join!(
            async {
                for i in 0..n {
                    seen.push(num(i).await);
                    total += i;
                }
            },
            async {
                loop {
                    ctx.sleep(seconds(1)).await;
                    total += 100;
                    if seen.len() > 2 {
                        break total;
                    }
                }
            },
            async {
                ctx.wait_until(|| total > 2).await;
                let total = format!("{borrowed} {total}");
                none().await.unwrap();
                total
            },
        );
        total += 1;
        Ok(format!("{} {total} {last} {found}", seen.len()))
    }
}

#[test]
fn branches_change_the_same_variables() {
    let (_, _, result) = ran::<SharedVariables>(4, |workflow| workflow.log);
    assert_eq!(result, r#"Ok("4 107 106 kept 3")"#);
}

#[workflow]
impl Conditions {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut ready = false;
        let limit = n;
        let winner = select! {
            _ = async {
                ctx.sleep(seconds(5)).await;
                ready = true;
                ctx.sleep(seconds(5)).await;
            } => 1,
            _ = ctx.wait_until(|| ready && limit > 2) => 2,
        };
        let outcome = timeout(seconds(9), async {
            join!(
                async {
                    ctx.sleep(seconds(1)).await;
                    self.count = 7;
                },
                ctx.wait_until(|| self.count == 7),
            );
            self.log.push("both".to_owned());
        })
        .await;
        self.wait_in_helper(ctx, 7).await;
        Ok(format!("{winner} {outcome:?} {ready}"))
    }

    async fn wait_in_helper(&mut self, ctx: &Context, count: u32) {
        ctx.wait_until(move || self.count == count).await;
        self.log.push("helped".to_owned());
    }
}

#[test]
fn conditions_see_what_other_branches_change() {
    let (_, log, result) = ran::<Conditions>(3, |workflow| workflow.log);
    assert_eq!(log, ["both", "helped"]);
    assert_eq!(result, r#"Ok("2 Ok(()) true")"#);
}

thread_local! {
    static DROPPED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes when it is dropped.
struct Noted(&'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0.to_owned()));
    }
}

fn dropped() -> String {
    DROPPED.with_borrow(|dropped| dropped.join(" "))
}

#[workflow]
impl Drops {
    #[run]
    async fn run(&mut self, _ctx: &Context, n: u32) -> Result<(), Failure> {
        let _first = Noted("first");
        {
            let _inner = Noted("inner");
            let _second = Noted("second");
            self.log.push(dropped());
        }
        self.log.push(dropped());
        let moved = Noted("moved");
        for i in 0..n {
            let _turn = Noted("turn");
            if i == 1 {
                continue;
            }
            self.log.push(dropped());
        }
        drop(moved);
        self.log.push(dropped());
        // Not live after it, so dropped before: no later than async Rust would.
        none().await?;
        self.log.push(dropped());
        {
            let _after = Noted("after");
            if n > 5 {
                none().await?;
            }
        }
        self.log.push(dropped());
        Ok(())
    }
}

#[test]
fn values_are_dropped_no_later_than_in_async_rust() {
    let (workflow, _) = run::<Drops>(2, Between::Reload);
    assert_eq!(
        workflow.log,
        [
            "",
            "second inner",
            "second inner",
            "second inner turn turn moved",
            "second inner turn turn moved first",
            "second inner turn turn moved first after",
        ]
    );
}

#[workflow]
impl NotLive {
    #[run]
    async fn run(&mut self, _ctx: &Context, n: u32) -> Result<u32, Failure> {
        let long = list(n).await?;
        let sum: u32 = long.iter().sum();
        none().await?;
        let _unused = order(sum).await?;
        none().await?;
        Ok(sum)
    }
}

#[test]
fn only_what_is_live_is_stored() {
    let described = NotLive::describe().swap_remove(0);
    assert_eq!(slots(&described, "AwaitList"), ["await_list"]);
    assert_eq!(slots(&described, "AwaitNone"), ["await_none", "sum"]);
    assert_eq!(slots(&described, "AwaitOrder"), ["await_order", "sum"]);
    assert_eq!(slots(&described, "AwaitNone2"), ["await_none2", "sum"]);
}

/// The slots of a state, by name.
fn slots(machine: &MachineDescription, state: &str) -> Vec<&'static str> {
    let mut slots = machine.states.iter().find(|known| known.name == state).unwrap().slots.to_vec();
    slots.sort_unstable();
    slots
}

#[workflow]
impl Cancelled {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut rounds = 0;
        let result = select! {
            _ = async {
                let held = text("held".to_owned()).await.unwrap();
                loop {
                    rounds += 1;
                    ctx.sleep(seconds(4)).await;
                    self.log.push(format!("{held}{rounds}"));
                }
            } => 0,
            x = async {
                ctx.sleep(seconds(u64::from(n))).await;
                rounds * 100
            } => x,
        };
        // Its timer is disarmed: nothing is left to wait for but this.
        ctx.sleep(seconds(1)).await;
        Ok(format!("{result} {rounds}"))
    }
}

#[test]
fn losing_branches_are_disarmed() {
    let (operations, log, result) = ran::<Cancelled>(10, |workflow| workflow.log);
    assert_eq!(log, ["<held>1", "<held>2"]);
    assert_eq!(result, r#"Ok("300 3")"#);
    assert_eq!(operations.last().unwrap(), "5 is done");
}

#[workflow]
impl SharedHelpers {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = try_join!(self.count_up(ctx, n, "a".to_owned()), self.count_up(ctx, n, "b".to_owned()))?;
        let c = select! {
            x = self.count_up(ctx, 1, "c".to_owned()) => x?,
            y = async { self.count_up(ctx, 9, "d".to_owned()).await } => y?,
        };
        Ok(format!("{a} {b} {c}"))
    }

    async fn count_up(&mut self, ctx: &Context, n: u32, name: String) -> Result<u32, Failure> {
        for i in 0..n {
            ctx.sleep(seconds(1)).await;
            self.count += 1;
            self.log.push(format!("{name}{i}"));
        }
        Ok(self.count)
    }
}

#[test]
fn helpers_run_beside_each_other_on_the_same_self() {
    let (_, log, result) = ran::<SharedHelpers>(2, |workflow| workflow.log);
    assert_eq!(log, ["a0", "b0", "a1", "b1", "c0"]);
    assert_eq!(result, r#"Ok("3 4 5")"#);
}

#[workflow]
impl Reassigned {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut value = text("first".to_owned()).await?;
        let mut left = n;
        let outcome = loop {
            let (next, stop) = join!(
                async {
                    let old = value.clone();
                    ctx.sleep(seconds(1)).await;
                    value = format!("{old}.");
                    value.len() as u32
                },
                async {
                    left -= 1;
                    if left == 0 {
                        return true;
                    }
                    none().await.is_err()
                },
            );
            if stop {
                break next;
            }
            self.count = self.count.max(next);
        };
        Ok(format!("{value} {outcome} {}", self.count))
    }
}

#[test]
fn a_construct_in_a_loop_changes_what_is_around_it() {
    let (_, _, result) = ran::<Reassigned>(3, |workflow| workflow.log);
    assert_eq!(result, r#"Ok("<first>... 10 9")"#);
}

#[workflow]
impl Shrinking {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        self.items = list(n).await?;
        let name = text("n".to_owned()).await?;
        join!(
            async {
                for item in &self.items {
                    ctx.sleep(seconds(2)).await;
                    self.log.push(format!("a{item}{name}"));
                }
                for (at, item) in self.items.iter().enumerate().filter(|(_, item)| **item > 0) {
                    ctx.sleep(seconds(2)).await;
                    self.log.push(format!("b{at}{item}"));
                }
                self.log.push(format!("over{name}"));
            },
            async {
                ctx.sleep(seconds(5)).await;
                self.items.truncate(2);
                ctx.sleep(seconds(4)).await;
                self.items.clear();
            },
        );
        Ok(name)
    }
}

#[test]
fn a_loop_is_over_when_the_item_it_is_at_is_taken_away() {
    let (_, log, result) = ran::<Shrinking>(4, |workflow| workflow.log);
    assert_eq!(log, ["a1<n>", "a2<n>", "b01", "over<n>"]);
    assert_eq!(result, r#"Ok("<n>")"#);
}
