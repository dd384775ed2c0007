//! A deterministic simulation of the engine: do your workflows, and does the engine, stand whatever fails?
//!
//! A [`Simulation`] drives the engine's own turns and its own recovery, step by step, under a virtual clock and over a
//! simulated disk. Clients start runs (twice, with ids that are in use), send signals in storms, ask for updates under the ids of others,
//! cancel, terminate. The world outside plays the activities: an attempt fails, panics, answers too late, or never, or from outside
//! by its token after the engine was opened again, and has then done what it was to do or not. A commit is applied, lost, applied but
//! reported as failed, refused by a full disk, or poisons the store; reads fail; the clock goes back; a binary is deployed that lacks
//! a workflow. The process may end between any two steps, also while it opens the store.
//!
//! All of that follows from a seed. After each step an independent, small model says what must be durable and what may be told, and
//! the guarantees are checked by their numbers (`docs/GUARANTEES.md`). In the end the faults stop, and all must come to rest: runs get each of
//! their signals, are cancelled, and are terminated at the last.
//!
//! A seed that fails is made smaller: what is told is the shortest list of moves that was found to fail in the same way, with
//! what happened then, and the command that plays it again (`LONGHAUL_SEED=7 cargo test ..`). `LONGHAUL_SEEDS=100000` plays so many.

mod answers;
mod ask;
mod dice;
mod disk;
#[cfg(test)]
mod explore;
mod fair;
mod kit;
mod ledger;
mod model;
#[cfg(test)]
mod mutants;
mod names;
mod outside;
mod plan;
mod play;
mod record;
mod refusals;
mod search;
mod shrink;
mod world;

#[cfg(test)]
mod tests;

pub use ledger::{Deed, Deeds, Ended};
pub use search::{Counterexample, Simulation, SimulationError, SimulationReport};

use crate::core::Limits;
use crate::time::Moment;

/// When each simulation begins.
const BEGIN: Moment = super::schedule::BEGIN;

/// What an engine is opened with.
const LIMITS: Limits = Limits {
    hot_runs: 10_000,
    near_timers: 10_000,
    small_states: 4_096,
    tail: 512,
    attempts: 1_000,
    inbox: 1_000,
};
