//! What the simulation finds, and what it does not let through.

mod coverage;
mod kept;
mod shapes;
mod store;
mod waits;

use std::rc::Rc;

use super::ask::Ask;
use super::explore::Scenario;
use super::fair::{Clients, Manner};
use super::kit::Kit;
use super::model::{Holds, holds};
use super::mutants::Sabotage;
use super::outside::Course;
use super::plan::Plan;
use super::play::Played;
use super::search::{self, SimulationReport};
use super::world::World;
use crate::codec::{Payload, encode};
use crate::core::Limits;
use crate::machine::OpId;
use crate::store::{Phase, RunNo, Table, TaskId};

// The tail has room for two entries or so.
const LIMITS: Limits = Limits { near_timers: 2, tail: 250, ..super::LIMITS };

fn start(id: &str) -> Ask {
    let input = encode(&7u64).expect("a number can be encoded");
    Ask::Start { workflow: "Order", id: id.to_owned(), input, seed: 1 }
}

fn approve(id: &str, by: &str) -> Ask {
    let args = encode(&(by,)).expect("a text can be encoded");
    Ask::Signal { id: id.to_owned(), name: "approve", args }
}

fn scenario(manner: Manner) -> Scenario {
    let id = || "a".to_owned();
    let query =
        Ask::Query { id: id(), name: "approvals", args: encode(&()).expect("nothing can be encoded") };
    let asks = [start("a"), approve("a", "ann"), query, approve("a", "bob"), Ask::Wait { id: id() }];
    Scenario {
        kit: shapes::kit(),
        limits: LIMITS,
        clients: Clients::of(asks, manner),
        expected: Rc::new(|world: &World, clients: &Clients| {
            ends_with(world, "a", &encode(&70u64).expect("a number can be encoded"))?;
            clients.all_answered()
        }),
        seed: 1,
        course: Course::Well,
        sabotage: None,
    }
}

fn ends_with(world: &World, id: &str, output: &Payload) -> Holds {
    let phase = world.model.run_of(id).map(|(_, run)| run.record().phase.clone());
    holds("liveness", phase == Some(Phase::Completed(output.clone())), || format!("`{id}` is {phase:?}"))?;
    holds("liveness", !world.model.has_work(), || "there is work left".to_owned())?;
    let call = TaskId { run: RunNo(0), op: OpId(0) };
    holds("G3", world.outside.ledger.times(call) > 0, || "no effect".to_owned())?;
    holds("G1", world.model.runs.contains_key(&RunNo(0)), || "no run".to_owned())
}

#[test]
fn g1_g2_g3_g5_g6_g7_g8_a_crash_at_any_step_and_at_any_two_changes_nothing_in_the_end() {
    for manner in Manner::ALL {
        match scenario(manner).explore(2) {
            Ok(explored) => assert!(explored.crashes > 100, "{explored:?}"),
            Err(found) => panic!("{}\n{:?} {:?}", found.lines.join("\n"), found.broken, found.crashes),
        }
    }
}

#[test]
fn an_engine_that_is_broken_is_found_out() {
    for (sabotage, guarantees) in [
        (Sabotage::LetsOutEarly, ["G1", "G2"]),
        (Sabotage::ForgetsToWrite(Table::Log), ["G1", "G6"]),
        (Sabotage::ForgetsToWrite(Table::Runs), ["G1", "G1"]),
        (Sabotage::ForgetsToWrite(Table::Tasks), ["G3", "G3"]),
        (Sabotage::ForgetsToWrite(Table::Timers), ["G8", "G8"]),
        (Sabotage::ForgetsToWrite(Table::Ids), ["G1", "G1"]),
        (Sabotage::ForgetsToDelete(Table::Tasks), ["G3", "G3"]),
        (Sabotage::ForgetsToDelete(Table::Timers), ["G8", "G8"]),
        (Sabotage::LosesAnEntry, ["G1", "G6"]),
        (Sabotage::DoublesEntries, ["G1", "G6"]),
        (Sabotage::SignalsTwice, ["G7", "G7"]),
        (Sabotage::TurnsAround, ["G7", "G7"]),
    ] {
        let broken = Scenario { sabotage: Some(sabotage.clone()), ..scenario(Manner::Bursting) };
        let found = broken.explore(1).expect_err(&format!("{sabotage:?}"));
        assert!(guarantees.contains(&found.broken.guarantee), "{sabotage:?}: {:?}", found.broken);
    }
}

/// Plays the plan of a seed.
#[track_caller]
fn play(kit: &Rc<Kit>, seed: u64) -> Played {
    search::play(kit, &Plan::of(kit, seed)).unwrap_or_else(|found| panic!("{found}"))
}

#[test]
fn the_same_seed_twice_is_the_same_twice() {
    for seed in 0..20 {
        let (once, again) = (play(&shapes::kit(), seed), play(&shapes::kit(), seed));
        assert_eq!(once, again, "seed {seed}");
        assert_ne!(once.hash, play(&shapes::kit(), seed + 1).hash);
    }
}

/// How many seeds are played: enough for all that can happen.
const SEEDS: u64 = 1_200;

#[test]
fn g1_to_g11_whatever_fails_what_is_promised_holds_and_all_comes_to_rest() {
    let kit = shapes::kit();
    let number = |variable| search::number(variable).unwrap_or_else(|error| panic!("{error}"));
    if let Some(seed) = number("LONGHAUL_SEED") {
        return println!("{:#?}", play(&kit, seed));
    }
    let mut report = SimulationReport::default();
    for seed in 0..number("LONGHAUL_SEEDS").unwrap_or(SEEDS) {
        report.add(play(&kit, seed));
    }
    println!("{report}\n{}", report.diagram::<shapes::Order>());
    coverage::check(report.seen());
}

#[test]
fn what_has_failed_once_does_not_fail_again() {
    let kit = shapes::kit();
    for (name, plan) in kept::plans() {
        search::play(&kit, &plan).unwrap_or_else(|found| panic!("{name}: {found}"));
    }
}
