//! Signals and queries, and what waits for them.

use longhaul::prelude::*;

use super::{is_cancelled, output};
use crate::driven::Driven;

#[activity]
async fn remind(user: String) {
    println!("a reminder to {user}");
}

#[derive(Default, Serialize, Deserialize)]
struct UnblockOrCancel {
    unblocked: bool,
    told: bool,
}

#[workflow]
impl UnblockOrCancel {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        select! {
            () = ctx.wait_until(|| self.unblocked) => Ok("unblocked".to_owned()),
            () = ctx.cancelled() => {
                self.told = true;
                // The document throws it again: what cannot go on is given up.
                ctx.wait_until(|| false).await;
                Ok("never".to_owned())
            }
        }
    }

    #[signal]
    fn unblock(&mut self) {
        self.unblocked = true;
    }

    #[query]
    fn is_blocked(&self) -> bool {
        !self.unblocked
    }
}

#[test]
fn a_run_waits_to_be_unblocked_or_cancelled() {
    let mut run = Driven::<UnblockOrCancel>::start(());
    assert!(run.value.is_blocked());
    run.signal("unblock", &());
    assert!(!run.value.is_blocked());
    assert_eq!(output(run.ended()), "unblocked");
    let mut run = Driven::<UnblockOrCancel>::start(());
    run.cancel();
    assert!(run.value.told && is_cancelled(run.ended()));
}

/// The document's `useState`: a value that a signal sets, a query gives, and the run changes.
#[derive(Default, Serialize, Deserialize)]
struct Store {
    value: u64,
}

#[workflow]
impl Store {
    #[run]
    async fn run(&mut self, ctx: &Context, initial: u64) -> Result<(), Failure> {
        self.value = initial;
        loop {
            let pause = std::time::Duration::from_millis(self.value * 100);
            self.value += 1;
            ctx.sleep(pause).await;
        }
    }

    #[signal]
    fn set(&mut self, value: u64) {
        self.value = value;
    }

    #[query]
    fn value(&self) -> u64 {
        self.value
    }
}

#[test]
fn a_value_is_set_by_a_signal_and_changed_by_the_run() {
    let mut run = Driven::<Store>::start(10);
    assert_eq!((run.value.value(), run.armed()), (11, vec!["timer 1000001"]));
    run.signal("set", &(30_u64,));
    assert_eq!(run.value.value(), 30);
    run.fire();
    assert_eq!(run.value.value(), 31);
}

#[derive(Default, Serialize, Deserialize)]
struct TracksSteps {
    step: u32,
    seen: Vec<u32>,
}

#[workflow]
impl TracksSteps {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<Vec<u32>, Failure> {
        for step in 1..=2 {
            ctx.wait_until(|| self.step == step).await;
            self.seen.push(step);
        }
        Ok(self.seen.clone())
    }

    #[signal]
    fn update_step(&mut self, step: u32) {
        self.step = step;
    }

    #[query]
    fn step(&self) -> u32 {
        self.step
    }
}

#[test]
fn steps_are_tracked_by_conditions() {
    let mut run = Driven::<TracksSteps>::start(());
    run.signal("update_step", &(2_u32,));
    assert_eq!((run.value.step(), run.value.seen.len()), (2, 0));
    run.signal("update_step", &(1_u32,));
    run.signal("update_step", &(2_u32,));
    assert_eq!(output(run.ended()), [1, 2]);
}

/// The document's signal with the task's id in it: one handler for all.
#[derive(Default, Serialize, Deserialize)]
struct Tasks {
    open: std::collections::BTreeMap<String, Trigger<String>>,
}

#[workflow]
impl Tasks {
    #[run]
    async fn run(&mut self, ctx: &Context, names: Vec<String>) -> Result<Vec<String>, Failure> {
        let mut waiting = Vec::new();
        for name in &names {
            let done = ctx.trigger();
            self.open.insert(name.clone(), done.clone());
            waiting.push(ctx.spawn(async move { done.await }));
        }
        let mut all = Vec::new();
        for task in waiting {
            all.push(task.await?);
        }
        Ok(all)
    }

    #[signal]
    #[allow(clippy::needless_pass_by_value)] // what is sent is the handler's own
    fn complete(&mut self, task: String, result: String) {
        if let Some(done) = self.open.remove(&task) {
            done.resolve(result);
        }
    }

