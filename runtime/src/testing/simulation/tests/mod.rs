//! What the simulation finds, and what it does not let through.

mod coverage;
mod kept;
mod shapes;
mod waits;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::ask::Ask;
use super::explore::Scenario;
use super::fair::{Clients, Manner};
use super::kit::Kit;
use super::model::{Holds, holds};
use super::mutants::Sabotage;
use super::plan::Plan;
use super::play::{Played, Playing};
use super::shrink::shrink;
use super::world::World;
use crate::codec::{Payload, encode};
use crate::core::Limits;
use crate::store::{Phase, RunNo, Table};
use crate::testing::quiet::quietly;

const LIMITS: Limits = Limits { near_timers: 2, ..super::LIMITS };

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
            let answers = clients.answers();
            holds("liveness", answers.iter().all(Option::is_some), || format!("{answers:?}"))
        }),
        seed: 1,
        fair: true,
        sabotage: None,
    }
}

fn ends_with(world: &World, id: &str, output: &Payload) -> Holds {
    let phase = world.model.run_of(id).map(|(_, run)| run.record().phase.clone());
    holds("liveness", phase == Some(Phase::Completed(output.clone())), || format!("`{id}` is {phase:?}"))?;
    holds("liveness", !world.model.has_work(), || "there is work left".to_owned())?;
    holds("G3", world.outside.effects.values().all(|times| *times > 0), || "no effect".to_owned())?;
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
        (Sabotage::SignalsTwice, ["G7", "G7"]),
        (Sabotage::TurnsAround, ["G7", "G7"]),
    ] {
        let broken = Scenario { sabotage: Some(sabotage.clone()), ..scenario(Manner::Bursting) };
        let found = broken.explore(1).expect_err(&format!("{sabotage:?}"));
        assert!(guarantees.contains(&found.broken.guarantee), "{sabotage:?}: {:?}", found.broken);
    }
}

/// Plays the plan of a seed.
fn play(kit: &Rc<Kit>, seed: u64) -> Played {
    let again = format!(
        "seed {seed}; again: LONGHAUL_SEED={seed} cargo test -p longhaul --features testing --lib -- whatever_fails"
    );
    play_plan(kit, &Plan::of(kit, seed), &again)
}

/// Plays a plan; a failing one is made smaller and told.
fn play_plan(kit: &Rc<Kit>, plan: &Plan, name: &str) -> Played {
    let broken = match quietly(|| Playing::default().play(kit, plan)) {
        Ok(played) => return played,
        Err(failed) => failed.broken,
    };
    let fails = |plan: &Plan| {
        let played = quietly(|| Playing::default().play(kit, plan));
        played.is_err_and(|failed| failed.broken.guarantee == broken.guarantee)
    };
    let smallest = shrink(plan, fails);
    let told = quietly(|| Playing { in_words: true, ..Playing::default() }.play(kit, &smallest));
    let (lines, broken) = told.map_or_else(|failed| (failed.lines, failed.broken), |_| (vec![], broken));
    let (guarantee, what) = (broken.guarantee, broken.what);
    panic!("{name}\n\n{smallest}\n{}\n\nthis breaks {guarantee}: {what}\n{name}", lines.join("\n"))
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.trim().parse().unwrap_or_else(|_| panic!("{variable} is `{value}`: give a number")))
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
const SEEDS: u64 = 1_000;

#[test]
fn g1_to_g11_whatever_fails_what_is_promised_holds_and_all_comes_to_rest() {
    let kit = shapes::kit();
    if let Some(seed) = number("LONGHAUL_SEED") {
        return println!("{:#?}", play(&kit, seed));
    }
    let mut seen = BTreeMap::<String, u64>::new();
    for seed in 0..number("LONGHAUL_SEEDS").unwrap_or(SEEDS) {
        for (what, times) in play(&kit, seed).seen {
            *seen.entry(what).or_default() += times;
        }
    }
    coverage::check(&seen);
}

#[test]
fn what_has_failed_once_does_not_fail_again() {
    let kit = shapes::kit();
    for (name, plan) in kept::plans() {
        play_plan(&kit, &plan, name);
    }
}
