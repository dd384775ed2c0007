//! A deterministic simulation of the engine.
//!
//! The engine's turns ([`Driver`](crate::engine::Driver)) and its recovery are driven step by step, under a virtual clock, over a
//! simulated disk, by clients and a world outside that are simulated, too. All follows from a seed. The process may end
//! between any two steps; a commit may be applied, lost, applied but reported as failed, refused, or poison the store.
//!
//! After each step an [independent model](model) says what must be durable, and each guarantee is checked by its number.

mod answers;
mod ask;
mod dice;
mod disk;
mod explore;
mod fair;
mod kit;
mod model;
#[cfg(test)]
mod mutants;
mod outside;
mod plan;
mod play;
mod record;
mod shrink;
mod world;

#[cfg(test)]
mod tests;

use crate::core::Limits;
use crate::time::Moment;

/// When each simulation begins.
const BEGIN: Moment = super::schedule::BEGIN;

/// What an engine is opened with.
const LIMITS: Limits =
    Limits { hot_runs: 10_000, near_timers: 10_000, small_states: 4_096, attempts: 1_000, inbox: 1_000 };
