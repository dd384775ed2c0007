//! [`Divergence`]: the smallest case in which a workflow did not replay, as a report.

use std::fmt;

use super::cause;
use super::tree::Difference;

/// Which property did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// The same transition, run twice from the same stored state, gave two results.
    Twice,
    /// A run that was reloaded from its stored state went on otherwise than one that stayed in memory.
    Reload,
    /// Folding the events from the first gave another state or other commands than were stored.
    Fold,
    /// A query had one answer in memory and another from the stored state.
    Query(&'static str),
    /// The run could not go on, though workflow code did not panic: its state cannot be stored or read back.
    GoesOn,
}

impl Check {
    /// The lower, the more it says of the cause.
    pub(super) fn rank(self) -> u8 {
        match self {
            Check::Twice => 0,
            Check::Reload => 1,
            Check::Query(_) => 2,
            Check::Fold => 3,
            Check::GoesOn => 4,
        }
    }

    /// What happened, and what the two sides of each difference are.
    fn texts(self) -> (String, &'static str, &'static str) {
        match self {
            Check::Twice => (
                "the last transition was run twice from the same stored state, with the same events, at the same \
                 time, and gave two results"
                    .to_owned(),
                "the first time",
                "the second time",
            ),
            Check::Reload => (
                "a run that was reloaded from its stored state went on otherwise than one that stayed in memory"
                    .to_owned(),
                "in memory",
                "reloaded",
            ),
            Check::Fold => (
                "the events, folded from the first, give another result than was stored".to_owned(),
                "stored",
                "folded",
            ),
            Check::Query(name) => (
                format!("query `{name}` has one answer in memory and another from the stored state"),
                "in memory",
                "reloaded",
            ),
            Check::GoesOn => ("the run could not go on".to_owned(), "", ""),
        }
    }
}

/// A workflow does not replay: the smallest case that was found, with what differed in it.
///
/// Its `Display` is the report that [`ReplayCheck::assert`](super::ReplayCheck::assert) panics with.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    pub(super) workflow: &'static str,
    pub(super) check: Check,
    /// The input, and how it was seeded, as text.
    pub(super) input: String,
    pub(super) transitions: Vec<String>,
    pub(super) differences: Vec<Difference>,
    /// Why the run could not go on, where that is what went wrong.
    pub(super) stuck: Option<String>,
    pub(super) seed: u64,
    pub(super) case: u64,
    pub(super) simplified: u64,
}

impl Divergence {
    /// Which property did not hold.
    pub fn check(&self) -> Check {
        self.check
    }

    /// What differed. Empty where the bytes differ and the values in them do not, or the run could not go on.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// The transitions of the case, as text; the last is the one that went wrong.
    pub fn transitions(&self) -> &[String] {
        &self.transitions
    }

    /// The likely cause, and what to do about it.
    pub fn likely_cause(&self) -> String {
        cause::likely(self.check, &self.differences)
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Divergence { workflow, check, input, seed, case, simplified, .. } = self;
        let (what, one, other) = check.texts();
        writeln!(f, "`{workflow}` does not replay: {what}.")?;
        writeln!(f, "\nThe smallest case (seed {seed}, case {case}, simplified {simplified} times):")?;
        writeln!(f, "  input {input}")?;
        for (number, transition) in self.transitions.iter().enumerate() {
            writeln!(f, "  {:>3}. {transition}", number + 1)?;
        }
        match &self.stuck {
            Some(reason) => writeln!(f, "\nWhy it could not go on:\n  {reason}")?,
            None if self.differences.is_empty() => {
                writeln!(f, "\nThe stored bytes differ; the values in them read the same.")?;
            }
            None => {
                writeln!(
                    f,
                    "\nWhat differs after transition {}, {one} and {other}:",
                    self.transitions.len()
                )?;
                for difference in &self.differences {
                    writeln!(f, "  - {difference}")?;
                }
            }
        }
        write!(f, "\nLikely cause: {}", self.likely_cause())
    }
}

impl std::error::Error for Divergence {}
