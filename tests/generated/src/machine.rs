//! Programs as machines, under a driver that stores and reloads them at some suspensions, or at all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::task::{self, Poll, Waker};

use longhaul::activity::{ActivityOutcome, Attempt, RegisteredActivity};
use longhaul::codec::{Payload, decode, encode};
use longhaul::machine::{Command, Ended, OpId, Process, Resolution, Step, Steps};
pub use longhaul::prelude::{Context, Task, Trigger, join_all, shield, timeout, try_join_all};
use longhaul::{ActivityContext, Moment, Workflow, activity};
use longhaul_programs::choices::Random;
use longhaul_programs::outside::{Call, Handler, Schedule, Turn, answer, cancelling, ending};
use longhaul_programs::run::Outcome;

use crate::acts::{Fault, called, happened, taken};
use crate::with_activities;

thread_local! {
    /// The activity that ran last, as text.
    static RAN: RefCell<String> = const { RefCell::new(String::new()) };
}

macro_rules! activities {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $output:ty $body:block)*
     $(fallible fn $fname:ident($($farg:ident: $fty:ty),*) -> $foutput:ty, $error:ty; $fbody:block)*) => {
        $(
            /// An activity.
            #[activity]
            pub async fn $name($($arg: $ty),*) -> $output {
                RAN.set(called(stringify!($name), &[$(&$arg),*]));
                $body
            }
        )*
        $(
            /// An activity that can fail.
            #[activity]
            pub async fn $fname($($farg: $fty),*) -> Result<$foutput, $error> {
                RAN.set(called(stringify!($fname), &[$(&$farg),*]));
                $fbody
            }
        )*
        fn registered() -> Vec<RegisteredActivity> {
            vec![
                $(RegisteredActivity::new::<$name>(Arc::new(())),)*
                $(RegisteredActivity::new::<$fname>(Arc::new(())),)*
            ]
        }
    };
}
with_activities!(activities);

/// Runs an activity or a local step, all of which are done at once; also gives the call as text.
fn outcome(name: &str, input: &Payload, steps: &Steps) -> (String, ActivityOutcome) {
    let run = if let Some((_, step)) = name.rsplit_once('.') {
        RAN.set(format!("step {step}"));
        steps.get(name).expect("it is a step of the workflow").clone()
    } else {
        registered().into_iter().find(|activity| activity.name == name).expect("it is listed").run
    };
    let mut attempt = run(ActivityContext::new("run", "an activity", 0, 1), input.clone());
    let outcome = match attempt.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(Attempt::Completed(payload)) => ActivityOutcome::Completed(payload),
        Poll::Ready(Attempt::Failed { error, .. }) => ActivityOutcome::Failed(error),
        other => panic!("{name} came to {other:?}"),
    };
    (RAN.take(), outcome)
}

/// An operation that has begun.
struct Begun {
    deadline: Option<u64>,
    resolution: Resolution,
}

/// Hands a call of a handler to a machine, before its step.
fn deliver<W: Workflow>(machine: &mut Process<W>, workflow: &mut W, ctx: &longhaul::Context, call: &Call) {
    let (name, args) = (&call.handler.name, encode(&(call.argument,)).expect("it can be stored"));
    let delivered = if call.handler.answers {
        machine.update(workflow, ctx, &call.number.to_string(), name, &args)
    } else {
        machine.signal(workflow, ctx, name, &args)
    };
    delivered.expect("it is a handler");
}

/// Runs `W` to its end.
///
/// # Panics
///
/// When it waits for nothing, or does what no machine may do.
pub fn run<W>(argument: i64, schedule: u64, handlers: &[Handler]) -> Outcome
where
    W: Workflow<Input = i64> + Debug,
    W::Output: Debug,
    W::Error: Debug,
{
    let mut picks = Schedule::new(schedule);
    let mut stored = Random::new(schedule ^ 0x5eed);
    let often = 1 + stored.below(3);
    let mut workflow = W::default();
    let mut machine = Process::<W>::start(argument);
    let steps = Steps::of::<W>();
    let (mut now, mut next_op) = (0, 0);
    let mut begun: BTreeMap<u64, Begun> = BTreeMap::new();
    let mut resolutions = BTreeMap::new();
    let (mut cancelled, mut calls): (bool, Vec<Call>) = (false, Vec::new());
    taken();
    loop {
        let resolutions_now = std::mem::take(&mut resolutions);
        let given = Step { workflow: W::NAME, next_op, cancelled, ..Step::default() };
        let step = Step { resolutions: resolutions_now, ..given };
        let ctx = longhaul::Context::new("run", Moment(now), step);
        for call in calls.drain(..) {
            deliver(&mut machine, &mut workflow, &ctx, &call);
        }
        let polled = machine.step(&mut workflow, &ctx);
        let step = ctx.into_step();
        assert_eq!(step.fault, None);
        next_op = step.next_op;
        for command in step.commands {
            let (text, deadline, resolution) = match &command {
                Command::StartActivity { activity, input, .. } => {
                    let (text, outcome) = outcome(&activity.name, input, &steps);
                    (text, None, Resolution::Activity(outcome))
                }
                Command::Cancel { .. } => unreachable!("no call here is waited for when it is cancelled"),
                Command::StartTimer { deadline, .. } => {
                    let deadline = deadline.0;
                    (format!("timer {}", deadline / 1000), Some(deadline), Resolution::TimerFired)
                }
            };
            happened(format!("{}: {text}", command.op().0));
            begun.insert(command.op().0, Begun { deadline, resolution });
        }
        for (id, output) in step.updates {
            let output: Result<i64, Fault> = decode(&output).expect("it is what all updates give");
            happened(answer(id.parse().expect("it is a number"), &format!("{output:?}")));
        }
        if let Poll::Ready(ended) = polled {
            let output = match ended {
                Ended::Completed(output) => Some(format!("Ok({output:?})")),
                Ended::Failed(error) => Some(format!("Err({error:?})")),
                Ended::Cancelled(Some(error)) => {
                    assert!(cancelled, "what was not asked to cancel is not cancelled");
                    Some(format!("Err({error:?})"))
                }
                Ended::Cancelled(None) => None,
            };
            let result = ending(output, cancelled);
            return Outcome { trace: taken(), result, workflow: format!("{workflow:?}") };
        }
        begun.retain(|op, _| machine.armed().contains(&OpId(*op)));
        assert_eq!(begun.len(), machine.armed().len(), "each armed operation was begun and is not done");
        let armed = begun.iter().map(|(op, begun)| {
            let deadline = begun.deadline.map(|deadline| i64::try_from(deadline).expect("it is small"));
            (*op, deadline)
        });
        let turn = picks.turn(&armed.collect(), handlers);
        assert!(!turn.is_empty(), "a machine that waits waits for something");
        let Turn { cancel, calls: called, done } = turn;
        if cancel {
            cancelled = true;
            happened(cancelling());
        }
        for call in &called {
            happened(call.text());
        }
        calls = called;
        for op in done {
            let Begun { deadline, resolution } = begun.remove(&op).expect("it is armed");
            now = now.max(deadline.unwrap_or(0));
            happened(format!("{op} is done"));
            resolutions.insert(OpId(op), resolution);
        }
        if stored.below(often) == 0 {
            machine = Process::stored(machine.encoded().to_vec());
            workflow = decode(&encode(&workflow).expect("it can be stored")).expect("it was stored");
        }
    }
}
