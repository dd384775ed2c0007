//! The activity calls that have not ended: all are in memory, each has a row on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::input::Effect;
use super::registry::Registry;
use crate::codec::Payload;
use crate::machine::OpId;
use crate::store::{ParkReason, RunNo, TaskId, TaskRecord};
use crate::time::Moment;

/// An activity call that has not ended.
pub(crate) struct Task {
    pub(crate) record: TaskRecord,
    input: Payload,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// An attempt is running.
    Running,
    /// The next attempt starts at `record.due`.
    Waiting,
    /// Nothing is tried until the run is driven again.
    Held,
}

impl Task {
    pub(crate) fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// When the next attempt starts, if it waits for that.
    pub(crate) fn retry_at(&self) -> Option<Moment> {
        (self.state == State::Waiting).then_some(self.record.due)
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Tasks {
    all: BTreeMap<TaskId, Task>,
    /// Those that wait, by when.
    waiting: BTreeSet<(Moment, TaskId)>,
    /// Those that are held.
    held: BTreeSet<TaskId>,
    /// Those whose stored call cannot be read, and why.
    lost: BTreeMap<TaskId, ParkReason>,
}

impl Tasks {
    pub(crate) fn get(&self, id: TaskId) -> Option<&Task> {
        self.all.get(&id)
    }

    /// The first run that has one.
    pub(crate) fn first_run(&self) -> Option<RunNo> {
        let first = self.all.first_key_value().map(|(id, _)| id.run);
        let lost = self.lost.first_key_value().map(|(id, _)| id.run);
        first.into_iter().chain(lost).min()
    }

    /// Takes note of one that is on disk and cannot be run.
    pub(crate) fn lose(&mut self, id: TaskId, reason: ParkReason) {
        self.lost.insert(id, reason);
    }

    /// Why a run cannot go on, if one of its calls cannot be run as things are.
    pub(crate) fn obstacle(&self, run: RunNo, registry: &Registry) -> Option<ParkReason> {
        if let Some((_, reason)) = self.lost.range(of(run)).next() {
            return Some(reason.clone());
        }
        let held = self.held.range(of(run)).filter_map(|id| self.all.get(id));
        held.map(|task| &task.record.activity)
            .find(|activity| !registry.can_run(activity))
            .map(|activity| ParkReason::UnknownActivity { activity: activity.clone() })
    }

    /// When the next attempt starts.
    pub(crate) fn next(&self) -> Option<Moment> {
        self.waiting.first().map(|(due, _)| *due)
    }

    /// Adds one that waits for its time, which may be now.
    pub(crate) fn add(&mut self, id: TaskId, record: TaskRecord, input: Payload) {
        self.waiting.insert((record.due, id));
        self.all.insert(id, Task { record, input, state: State::Waiting });
    }

    pub(crate) fn remove(&mut self, id: TaskId) -> Option<Task> {
        self.lost.remove(&id);
        let task = self.all.remove(&id)?;
        self.waiting.remove(&(task.record.due, id));
        self.held.remove(&id);
        Some(task)
    }

    /// Starts the attempt of one that was just added.
    pub(crate) fn start(&mut self, id: TaskId, registry: &Registry) -> Option<Effect> {
        let task = self.all.get_mut(&id)?;
        self.waiting.remove(&(task.record.due, id));
        let Some((activity, _)) = registry.activity(&task.record.activity) else {
            task.state = State::Held;
            self.held.insert(id);
            return None;
        };
        task.state = State::Running;
        self.held.remove(&id);
        Some(Effect::StartActivity {
            task: id,
            activity,
            run_id: task.record.run_id.clone(),
            attempt: task.record.attempt,
            input: task.input.clone(),
        })
    }

    /// Starts all attempts whose time has come.
    pub(crate) fn start_due(&mut self, now: Moment, registry: &Registry, effects: &mut Vec<Effect>) {
        while let Some((due, id)) = self.waiting.first().copied()
            && due <= now
        {
            effects.extend(self.start(id, registry));
        }
    }

    /// Lets the next attempt wait until `due`.
    pub(crate) fn retry(&mut self, id: TaskId, due: Moment, error: String) {
        if let Some(task) = self.all.get_mut(&id) {
            task.record.attempt += 1;
            task.record.due = due;
            task.record.last_error = Some(error);
            task.state = State::Waiting;
            self.waiting.insert((due, id));
            self.held.remove(&id);
        }
    }

    /// Tries nothing more until the run is driven again.
    pub(crate) fn hold(&mut self, id: TaskId) {
        if let Some(task) = self.all.get_mut(&id) {
            self.waiting.remove(&(task.record.due, id));
            task.state = State::Held;
            self.held.insert(id);
        }
    }

    /// Those of a run that are held.
    pub(crate) fn held(&self, run: RunNo) -> Vec<TaskId> {
        self.held.range(of(run)).copied().collect()
    }
}

/// The keys of a run's calls.
fn of(run: RunNo) -> RangeInclusive<TaskId> {
    TaskId { run, op: OpId(0) }..=TaskId { run, op: OpId(u64::MAX) }
}
