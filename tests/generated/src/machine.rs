//! Programs as machines, under a driver that stores and reloads them at some suspensions, or at all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::task::{self, Poll, Waker};

use longhaul::activity::{ActivityOutcome, Attempt, RegisteredActivity};
use longhaul::codec::{Payload, decode, encode};
use longhaul::machine::{Command, Ended, OpId, Process, Resolution, Step};
pub use longhaul::prelude::{Context, join_all, shield, timeout, try_join_all};
use longhaul::{ActivityContext, Moment, Workflow, activity};
use longhaul_programs::choices::Random;
use longhaul_programs::run::Outcome;
use longhaul_programs::world::Schedule;

use crate::acts::{called, happened, taken};
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

/// Runs an activity, all of which are done at once; also gives the call as text.
fn outcome(name: &str, input: &Payload) -> (String, ActivityOutcome) {
    let registered = registered().into_iter().find(|activity| activity.name == name).expect("it is listed");
    let ctx = ActivityContext::new("run", registered.name, 0, 1);
    let mut attempt = (registered.run)(ctx, input.clone());
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

/// Runs `W` to its end.
pub fn run<W>(argument: i64, schedule: u64) -> Outcome
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
    let (mut now, mut next_op) = (0, 0);
    let mut begun: BTreeMap<u64, Begun> = BTreeMap::new();
    let mut resolutions = BTreeMap::new();
    taken();
    loop {
        let step = Step { next_op, resolutions: std::mem::take(&mut resolutions), ..Step::default() };
        let ctx = longhaul::Context::new("run", Moment(now), step);
        let polled = machine.step(&mut workflow, &ctx);
        let step = ctx.into_step();
        assert_eq!(step.fault, None);
        next_op = step.next_op;
        for command in step.commands {
            let (text, deadline, resolution) = match &command {
                Command::StartActivity { activity, input, .. } => {
                    let (text, outcome) = outcome(&activity.name, input);
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
        if let Poll::Ready(ended) = polled {
            let result = match ended {
                Ended::Completed(output) => format!("Ok({output:?})"),
                Ended::Failed(error) => format!("Err({error:?})"),
                Ended::Cancelled(_) => panic!("nobody cancelled it"),
            };
            return Outcome { trace: taken(), result, workflow: format!("{workflow:?}") };
        }
        begun.retain(|op, _| machine.armed().contains(&OpId(*op)));
        assert_eq!(begun.len(), machine.armed().len(), "each armed operation was begun and is not done");
        let armed = begun.iter().map(|(op, begun)| {
            let deadline = begun.deadline.map(|deadline| i64::try_from(deadline).expect("it is small"));
            (*op, deadline)
        });
        let picked = picks.pick(&armed.collect());
        assert!(!picked.is_empty(), "a machine that waits waits for something");
        for op in picked {
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