    #[query]
    fn open(&self) -> Vec<String> {
        self.open.keys().cloned().collect()
    }
}

#[test]
fn one_signal_completes_tasks_by_their_names() {
    let mut run = Driven::<Tasks>::start(vec!["a".to_owned(), "b".to_owned()]);
    run.signal("complete", &("b", "second"));
    run.signal("complete", &("b", "twice"));
    run.signal("complete", &("c", "unknown"));
    assert_eq!(run.value.open(), ["a"]);
    run.signal("complete", &("a", "first"));
    assert_eq!(output(run.ended()), ["first", "second"]);
}

/// The document's component that several workflows use: a part of their values, which their handlers pass signals to, and a
/// function that awaits it.
#[derive(Default, Serialize, Deserialize)]
struct Gate {
    opened: Option<Trigger<()>>,
}

impl Gate {
    fn new(ctx: &Context) -> (Self, Trigger<()>) {
        let opened = ctx.trigger();
        (Gate { opened: Some(opened.clone()) }, opened)
    }

    fn open(&self) {
        if let Some(opened) = &self.opened {
            opened.resolve(());
        }
    }
}

#[workflow]
async fn unblocked(gate: Trigger<()>) -> Result<bool, Failure> {
    Ok(timeout(days(1), gate).await.is_ok())
}

macro_rules! with_a_gate {
    ($($name:ident $last:literal;)*) => {$(
        #[derive(Default, Serialize, Deserialize)]
        struct $name {
            gate: Gate,
        }

        #[workflow]
        impl $name {
            #[run]
            async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
                let (gate, opened) = Gate::new(ctx);
                self.gate = gate;
                Ok(format!("{} {}", unblocked(opened).await?, $last))
            }

            #[signal]
            fn unblock(&mut self) {
                self.gate.open();
            }
        }
    )*};
}

with_a_gate! {
    YourWorkflow1 "one";
    YourWorkflow2 "two";
}

#[test]
fn two_workflows_share_what_waits_for_a_signal() {
    let mut run = Driven::<YourWorkflow1>::start(());
    run.signal("unblock", &());
    assert_eq!(output(run.ended()), "true one");
    let mut run = Driven::<YourWorkflow2>::start(());
    run.fire();
    assert_eq!(output(run.ended()), "false two");
}

/// A person acts within thirty days, or is reminded.
#[derive(Default, Serialize, Deserialize)]
struct UserInteraction {
    interaction: Option<Trigger<bool>>,
}

#[workflow]
impl UserInteraction {
    #[run]
    async fn run(&mut self, ctx: &Context, user: String) -> Result<bool, Failure> {
        let interaction = ctx.trigger();
        self.interaction = Some(interaction.clone());
        let interacted = timeout(days(30), interaction).await.unwrap_or(false);
        if !interacted {
            remind(user).await?;
        }
        Ok(interacted)
    }

    #[signal]
    fn complete_user_interaction(&mut self) {
        if let Some(interaction) = &self.interaction {
            interaction.resolve(true);
        }
    }
}

#[test]
fn who_does_nothing_is_reminded() {
    let mut run = Driven::<UserInteraction>::start("ann".to_owned());
    run.signal("complete_user_interaction", &());
    assert!(output(run.ended()));
    let mut run = Driven::<UserInteraction>::start("ann".to_owned());
    run.fire();
    run.done("remind ann", &());
    assert!(!output(run.ended()));
}

/// A run that can be paused.
#[derive(Default, Serialize, Deserialize)]
struct Pausable {
    paused: bool,
    done: u32,
}

#[workflow]
impl Pausable {
    #[run]
    async fn run(&mut self, ctx: &Context, rounds: u32) -> Result<u32, Failure> {
        while self.done < rounds {
            ctx.wait_until(|| !self.paused).await;
            remind(format!("round {}", self.done)).await?;
            self.done += 1;
        }
        Ok(self.done)
    }

    #[signal]
    fn pause(&mut self) {
        self.paused = true;
    }

    #[signal]
    fn resume(&mut self) {
        self.paused = false;
    }
}

#[test]
fn a_paused_run_goes_on_when_it_is_resumed() {
    let mut run = Driven::<Pausable>::start(2);
    run.signal("pause", &());
    run.done("remind round 0", &());
    assert!(run.armed().is_empty());
    run.signal("resume", &());
    run.done("remind round 1", &());
    assert_eq!(output(run.ended()), 2);
}
