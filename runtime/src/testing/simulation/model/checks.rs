//! What must hold of all that is durable, and of attempts.

use std::collections::BTreeSet;

use super::{Begun, Holds, Model, ModelRun, broken, holds};
use crate::codec::Payload;
use crate::machine::OpId;
use crate::store::{self, EventRecord, LogEntry, Phase, RunNo, TaskId, TimerKey};
use crate::time::Moment;

/// An attempt that is let out.
#[derive(Clone, Copy)]
pub(in crate::testing::simulation) struct Started<'a> {
    pub(in crate::testing::simulation) task: TaskId,
    pub(in crate::testing::simulation) attempt: u32,
    pub(in crate::testing::simulation) activity: &'a str,
    pub(in crate::testing::simulation) run_id: &'a str,
    pub(in crate::testing::simulation) input: &'a Payload,
    pub(in crate::testing::simulation) now: Moment,
}

impl Model {
    /// What is stored of a run besides its log, against what its log says.
    pub(super) fn check_run(&self, run: RunNo) -> Holds {
        let found = self.run(run)?;
        let record = found.record();
        let id = &record.id;
        holds("G1", self.ids.get(id.as_str()) == Some(&run), || {
            format!("run {run} is not to be found by its id `{id}`")
        })?;
        let Some(stored) = self.states.get(&run) else {
            return broken("G1", format!("run {run} has no stored state"));
        };
        holds("G5", *stored.stands() == record.phase, || {
            format!("run {run} is {:?}, but as stored it is {:?}", record.phase, stored.stands())
        })?;
        self.check_places(run)?;
        let unread: BTreeSet<OpId> = record.inbox.iter().filter_map(EventRecord::resolves).collect();
        let waits = record.armed.iter().filter(|armed| !unread.contains(&armed.op));
        let (mut timers, mut calls) = (BTreeSet::new(), BTreeSet::new());
        for armed in waits {
            match &armed.operation {
                store::Operation::Timer(deadline) => {
                    timers.insert(TimerKey { deadline: *deadline, run, op: armed.op });
                }
                store::Operation::Activity(_) => {
                    calls.insert(TaskId { run, op: armed.op });
                }
            }
        }
        let rows: BTreeSet<_> = self.timers.iter().filter(|timer| timer.run == run).copied().collect();
        holds("G8", rows == timers, || format!("run {run} waits for {timers:?}; stored are {rows:?}"))?;
        let rows = self.tasks.iter().filter(|(task, row)| task.run == run && !row.abandoned);
        let rows: BTreeSet<_> = rows.map(|(task, _)| *task).collect();
        holds("G3", rows == calls, || format!("run {run} waits for {calls:?}; stored are {rows:?}"))?;
        let accepted = |entry: &LogEntry| {
            let ids = entry.events.iter().filter_map(|event| match event {
                EventRecord::Update { id, .. } => Some(id.clone()),
                _ => None,
            });
            ids.collect::<Vec<_>>()
        };
        let accepted = found.log.last().map(accepted).unwrap_or_default();
        let stored = |id: &String| self.updates.contains_key(&(run, id.clone()));
        holds("G1", accepted.iter().all(stored), || {
            format!("one of {accepted:?} is not stored as accepted")
        })?;
        let done = |(id, _): &(String, Payload)| self.answers.contains_key(&(run, id.clone()));
        holds("G1", found.folded.answers.iter().all(done), || {
            format!("one of {:?} is not stored as done", found.folded.answers)
        })
    }

    /// The operations that a run waits for by the rows that are stored.
    pub(in crate::testing::simulation) fn rows_of(&self, run: RunNo) -> BTreeSet<OpId> {
        let timers = self.timers.iter().filter(|timer| timer.run == run).map(|timer| timer.op);
        let tasks = self.tasks.iter().filter(|(task, row)| task.run == run && !row.abandoned);
        timers.chain(tasks.map(|(task, _)| task.op)).collect()
    }

    pub(super) fn check_mark(&self) -> Holds {
        let open = self.runs.values().filter(|run| !run.record().phase.is_closed()).count();
        holds("G5", self.mark.open_runs == open as u64, || {
            format!("{open} runs are open, the mark says {}", self.mark.open_runs)
        })?;
        let is_parked = |run: &&ModelRun| matches!(run.record().phase, Phase::Parked(_));
        let parked = self.runs.values().filter(is_parked).count();
        holds("G9", self.mark.parked_runs == parked as u64, || {
            format!("{parked} runs are parked, the mark says {}", self.mark.parked_runs)
        })?;
        let first = self.timers.first().map(|timer| timer.deadline);
        holds("G8", first.is_none_or(|first| self.mark.timers_from <= first), || {
            format!("a timer of {first:?} is before {}, from where timers are read", self.mark.timers_from)
        })?;
        let first = self.tasks.first_key_value().map(|(task, _)| task.run);
        holds("G3", first.is_none_or(|first| self.mark.tasks_from <= first.0), || {
            format!("a call of run {first:?} is before {}, from where calls are read", self.mark.tasks_from)
        })
    }

    /// An attempt is let out.
    pub(in crate::testing::simulation) fn begin(&mut self, order: &Started<'_>) -> Holds {
        let Started { task, attempt, activity, run_id, input, now } = *order;
        let what = || format!("attempt {attempt} at `{activity}`, {task:?}");
        let Some(row) = self.tasks.get(&task) else {
            let ended = self.runs.get(&task.run).is_some_and(|run| run.resolved.contains(&task.op));
            let (guarantee, why) = if ended { ("G3", "has ended") } else { ("G2", "is not durable") };
            return broken(guarantee, format!("{} began, but its call {why}", what()));
        };
        let found = self.run(task.run)?;
        let called = found.called.get(&task.op);
        let is_it = called.is_some_and(|called| called.activity == activity && called.input == *input);
        holds("G2", is_it && found.record().id == run_id, || format!("{} is not what was called", what()))?;
        holds("G2", row.attempt == attempt, || {
            format!("{} began, but stored is attempt {}", what(), row.attempt)
        })?;
        holds("G3", !row.cancelled, || {
            format!("{} began, but the call was told that it is cancelled", what())
        })?;
        holds("G3", now >= row.due, || format!("{} began at {now}, before {}", what(), row.due))?;
        let before = self.begun.insert(task, Begun { attempt, running: true });
        let twice = before.is_some_and(|before| before.running);
        holds("G3", !twice, || format!("{} began while another was running", what()))
    }

    /// An attempt is stopped, or has ended.
    pub(in crate::testing::simulation) fn end(&mut self, task: TaskId, attempt: u32) {
        if let Some(begun) = self.begun.get_mut(&task).filter(|begun| begun.attempt == attempt) {
            begun.running = false;
        }
    }

    pub(in crate::testing::simulation) fn has_begun(&self, task: TaskId, attempt: u32) -> Holds {
        let begun = self.begun.get(&task).is_some_and(|begun| begun.attempt == attempt);
        holds("G2", begun, || format!("attempt {attempt} at {task:?} is stopped, but did not begin"))
    }
}
