//! Folding: from a run's log, its stored state. Guarantee G6 says that the bytes are the same.

use thiserror::Error;
use tracing::dispatcher::{Dispatch, with_default};

use super::instance::WorkflowType;
use super::registry::Registry;
use super::run::Run;
use crate::codec::CodecError;
use crate::store::{EventRecord, LogEntry, Outcome, RunRecord, Seq};

/// A log could not be folded.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FoldError {
    /// The first entry is not a start.
    #[error("the log does not begin with the start of a run")]
    NotStarted,
    /// The input does not decode.
    #[error("the run's input: {0}")]
    Input(#[from] CodecError),
    /// The same events gave something else than is in the log: the workflow's code is not deterministic, or
    /// is not the code that wrote the log.
    #[error("transition {} gives {found:?}, the log has {logged:?}", seq.0)]
    Diverged {
        /// The transition.
        seq: Seq,
        /// What the log has.
        logged: Box<LogEntry>,
        /// What folding gave.
        found: Box<LogEntry>,
    },
}

/// Runs all transitions of a log again and gives the run's record, which [`RunRecord::to_stored`] turns into the bytes
/// that the store has of it (or will have: the state of a large run is not stored after each transition).
pub fn fold(workflow: &WorkflowType, log: &[LogEntry]) -> Result<RunRecord, FoldError> {
    let mut folding = Folding::from_start(*workflow);
    folding.go_on(log, |_| {})?;
    folding.take_record().ok_or(FoldError::NotStarted)
}

/// A run whose log is being folded, part by part. Between two parts it is data: it may wait for the next one, or change threads.
pub(crate) struct Folding {
    workflow: WorkflowType,
    /// `None` before the first transition.
    record: Option<RunRecord>,
}

impl Folding {
    /// Before the first transition.
    pub(crate) fn from_start(workflow: WorkflowType) -> Self {
        Folding { workflow, record: None }
    }

    /// Behind the transitions that have led to this state.
    pub(crate) fn from_state(workflow: WorkflowType, record: RunRecord) -> Self {
        Folding { workflow, record: Some(RunRecord { ahead: None, ..record }) }
    }

    /// The run, as far as it was folded.
    pub(crate) fn take_record(&mut self) -> Option<RunRecord> {
        self.record.take()
    }

    /// Makes the next transitions again, and shows the record after each.
    pub(crate) fn go_on(
        &mut self,
        log: &[LogEntry],
        mut seen: impl FnMut(&RunRecord),
    ) -> Result<(), FoldError> {
        let registry = Registry::to_fold(self.workflow);
        let mut run = match self.record.take() {
            Some(record) => Run::stored(record),
            None => start(&self.workflow, log)?,
        };
        for entry in log {
            again(&mut run, &registry, entry)?;
            seen(&run.record);
        }
        self.record = Some(run.record);
        Ok(())
    }
}

/// A run before its first transition.
fn start(workflow: &WorkflowType, log: &[LogEntry]) -> Result<Run, FoldError> {
    let started = log.first().and_then(|entry| Some((entry.at, entry.events.first()?)));
    let Some((at, EventRecord::Started { id, input, seed, .. })) = started else {
        return Err(FoldError::NotStarted);
    };
    Ok(Run::start(workflow, id.clone(), input, *seed, at)?)
}

/// Makes a transition again that the log has.
pub(super) fn again(run: &mut Run, registry: &Registry, entry: &LogEntry) -> Result<(), FoldError> {
    let events = entry.events.clone();
    // What the code has to say it said when the transition was made first.
    let transition = with_default(&Dispatch::none(), || match &entry.outcome {
        Outcome::Stepped => run.advance(registry, events, entry.at),
        Outcome::Parked(reason) => run.park(reason.clone(), events, entry.at),
        Outcome::Terminated(reason) => run.terminate(reason.clone(), events, entry.at),
    });
    if transition.entry == *entry {
        return Ok(());
    }
    Err(FoldError::Diverged {
        seq: transition.seq,
        logged: Box::new(entry.clone()),
        found: Box::new(transition.entry),
    })
}
