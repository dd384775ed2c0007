//! What is persisted: the types of the records, apart from those of the runtime. Their names and the names of
//! their fields are the storage format.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Seq;
use super::wide::{ArmedRecord, FrameRecord};
use crate::activity::{ActivityOutcome, CallOptions};
use crate::codec::Payload;
use crate::machine::{Fault, OpId, RunRng};
use crate::text::Text;
use crate::time::Moment;

/// All of a run's current state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id.
    pub id: Text,
    /// The workflow's name.
    pub workflow: Text,
    /// How it stands.
    pub phase: Phase,
    /// How many transitions it has had.
    pub seq: Seq,
    /// When it was started.
    pub created: Moment,
    /// When its last transition was.
    pub updated: Moment,
    /// The name of the state it is in.
    pub state: String,
    /// The encoded workflow value.
    pub value: Payload,
    /// The encoded frame; empty before the first step stood and after the end.
    pub frame: FrameRecord,
    /// What it was started with, until the first step stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Payload>,
    /// The number of the next operation.
    pub next_op: u64,
    /// Its random numbers.
    pub rng: RunRng,
    /// What it waits for, by rising operation number.
    #[serde(default)]
    pub armed: ArmedRecord,
    /// What was accepted for it and not handled yet.
    #[serde(default)]
    pub inbox: Vec<EventRecord>,
    /// Whether it was asked to cancel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// How it stands after later transitions, where that is otherwise: those were made without its workflow's code, so that there is
    /// no later state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Box<Phase>>,
}

impl RunRecord {
    /// How the run stands, be it after this state or ahead of it.
    pub fn stands(&self) -> &Phase {
        self.ahead.as_deref().unwrap_or(&self.phase)
    }

    /// About how many bytes that are, without making them; rather too few.
    pub(crate) fn weight(&self) -> usize {
        const ARMED: usize = 32;
        self.frame.len() + self.value.0.len() + ARMED * self.armed.len()
    }
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// It goes on when what it waits for is there.
    Open,
    /// It cannot go on as things are.
    Parked(ParkReason),
    /// It ended with this output.
    Completed(Payload),
    /// It ended with this error.
    Failed(Payload),
    /// It was cancelled, and ended by that: with this error, if the cancellation became one.
    Cancelled(Option<Payload>),
    /// It was ended from outside, without running any of its code, for this reason.
    Terminated(String),
}

impl Phase {
    /// Whether the run has ended.
    pub fn is_closed(&self) -> bool {
        match self {
            Phase::Open | Phase::Parked(_) => false,
            Phase::Completed(_) | Phase::Failed(_) | Phase::Cancelled(_) | Phase::Terminated(_) => true,
        }
    }
}

/// Why a run is parked: its last transition did not stand. What was to go into it is kept, and is handled when
/// the run is driven again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Error)]
#[non_exhaustive]
pub enum ParkReason {
    /// Workflow code panicked.
    #[error("workflow code panicked: {message}; fix it, open the engine with the fix, and redrive the run")]
    Panic {
        /// The panic's message.
        message: String,
    },
    /// The machine could not go on from what is stored.
    #[error("{0}; run it with a binary whose machine has this state, then redrive it")]
    Fault(Fault),
    /// The run's workflow is not registered with this engine.
    #[error(
        "workflow `{workflow}` is not registered: add `.workflow::<{workflow}>()` to the engine's builder"
    )]
    UnknownWorkflow {
        /// The workflow's name.
        workflow: String,
    },
    /// The run calls an activity that is not registered with this engine.
    #[error("activity `{activity}` is not registered: add it to the engine's builder, then redrive the run")]
    UnknownActivity {
        /// The activity's name.
        activity: String,
    },
    /// An activity's arguments do not decode, or its result does not encode.
    #[error("activity `{activity}` (operation {}) cannot be run: {reason}", op.0)]
    BrokenActivity {
        /// The activity's name.
        activity: String,
        /// The operation.
        op: OpId,
        /// What the codec said.
        reason: String,
    },
    /// The stored workflow value or input does not decode.
    #[error("its stored value cannot be read: {reason}")]
    BadValue {
        /// What the decoder said.
        reason: String,
    },
    /// An accepted signal cannot be handled by this binary.
    #[error("signal `{name}` cannot be handled: {reason}")]
    BadSignal {
        /// The signal.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// An accepted update cannot be handled by this binary.
    #[error("update `{name}` cannot be handled: {reason}")]
    BadUpdate {
        /// The update.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Another record that the run needs is damaged.
    #[error("a record that it needs is damaged: {reason}")]
    Damaged {
        /// Which record, and how.
        reason: String,
    },
}

/// An operation that a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Armed {
    /// Its number.
    pub op: OpId,
    /// What it is.
    pub operation: Operation,
}

