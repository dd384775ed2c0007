//! The bodies as machines, under a driver that stores and reloads them at every suspension.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::{self, Poll, Waker};

use longhaul::activity::{ActivityOutcome, Attempt, RegisteredActivity};
use longhaul::codec::{Payload, decode, encode};
use longhaul::machine::{Cause, Command, Ended, OpId, Process, Resolution, Step, Steps};
use longhaul::prelude::*;
use longhaul::{ActivityContext, Moment};

use crate::acts::{Order, Refused, with_activities};
use crate::trace::{Op, Trace, next_to_resolve};

macro_rules! activities {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $output:ty $body:block)*
     $(fallible fn $fname:ident($($farg:ident: $fty:ty),*) -> $foutput:ty, $error:ty; $fbody:block)*) => {
        $(#[activity]
        pub(crate) async fn $name($($arg: $ty),*) -> $output $body)*
        $(#[activity]
        pub(crate) async fn $fname($($farg: $fty),*) -> Result<$foutput, $error> $fbody)*
        fn registered() -> Vec<RegisteredActivity> {
            vec![
                $(RegisteredActivity::new::<$name>(Arc::new(())),)*
                $(RegisteredActivity::new::<$fname>(Arc::new(())),)*
            ]
        }
    };
}
with_activities!(activities);

/// Runs an activity or a local step, all of which are done at once.
fn outcome(name: &str, steps: &Steps, input: &Payload) -> ActivityOutcome {
    let run = steps.get(name).cloned().unwrap_or_else(|| {
        registered().into_iter().find(|activity| activity.name == name).expect("it is listed").run
    });
    let ctx = ActivityContext::new("run", "an activity", 0, 1);
    let mut attempt = run(ctx, input.clone());
    match attempt.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(Attempt::Completed(payload)) => ActivityOutcome::Completed(payload),
        Poll::Ready(Attempt::Failed { error, .. }) => ActivityOutcome::Failed(error),
        other => panic!("{name} came to {other:?}"),
    }
}

/// Whether a machine is stored and read back at each suspension.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Between {
    Reload,
    StayInMemory,
}

/// The position of a stored frame.
#[derive(Deserialize)]
struct Position {
    at: String,
}

/// Runs `W` to its end; gives the workflow's last value, too.
pub(crate) fn run<W: Workflow>(input: W::Input, between: Between) -> (W, Trace)
where
    W::Output: std::fmt::Debug,
    W::Error: std::fmt::Debug,
{
    let mut trace = Trace::default();
    let mut workflow = W::default();
    let mut machine = Process::<W>::start(input);
    let (mut now, mut next_op) = (0, 0);
    let mut commands: BTreeMap<OpId, Command> = BTreeMap::new();
    let mut resolutions = BTreeMap::new();
    let mut states = States::of::<W>();
    let steps = Steps::of::<W>();
    loop {
        let resolutions_now = std::mem::take(&mut resolutions);
        let step = Step { workflow: W::NAME, next_op, resolutions: resolutions_now, ..Step::default() };
        let ctx = longhaul::Context::new("run", Moment(now), step);
        let polled = machine.step(&mut workflow, &ctx);
        let step = ctx.into_step();
        assert_eq!(step.fault, None, "after {trace:#?}");
        assert!(step.resolutions.is_empty(), "{:?} was not taken up after {trace:#?}", step.resolutions);
        next_op = step.next_op;
        for command in step.commands {
            let text = match &command {
                Command::StartActivity { activity, input, .. } => match activity.name.rsplit_once('.') {
                    // What it captures is not known to plain async Rust.
                    Some((_, step)) => format!("step {step}"),
                    None => format!("{} {input:?}", activity.name),
                },
                Command::StartTimer { deadline, .. } => format!("timer {}", deadline.0),
                Command::Cancel { .. } => unreachable!("no call here is waited for when it is cancelled"),
            };
            trace.begin(command.op().0, &text);
            commands.insert(command.op(), command);
        }
        if let Poll::Ready(ended) = polled {
            let result = match ended {
                Ended::Completed(output) => Ok(output),
                Ended::Failed(error) => Err(error),
                Ended::Cancelled(_) => panic!("nobody cancelled it"),
            };
            states.enter("Done");
            return (workflow, trace.end(&result));
        }
        let position: Position = decode(&Payload(machine.encoded().to_vec())).unwrap();
        states.enter(&position.at);
        commands.retain(|op, _| machine.armed().contains(op));
        assert_eq!(commands.len(), machine.armed().len(), "each armed operation was begun and is not done");
        let armed: BTreeMap<u64, Op> = commands
            .iter()
            .map(|(op, command)| match command {
                Command::StartActivity { .. } => (op.0, Op::Activity),
                Command::StartTimer { deadline, .. } => (op.0, Op::Timer(deadline.0)),
                Command::Cancel { .. } => unreachable!("no call here is waited for when it is cancelled"),
            })
            .collect();
        let next = next_to_resolve(&armed).expect("a machine that waits waits for something");
        let resolution = match commands.remove(&OpId(next)).expect("it is armed") {
            Command::StartActivity { activity, input, .. } => {
                Resolution::Activity(outcome(&activity.name, &steps, &input))
            }
            Command::Cancel { .. } => unreachable!("no call here is waited for when it is cancelled"),
            Command::StartTimer { deadline, .. } => {
                now = now.max(deadline.0);
                Resolution::TimerFired
            }
        };
        trace.done(next);
        resolutions.insert(OpId(next), resolution);
        if between == Between::Reload {
            machine = Process::stored(machine.encoded().to_vec());
            workflow = decode(&encode(&workflow).unwrap()).unwrap();
        }
    }
}

/// The states that a run passes through, held against what the machine says of itself.
struct States {
    transitions: BTreeSet<(&'static str, &'static str)>,
    at: String,
}

impl States {
    fn of<W: Workflow>() -> Self {
        let machine = W::describe().swap_remove(0);
        // Nobody cancels here.
        let ways = machine.transitions.iter().filter(|way| way.cause != Cause::GivenUp);
        let transitions = ways.map(|way| (way.from, way.to)).collect();
        States { transitions, at: "Start".to_owned() }
    }

    /// A state may be passed within one step, so this is along one transition or more.
    fn enter(&mut self, state: &str) {
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut todo = vec![self.at.as_str()];
        while let Some(from) = todo.pop() {
            let next = self.transitions.iter().filter(|(known, _)| *known == from).map(|(_, to)| *to);
            todo.extend(next.filter(|to| reached.insert(to)));
        }
        assert!(state == self.at || reached.contains(state), "no way from {} to {state}", self.at);
        state.clone_into(&mut self.at);
    }
}
