//! What an engine tells about a run.

use super::run::Run;
use super::tasks::{Task, Tasks};
use crate::machine::OpId;
use crate::store::{
    Armed, EventRecord, HeartbeatRecord, Operation, ParkReason, Phase, RunNo, RunRecord, TaskId,
};
use crate::time::Moment;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunStatus {
    /// It goes on when what it waits for is there.
    Open,
    /// It cannot go on as things are; see [`RunDescription::parked`].
    Parked,
    /// It ended well.
    Completed,
    /// It ended with its own error.
    Failed,
    /// It ended because it was cancelled.
    Cancelled,
    /// It was ended from outside; see [`RunDescription::terminated`].
    Terminated,
}

/// A run, as the engine sees it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunDescription {
    /// Its id.
    pub id: String,
    /// Its number: rises with each start.
    pub run: RunNo,
    /// The workflow's name.
    pub workflow: String,
    /// How it stands.
    pub status: RunStatus,
    /// The name of the state that its machine is in. Of a run whose workflow is not registered, and which a crash left ahead of its
    /// stored state, that of the stored one.
    pub state: String,
    /// What its code waits for, as it stands in the source: also a condition, a task or a trigger, of which no operation is armed. None
    /// where the run has not begun or has ended, and in the pages of [`Engine::list`](crate::Engine::list), which knows no types.
    pub awaits: Option<Awaited>,
    /// The activities and timers that it waits for, in all its branches and tasks.
    pub waits_for: Vec<Waiting>,
    /// How many signals and results were accepted and not handled yet: more than 0 on parked and terminated runs only.
    pub unread: usize,
    /// When it was started.
    pub created: Moment,
    /// When its last transition was.
    pub updated: Moment,
    /// How many transitions it has had.
    pub transitions: u64,
    /// Why it is parked.
    pub parked: Option<ParkReason>,
    /// Whether it was asked to cancel.
    pub cancel_requested: bool,
    /// Why it was terminated.
    pub terminated: Option<String>,
}

/// An await in a workflow's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// What is awaited: `ctx.wait_until(|| self.approved)`.
    pub source: &'static str,
    /// The source file, as rustc names it; empty where it is not known.
    pub file: &'static str,
    /// The line in it; 0 where it is not known.
    pub line: u32,
}

/// An operation that a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number within the run.
    pub op: OpId,
    /// Since when; of a timer, [`RunHandle::describe`](crate::RunHandle::describe) alone tells it.
    pub since: Option<Moment>,
    /// What it is.
    pub what: WaitingFor,
}

/// What an operation is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingFor {
    /// An activity.
    Activity {
        /// Its name.
        name: String,
        /// The number of the current or next attempt, from 1.
        attempt: u32,
        /// How far that attempt is.
        state: AttemptState,
        /// How the attempt before it failed.
        last_error: Option<String>,
        /// The last heartbeat of any attempt.
        last_heartbeat: Option<HeartbeatRecord>,
    },
    /// A timer.
    Timer {
        /// When it fires.
        deadline: Moment,
    },
}

/// How far an attempt at an activity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptState {
    /// It starts at this moment.
    Waiting {
        /// When.
        until: Moment,
    },
    /// It is due, and starts when others have ended: as many run as may.
    Queued {
        /// Since when it is due.
        since: Moment,
    },
    /// It runs.
    Running {
        /// Since when.
        since: Moment,
    },
    /// It is to be completed from outside.
    Outside {
        /// When it was started.
        since: Moment,
    },
    /// It is not made while the run is parked.
    Held,
}

/// Which runs to list. The default is all, up to 100 a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFilter {
    /// Only runs of the workflow of this name.
    pub workflow: Option<String>,
    /// Only runs that stand so.
    pub status: Option<RunStatus>,
    /// Only runs whose id begins so.
    pub id_prefix: Option<String>,
    /// Only runs started after this one: the last of the page before.
    pub after: Option<RunNo>,
    /// At most so many; none is taken as one.
    pub limit: usize,
}

impl Default for ListFilter {
    fn default() -> Self {
        ListFilter { workflow: None, status: None, id_prefix: None, after: None, limit: 100 }
    }
}

impl ListFilter {
    /// Whether the filter lets a run through.
    pub(crate) fn takes(&self, record: &RunRecord) -> bool {
        self.workflow.as_ref().is_none_or(|workflow| record.workflow == *workflow)
            && self.status.is_none_or(|status| status == status_of(record.stands()))
            && self.id_prefix.as_ref().is_none_or(|prefix| record.id.starts_with(prefix))
    }
}

pub(crate) fn status_of(phase: &Phase) -> RunStatus {
    match phase {
        Phase::Open => RunStatus::Open,
        Phase::Parked(_) => RunStatus::Parked,
        Phase::Completed(_) => RunStatus::Completed,
        Phase::Failed(_) => RunStatus::Failed,
        Phase::Cancelled(_) => RunStatus::Cancelled,
        Phase::Terminated(_) => RunStatus::Terminated,
    }
}

pub(super) fn describe(no: RunNo, record: &RunRecord, tasks: &Tasks) -> RunDescription {
    let waiting = |armed: &Armed| match &armed.operation {
        Operation::Timer(deadline) => {
            Waiting { op: armed.op, since: None, what: WaitingFor::Timer { deadline: *deadline } }
        }
        Operation::Activity(name) => {
            let task = tasks.get(TaskId { run: no, op: armed.op });
            let what = WaitingFor::Activity {
                name: name.to_string(),
                attempt: task.map_or(1, |task| task.record.attempt),
                state: task.map_or(AttemptState::Held, Task::attempt_state),
                last_error: task.and_then(|task| task.record.last_error.clone()),
                last_heartbeat: task.and_then(|task| task.record.heartbeat.as_deref().cloned()),
            };
            Waiting { op: armed.op, since: task.map(Task::scheduled), what }
        }
    };
    let waits_for = record.armed.iter().map(waiting);
    RunDescription {
        id: record.id.to_string(),
        run: no,
        workflow: record.workflow.to_string(),
        status: status_of(&record.phase),
        state: record.state.clone(),
        awaits: None,
        waits_for: waits_for.collect(),
        unread: record.inbox.len(),
        created: record.created,
        updated: record.updated,
        transitions: record.seq.0,
        parked: match &record.phase {
            Phase::Parked(reason) => Some(reason.clone()),
            _ => None,
        },
        cancel_requested: record.cancelled || record.inbox.contains(&EventRecord::Cancelled),
        terminated: match &record.phase {
            Phase::Terminated(reason) => Some(reason.clone()),
            _ => None,
        },
    }
}

impl Run {
    pub(super) fn describe(&self, no: RunNo, tasks: &Tasks) -> RunDescription {
        describe(no, &self.record, tasks)
    }
}
