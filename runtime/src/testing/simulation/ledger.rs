//! The books of the world outside: what activities did there, whoever was told of it.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use super::model::{Holds, holds};
use crate::activity::{Activity, ActivityOutcome};
use crate::codec::{self, CodecError, Payload};
use crate::core::{RunStatus, status_of};
use crate::machine::OpId;
use crate::store::{EventRecord, LogEntry, Phase, RunNo, RunRecord, TaskId};
use crate::workflow::Workflow;

/// What was done outside.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    entries: BTreeMap<TaskId, Vec<Entry>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    activity: &'static str,
    input: Payload,
    /// What came of it, as often as it was done.
    outputs: Vec<Payload>,
}

impl Ledger {
    /// An attempt has done what it was to do, with this outcome.
    pub(super) fn post(&mut self, task: TaskId, activity: &'static str, input: &Payload, output: Payload) {
        let entries = self.entries.entry(task).or_default();
        let is_it = |entry: &&mut Entry| entry.activity == activity && entry.input == *input;
        if let Some(entry) = entries.iter_mut().find(is_it) {
            entry.outputs.push(output);
        } else {
            entries.push(Entry { activity, input: input.clone(), outputs: vec![output] });
        }
    }

    /// How often the effect of a call was applied.
    #[cfg(test)]
    pub(super) fn times(&self, task: TaskId) -> usize {
        self.of(task).map(|entry| entry.outputs.len()).sum()
    }

    fn of(&self, task: TaskId) -> impl Iterator<Item = &Entry> {
        self.entries.get(&task).into_iter().flatten()
    }

    /// What is durable now as done was done; and each call did one thing, however often.
    pub(super) fn check(&self, run: RunNo, entry: &LogEntry) -> Holds {
        for event in &entry.events {
            let EventRecord::Activity { op, outcome: ActivityOutcome::Completed(output) } = event else {
                continue;
            };
            let task = TaskId { run, op: *op };
            let entries: Vec<_> = self.of(task).collect();
            let is_done = entries.iter().any(|entry| entry.outputs.contains(output));
            holds("G3", is_done, || {
                format!("{task:?} is completed with {output:?}; the ledger has {entries:?}")
            })?;
            holds("G3", entries.len() == 1, || format!("{task:?} has done several things: {entries:?}"))?;
        }
        Ok(())
    }
}

/// A run that has ended in a simulation, and what its activities did in the world outside; see
/// [`Simulation::ended`](super::Simulation::ended).
#[derive(Debug)]
pub struct Ended<'a, W> {
    run: RunNo,
    record: &'a RunRecord,
    ledger: &'a Ledger,
    workflow: PhantomData<fn() -> W>,
}

/// Something that an activity did in the world outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deed<I, O> {
    /// The idempotency key: that of the call, and the same for each attempt at it.
    pub key: String,
    /// What the activity was called with.
    pub input: I,
    /// What came of it. The workflow may not have heard of it.
    pub output: O,
}

/// What an activity did for a run.
pub type Deeds<A> = Vec<Deed<<A as Activity>::Input, <A as Activity>::Output>>;

/// A run's output or error.
type Outcome<W> = Result<<W as Workflow>::Output, <W as Workflow>::Error>;

impl<'a, W: Workflow> Ended<'a, W> {
    pub(super) fn new(run: RunNo, record: &'a RunRecord, ledger: &'a Ledger) -> Self {
        Ended { run, record, ledger, workflow: PhantomData }
    }

    /// The run's id.
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// How it ended.
    pub fn status(&self) -> RunStatus {
        status_of(&self.record.phase)
    }

    /// Its output or error; `None` where it was terminated, or cancelled without an error.
    ///
    /// # Errors
    ///
    /// What is stored is of another type.
    pub fn outcome(&self) -> Result<Option<Outcome<W>>, CodecError> {
        Ok(match &self.record.phase {
            Phase::Completed(output) => Some(Ok(codec::decode(output)?)),
            Phase::Failed(error) | Phase::Cancelled(Some(error)) => Some(Err(codec::decode_error(error)?)),
            Phase::Open | Phase::Parked(_) | Phase::Cancelled(None) | Phase::Terminated(_) => None,
        })
    }

    /// What attempts at activity `A` did for this run, in the order of the calls: once for each time that it was done. Attempts of which the
    /// engine heard nothing are among them.
    ///
    /// # Errors
    ///
    /// What is stored is of another type.
    pub fn deeds<A: Activity>(&self) -> Result<Deeds<A>, CodecError> {
        let calls = TaskId { run: self.run, op: OpId(0) }..=TaskId { run: self.run, op: OpId(u64::MAX) };
        let mut deeds = Vec::new();
        for (task, entries) in self.ledger.entries.range(calls) {
            for entry in entries.iter().filter(|entry| entry.activity == A::NAME) {
                for output in &entry.outputs {
                    let key = format!("{}/{}", self.record.id, task.op.0);
                    let (input, output) = (codec::decode(&entry.input)?, codec::decode(output)?);
                    deeds.push(Deed { key, input, output });
                }
            }
        }
        Ok(deeds)
    }
}
