//! One wait of each kind, with a crash at any step and at any two.

use std::rc::Rc;

use super::shapes::{self, Bit};
use crate::codec::{decode, encode};
use crate::core::Limits;
use crate::store::{ParkReason, Phase};
use crate::testing::quiet::quietly;
use crate::testing::simulation::LIMITS;
use crate::testing::simulation::ask::Ask;
use crate::testing::simulation::explore::{Explored, Scenario};
use crate::testing::simulation::fair::{Clients, Manner};
use crate::testing::simulation::kit::Kit;
use crate::testing::simulation::model::{Holds, holds};
use crate::testing::simulation::mutants::Sabotage;
use crate::testing::simulation::outside::Course;
use crate::testing::simulation::plan::{Move, Plan};
use crate::testing::simulation::play::Playing;
use crate::testing::simulation::search::number;
use crate::testing::simulation::world::World;

const ID: &str = "a";

/// A worker with one thing to do, those who ask it, and how it ends.
struct Wait {
    bits: Vec<Bit>,
    asks: Vec<Ask>,
    ends: Ends,
    /// What becomes of attempts.
    course: Course,
    limits: Limits,
}

#[derive(Debug)]
enum Ends {
    With(Vec<u64>),
    /// With one number of these, as it happens.
    WithOneOf(Vec<u64>),
    Cancelled,
    Terminated,
    Failed,
    Parked,
    /// With these updates done, whatever the order.
    Updated(usize),
}

fn wait(bits: impl IntoIterator<Item = Bit>, ends: Ends) -> Wait {
    Wait { bits: bits.into_iter().collect(), asks: Vec::new(), ends, course: Course::Well, limits: LIMITS }
}

fn id() -> String {
    ID.to_owned()
}

fn signal<A: serde::Serialize>(name: &'static str, args: A) -> Ask {
    Ask::Signal { id: id(), name, args: encode(&args).expect("arguments can be encoded") }
}

fn update(nth: u64, name: &'static str, number: u64, done: bool) -> Ask {
    let args = encode(&(number,)).expect("a number can be encoded");
    Ask::Update { id: id(), update: format!("update-{nth}"), name, args, done }
}

