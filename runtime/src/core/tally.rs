//! What there is to count in a turn. Nothing is kept where nobody counts.

use std::time::Duration;

use super::describe::RunStatus;

/// How an attempt at an activity ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AttemptOutcome {
    Completed,
    Failed,
    TimedOut,
    Panicked,
    /// What it gave, or was given, cannot be stored or read.
    Broken,
    /// Nobody waited for it any more.
    Cancelled,
}

/// What happened in a turn.
#[derive(Debug, Default)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub(crate) struct Tally {
    pub(crate) transitions: u64,
    /// The workflows of the runs that were started.
    pub(crate) started: Vec<&'static str>,
    /// The workflows of the runs that ended, and how.
    pub(crate) ended: Vec<(&'static str, RunStatus)>,
    /// By how much each timer that fired was late.
    pub(crate) lateness: Vec<Duration>,
    /// The activities of the attempts that ended, and how.
    pub(crate) attempts: Vec<(&'static str, AttemptOutcome)>,
}

impl Tally {
    /// Takes note of something, if it is counted.
    pub(crate) fn note(&mut self, note: impl FnOnce(&mut Tally)) {
        if cfg!(feature = "metrics") {
            note(self);
        }
    }
}
