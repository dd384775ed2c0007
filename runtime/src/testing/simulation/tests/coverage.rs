//! The gate: all that can happen has happened.

use std::collections::{BTreeMap, BTreeSet};

/// All that can happen. What cannot:
///
/// - `parked` for `Fault`, `BadValue`: the machine and the values in a simulation are those that were stored. `BadSignal`,
///   `BadUpdate`: handles refuse them before they are asked (`tests/engine/parking.rs` and `hostile.rs` have them).
/// - The errors `Handler`, `Codec`, `NoToken` and `Failed` of what is asked: handles make them, and the engine is not asked.
/// - `EngineError::Closed` and `Poisoned`: the engine's thread makes them (`tests/engine/guarantees.rs`).
const POSSIBLE: &[&str] = &[
    // What goes into a transition, and what comes out.
    "event: started",
    "event: signal",
    "event: update",
    "event: cancelled",
    "event: timer",
    "event: activity Completed",
    "event: activity Failed",
    "event: activity TimedOut",
    "event: activity Panicked",
    "event: activity Cancelled",
    "command: activity",
    "command: timer",
    "command: cancel",
    "stepped",
    "terminated",
    "parked: Panic",
    "parked: UnknownWorkflow",
    "parked: UnknownActivity",
    "parked: BrokenActivity",
    "parked: Damaged",
    "a run that is ahead of its state",
    // What attempts are told, and tell.
    "order: start",
    "order: stop Tell",
    "order: stop Cancel",
    "order: stop Drop",
    "attempt: completed",
    "attempt: failed",
    "attempt: panicked",
    "attempt: broken",
    "attempt: later",
    "attempt: dropped",
    "attempt: heartbeat",
    "attempt: token",
    // What clients are told.
    "start: ok",
    "start: UnknownWorkflow",
    "start: IdInUse",
    "start: BadId",
    "start: Input",
    "start: Engine",
    "find: ok",
    "find: NotFound",
    "find: OtherWorkflow",
    "find: Engine",
    "signal: ok",
    "signal: Closed",
    "signal: Engine",
    "update: ok",
    "update: Rejected",
    "update: Closed",
    "update: Unfinished",
    "update: Parked",
    "update: NotHandled",
    "update: Panicked",
    "update: IdInUse",
    "update: BadId",
    "update: Engine",
    "cancel: ok",
    "cancel: NotFound",
    "cancel: Closed",
    "cancel: Engine",
    "query: ok",
    "query: Handler",
    "query: Panicked",
    "query: Unreadable",
    "query: Engine",
    "describe: ok",
    "describe: Damage",
    "list: ok",
    "time: ok",
    "redrive: ok",
    "redrive: NotFound",
    "redrive: StillParked",
    "redrive: Engine",
    "result: completed",
    "result: failed",
    "result: cancelled",
    "result: Terminated",
    "result: Parked",
    "result: Damaged",
    "outside: ok",
    "outside: Ended",
    "outside: Stale",
    "outside: OtherActivity",
    "outside: engine",
    // What becomes of commits, reads, processes and clocks.
    "commit: applied",
    "commit: lost",
    "commit: applied but reported as failed",
    "commit: full",
    "commit: poisoned",
    "failed commit",
    "failed read",
    "crash with nothing in flight",
    "crash with what is in flight lost",
    "crash with what is in flight written",
    "crash with a part of what is in flight written",
    "crash while opening",
    "finish",
    "close",
    "the clock goes back",
];

/// Panics with what did not happen, and with what happened that is not known to be possible.
pub(super) fn check(seen: &BTreeMap<String, u64>) {
    let possible: BTreeSet<&str> = POSSIBLE.iter().copied().collect();
    let happened: BTreeSet<&str> = seen.keys().map(String::as_str).collect();
    let never: Vec<_> = possible.difference(&happened).collect();
    let unknown: Vec<_> = happened.difference(&possible).collect();
    assert!(never.is_empty() && unknown.is_empty(), "never: {never:?}; not known: {unknown:?}; {seen:#?}");
}
