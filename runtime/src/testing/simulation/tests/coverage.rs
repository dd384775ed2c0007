//! The gate: all that can happen has happened. What that is, [`names`] says for each event, command, order, error and fault.

use std::collections::{BTreeMap, BTreeSet};

use crate::testing::simulation::names;

/// What is no variant of anything.
const BESIDES: &[&str] = &[
    "a run that is ahead of its state",
    "transitions in the record of their run",
    "a row of several transitions",
    "a call in the place of another",
    // What clients are told where nothing is wrong; of lists and descriptions, what is wrong, too.
    "start: ok",
    "find: ok",
    "signal: ok",
    "update: ok",
    "cancel: ok",
    "query: ok",
    "redrive: ok",
    "by token: ok",
    "describe: ok",
    "describe: damage",
    "list: ok",
    "time: ok",
    // What becomes of stores, processes and clocks.
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
    let possible: BTreeSet<&str> =
        names::POSSIBLE.iter().copied().flatten().chain(BESIDES).copied().collect();
    let happened: BTreeSet<&str> = seen.keys().map(String::as_str).collect();
    let never: Vec<_> = possible.difference(&happened).collect();
    let unknown: Vec<_> = happened.difference(&possible).collect();
    assert!(never.is_empty() && unknown.is_empty(), "never: {never:?}; not known: {unknown:?}; {seen:#?}");
}