/// What a run of each kind waits for, and what it comes to.
fn waits() -> Vec<(&'static str, Wait)> {
    let approve = |by: &str| signal("approve", (by,));
    let asked = |wait: Wait, asks: Vec<Ask>| Wait { asks, ..wait };
    let goes = |course: Course, wait: Wait| Wait { course, ..wait };
    vec![
        ("an activity that is tried again", wait([Bit::Work(7)], Ends::With(vec![70]))),
        ("two activities", wait([Bit::Work(7), Bit::Patient(4)], Ends::With(vec![70, 5]))),
        ("an activity whose error is fatal", wait([Bit::Patient(2)], Ends::Failed)),
        ("one that says when to try again", wait([Bit::Patient(3)], Ends::With(vec![4]))),
        ("heartbeats", goes(Course::Beats, wait([Bit::Patient(4)], Ends::With(vec![5])))),
        (
            "an attempt that falls silent",
            goes(Course::StuckFirst, wait([Bit::Patient(4)], Ends::With(vec![5]))),
        ),
        ("an attempt that panics", goes(Course::PanicsFirst, wait([Bit::Work(7)], Ends::With(vec![70])))),
        (
            "an attempt that answers too late",
            goes(Course::LateFirst, wait([Bit::Work(7)], Ends::With(vec![70]))),
        ),
        ("attempts that are completed from outside", {
            goes(Course::FromOutside, wait([Bit::Work(7)], Ends::With(vec![70])))
        }),
        ("more calls than may run at once", {
            let limits = Limits { attempts: 1, ..LIMITS };
            Wait { limits, ..wait([Bit::Many(3)], Ends::With(vec![30])) }
        }),
        ("more calls of an activity than may run at once", wait([Bit::Crowd(4)], Ends::With(vec![50]))),
        ("a call that is told of its cancellation and ends by itself", {
            goes(Course::StuckFirst, wait([Bit::CancelBeside(6)], Ends::WithOneOf(vec![8, 14, 15])))
        }),
        ("a call that is left to itself", {
            goes(Course::StuckFirst, wait([Bit::Leave(6)], Ends::WithOneOf(vec![9, 24])))
        }),
        ("a local step", wait([Bit::Step(5)], Ends::With(vec![15]))),
        ("two timeouts", {
            let wait = wait([Bit::InTime(3, 200), Bit::InTime(9, 1)], Ends::WithOneOf(vec![30, 90, 25]));
            goes(Course::StuckFirst, wait)
        }),
        ("a trigger", {
            let wait = wait([Bit::Trigger], Ends::With(vec![42]));
            asked(wait, vec![signal("pull", (42u64,)), signal("pull", (43u64,))])
        }),
        ("a cancellation that is heard of", {
            asked(wait([Bit::Cancelled], Ends::WithOneOf(vec![26])), vec![Ask::Cancel { id: id() }])
        }),
        ("a timer", wait([Bit::Sleep(20)], Ends::With(vec![4]))),
        ("a timer that is due at once, and a long one", {
            wait([Bit::InThePast, Bit::SleepLong(9)], Ends::With(vec![6, 5]))
        }),
        ("signals", {
            let wait = wait([Bit::Approvals(2)], Ends::With(vec![7]));
            asked(wait, vec![approve("ann"), approve("bob")])
        }),
        ("a signal with a handler that waits", {
            let wait = wait([Bit::Approvals(1)], Ends::WithOneOf(vec![30, 7]));
            asked(wait, vec![signal("later", (3u8,)), approve("ann")])
        }),
        ("updates", {
            let wait = wait([Bit::Approvals(1)], Ends::Updated(2));
            asked(wait, vec![update(1, "add", 5, true), update(2, "add_later", 6, false), approve("ann")])
        }),
        ("an update that is asked for twice, and one that is refused", {
            let wait = wait([Bit::Approvals(1)], Ends::Updated(1));
            let add = || update(1, "add", 5, true);
            asked(wait, vec![add(), update(2, "add", 7, true), add(), approve("ann")])
        }),
        ("a race", wait([Bit::Race(5, 9)], Ends::WithOneOf(vec![6, 50, 10]))),
        ("a race that a signal may win", {
            let wait = wait([Bit::Race(3, 200)], Ends::WithOneOf(vec![4, 30, 10, 11]));
            asked(wait, vec![approve("ann"), approve("bob"), approve("col")])
        }),
        ("a join", wait([Bit::Both(4)], Ends::With(vec![46]))),
        ("a fan-out", wait([Bit::Many(3)], Ends::With(vec![30]))),
        ("a task", wait([Bit::Beside(5)], Ends::With(vec![50]))),
        ("a task that is cancelled", wait([Bit::CancelBeside(6)], Ends::WithOneOf(vec![8, 14, 15]))),
        ("a scope", wait([Bit::Scope(5)], Ends::With(vec![8]))),
        ("a shield", wait([Bit::Shield(5)], Ends::With(vec![7]))),
        ("a function", wait([Bit::Call(5)], Ends::With(vec![50]))),
        ("a run that is cancelled", {
            asked(wait([Bit::SleepLong(9)], Ends::Cancelled), vec![Ask::Cancel { id: id() }])
        }),
        ("a run that is cancelled while it calls", {
            let wait = wait([Bit::Scope(49)], Ends::WithOneOf(vec![52, 30]));
            asked(wait, vec![Ask::Cancel { id: id() }, Ask::Cancel { id: id() }])
        }),
        ("a run that is terminated", {
            let terminate = Ask::Terminate { id: id(), reason: "enough".to_owned() };
            asked(wait([Bit::Many(4), Bit::SleepLong(9)], Ends::Terminated), vec![terminate])
        }),
        ("a run that fails", wait([Bit::Work(1), Bit::Fail], Ends::Failed)),
        ("a run that panics", {
            let redrive = || Ask::Redrive { id: id() };
            let describe = Ask::Describe { id: id() };
            let asks = vec![redrive(), approve("ann"), describe, redrive()];
            asked(wait([Bit::Sleep(5), Bit::Mistake], Ends::Parked), asks)
        }),
    ]
}

impl Ends {
    fn check(&self, world: &World) -> Holds {
        let phase = world.model.run_of(ID).map(|(_, run)| run.record().phase.clone());
        let numbers = match &phase {
            Some(Phase::Completed(output)) => decode::<Vec<u64>>(output).ok(),
            _ => None,
        };
        let right = match (self, &phase) {
            (Ends::With(expected), _) => numbers.as_ref() == Some(expected),
            (Ends::WithOneOf(some), _) => {
                numbers.is_some_and(|numbers| numbers.iter().all(|number| some.contains(number)))
            }
            (Ends::Cancelled, Some(Phase::Cancelled(None)))
            | (Ends::Terminated, Some(Phase::Terminated(_)))
            | (Ends::Failed, Some(Phase::Failed(_))) => true,
            (Ends::Parked, Some(Phase::Parked(reason))) => matches!(reason, ParkReason::Panic { .. }),
            (Ends::Updated(count), Some(_)) => world.model.answers.len() == *count && numbers.is_some(),
            _ => false,
        };
        holds("liveness", right, || format!("expected {self:?}, the run is {phase:?}"))?;
        let open = matches!(phase, Some(Phase::Parked(_)));
        holds("liveness", open || !world.model.has_work(), || "there is work left".to_owned())
    }
}