/// What an operation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// A call of the activity of this name.
    Activity(Text),
    /// A timer that fires at this moment.
    Timer(Moment),
}

/// Something that happens to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EventRecord {
    /// It was started. The first event of each run, and of no other place.
    Started {
        /// Its id.
        id: Text,
        /// The workflow's name.
        workflow: Text,
        /// The encoded input.
        input: Payload,
        /// The seed of its random numbers.
        seed: u64,
    },
    /// A signal was accepted.
    Signal {
        /// Its name.
        name: String,
        /// Its encoded arguments.
        args: Payload,
    },
    /// An update was accepted.
    Update {
        /// The update's own id.
        id: String,
        /// Its name.
        name: String,
        /// Its encoded arguments.
        args: Payload,
    },
    /// It was asked to cancel.
    Cancelled,
    /// An activity ended for good.
    Activity {
        /// The operation that waited.
        op: OpId,
        /// How it ended.
        outcome: ActivityOutcome,
    },
    /// A timer fired.
    Timer {
        /// The operation that waited.
        op: OpId,
    },
}

impl EventRecord {
    /// The operation that this resolves.
    pub fn resolves(&self) -> Option<OpId> {
        match self {
            EventRecord::Activity { op, .. } | EventRecord::Timer { op } => Some(*op),
            EventRecord::Started { .. }
            | EventRecord::Signal { .. }
            | EventRecord::Update { .. }
            | EventRecord::Cancelled => None,
        }
    }
}

/// Something that a transition set going.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CommandRecord {
    /// An activity.
    Activity {
        /// The operation that waits for it.
        op: OpId,
        /// The activity's name.
        activity: Text,
        /// Its encoded arguments.
        input: Payload,
        /// What the call says of its own about how it is tried.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        options: Option<Box<CallOptions>>,
    },
    /// A timer.
    Timer {
        /// The operation that waits for it.
        op: OpId,
        /// When it fires.
        deadline: Moment,
    },
    /// An activity is told that it is cancelled, and waited for.
    Cancel {
        /// The operation that waits for it.
        op: OpId,
    },
}

impl CommandRecord {
    /// The operation that this begins.
    pub fn op(&self) -> OpId {
        match self {
            CommandRecord::Activity { op, .. }
            | CommandRecord::Timer { op, .. }
            | CommandRecord::Cancel { op } => *op,
        }
    }
}

/// One transition of a run: what went in and what came out. Folding a run's entries from the first gives its
/// stored state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When it was.
    pub at: Moment,
    /// What went in, besides what the inbox held already.
    pub events: Vec<EventRecord>,
    /// What became of it.
    pub outcome: Outcome,
    /// What it set going.
    #[serde(default)]
    pub commands: Vec<CommandRecord>,
}

/// What became of a transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The events were handled and the machine was stepped.
    Stepped,
    /// The events were put into the inbox, for this reason.
    Parked(ParkReason),
    /// The events were put into the inbox and the run was ended, for this reason.
    Terminated(String),
}

/// An update that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRecord {
    /// Its name.
    pub name: String,
    /// Its encoded arguments.
    pub args: Payload,
}

/// An update that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// What its handler returned, encoded.
    pub answer: Payload,
}

/// An activity call that has not ended yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The id of the run that called.
    pub run_id: Text,
    /// The activity's name.
    pub activity: Text,
    /// The transition that called; its log entry has the arguments.
    pub seq: Seq,
    /// The number of the current or next attempt, from 1.
    pub attempt: u32,
    /// When that attempt may start.
    pub due: Moment,
    /// How the attempt before it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// The last heartbeat of any attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Box<HeartbeatRecord>>,
    /// By what the current attempt is completed from outside, where it has ended without a result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<Box<LaterRecord>>,
    /// Whether it was told that it is cancelled: then it is not tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Whether its caller has left it to itself: nobody is told its outcome.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abandoned: bool,
}

/// A heartbeat of an activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatRecord {
    /// When it was.
    pub at: Moment,
    /// What it told, encoded.
    pub details: Payload,
}

/// An attempt at an activity whose result comes from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterRecord {
    /// The secret part of its token.
    pub token: String,
    /// When it started.
    pub started: Moment,
}

/// What is known of the store as a whole, written with each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MarkRecord {
    /// The engine's clock at the last commit; it never goes back behind this.
    pub moment: Moment,
    /// How many runs have not ended.
    pub open_runs: u64,
    /// No timer that has not fired is before this moment.
    pub timers_from: Moment,
    /// No run before this one has an activity that has not ended.
    pub tasks_from: u64,
    /// How many runs are parked.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub parked_runs: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(number: &u64) -> bool {
    *number == 0
}