impl Wait {
    fn scenario(self, kit: &Rc<Kit>, manner: Manner) -> Scenario {
        let Wait { bits, asks, ends, course, limits } = self;
        let input = encode(&bits).expect("bits can be encoded");
        let start = || Ask::Start { workflow: "Worker", id: id(), input: input.clone(), seed: 1 };
        let numbers =
            Ask::Query { id: id(), name: "numbers", args: encode(&()).expect("nothing can be encoded") };
        let mut all = vec![start(), numbers];
        all.extend(asks);
        all.push(start());
        if !matches!(ends, Ends::Parked) {
            all.push(Ask::Wait { id: id() });
        }
        Scenario {
            kit: Rc::clone(kit),
            limits,
            clients: Clients::of(all, manner),
            expected: Rc::new(move |world: &World, clients: &Clients| {
                ends.check(world)?;
                clients.all_answered()
            }),
            seed: 1,
            course,
            sabotage: None,
        }
    }
}

fn explore(name: &str, scenario: &Scenario, crashes: u32) -> Explored {
    match quietly(|| scenario.explore(crashes)) {
        Ok(explored) => explored,
        Err(found) => {
            let (lines, broken) = (found.lines.join("\n"), found.broken);
            panic!("{name}, {:?}:\n{lines}\ncrashes: {:?}\n{broken:?}", scenario.clients, found.crashes)
        }
    }
}

/// Whatever a run waits for.
fn each(check: impl Fn(&str, Scenario)) {
    let kit = shapes::plain_kit();
    (kit.fix)(false);
    let all = Manner::ALL.iter().flat_map(|manner| waits().into_iter().map(|wait| (*manner, wait)));
    for (manner, (name, wait)) in all {
        check(name, wait.scenario(&kit, manner));
    }
}

#[test]
fn an_engine_that_refuses_without_a_reason_is_found_out() {
    let kit = shapes::plain_kit();
    (kit.fix)(false);
    let told = Wait { course: Course::FromOutside, ..wait([Bit::Work(7)], Ends::With(vec![70])) };
    let updated = wait([Bit::Approvals(1)], Ends::Updated(1));
    let updated = Wait { asks: vec![update(1, "add", 5, true), signal("approve", ("ann",))], ..updated };
    for (sabotage, wait, guarantee) in
        [(Sabotage::RefusesTokens, told, "G3"), (Sabotage::RefusesUpdates, updated, "G1")]
    {
        let broken = Scenario { sabotage: Some(sabotage.clone()), ..wait.scenario(&kit, Manner::Patient) };
        let found = quietly(|| broken.explore(0)).expect_err(&format!("{sabotage:?}"));
        assert_eq!(found.broken.guarantee, guarantee, "{sabotage:?}: {:?}", found.broken);
    }
}

#[test]
fn an_engine_that_goes_round_until_a_run_is_cancelled_is_found_out() {
    let kit = shapes::plain_kit();
    let input = encode(&[Bit::Patient(4)]).expect("bits can be encoded");
    let start = Ask::Start { workflow: "Worker", id: id(), input, seed: 1 };
    let plan = Plan { seed: 1, limits: LIMITS, moves: vec![Move::Ask(start), Move::Go(12)] };
    let mut playing = Playing::default();
    quietly(|| playing.play(&kit, &plan)).expect("as it is");
    playing.sabotage = Some(Sabotage::NeverCompleted);
    let found = quietly(|| playing.play(&kit, &plan)).expect_err("broken");
    assert_eq!(found.broken.guarantee, "liveness", "{:?}", found.broken);
    assert!(found.broken.what.contains("there is no end after"), "{:?}", found.broken);
}

#[test]
fn g1_g2_g3_g5_g6_g7_g8_g9_with_a_crash_at_any_two_steps_of_any_wait_it_ends_as_without() {
    each(|name, scenario| {
        let crashes = number("LONGHAUL_CRASHES").unwrap_or_else(|error| panic!("{error}")).unwrap_or(2);
        let explored = explore(name, &scenario, u32::try_from(crashes).unwrap_or(u32::MAX));
        println!("{name}: {} crashes, {} lives", explored.crashes, explored.lives);
        assert!(explored.crashes > 20, "{name}: {explored:?}");
    });
}
