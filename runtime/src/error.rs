//! Errors: one enum for each thing that one can ask of an engine.

mod repair;
mod too_large;
mod update;

use std::path::PathBuf;

use thiserror::Error;

use crate::codec::CodecError;
use crate::store::{Damage, ParkReason, StoreError};
use crate::workflow::HandlerError;

pub use repair::RepairError;
pub use too_large::TooLarge;
pub use update::UpdateError;

/// An engine could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another engine has the directory.
    #[error("{} is in use by {holder}: stop it, or open another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Who has it: process id and since when.
        holder: String,
    },
    /// The directory holds something else. Nothing in it was touched.
    #[error("{} is not a Longhaul data directory: {reason}; give an empty or a new one", path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// How it was seen.
        reason: String,
    },
    /// A newer Longhaul wrote the directory. Nothing in it was touched.
    #[error(
        "{} has format {found}, this binary knows formats up to {supported}: use a newer Longhaul",
        path.display()
    )]
    NewerFormat {
        /// The directory.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The newest that this binary knows.
        supported: u32,
    },
    /// The directory could not be made, read or locked.
    #[error("{}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store in it could not be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record that describes the store as a whole is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// Two workflows or activities have the same name.
    #[error("two different {kind} are registered as `{name}`: rename one")]
    NameTwice {
        /// `workflows` or `activities`.
        kind: &'static str,
        /// The name.
        name: &'static str,
    },
    /// A test plays a local step that no registered workflow has.
    #[error("no registered workflow has a local step called `{name}`; there are {known:?}")]
    NoSuchStep {
        /// What it was called.
        name: String,
        /// The steps that there are.
        known: Vec<&'static str>,
    },
    /// `open` was not called from within a tokio runtime, which activities need.
    #[error(
        "an engine must be opened within a tokio runtime: call it from `#[tokio::main]` or `Runtime::block_on`"
    )]
    NoRuntime,
    /// The engine's thread could not be started, or ended while opening.
    #[error("the engine's thread could not be started: {0}")]
    Thread(String),
}

/// The engine as a whole cannot answer.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// It was shut down.
    #[error("the engine was shut down: open it again to go on")]
    Closed,
    /// Its store failed a write. It acknowledges nothing any more; nothing acknowledged before is lost.
    #[error("the engine stopped because its store failed ({0}): see to the disk, then open it again")]
    Poisoned(#[source] StoreError),
    /// A record that the answer needs is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

/// A run was not started.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The workflow is not registered.
    #[error(
        "workflow `{workflow}` is not registered: add `.workflow::<{workflow}>()` to the engine's builder"
    )]
    UnknownWorkflow {
        /// The workflow's name.
        workflow: &'static str,
    },
    /// There is a run of this id, of another workflow or with another input.
    #[error("the id `{id}` is in use by a run of workflow `{workflow}` with {difference}: choose another id")]
    IdInUse {
        /// The id.
        id: String,
        /// The workflow of the run that has it.
        workflow: String,
        /// In what it differs: `another workflow` or `another input`.
        difference: &'static str,
    },
    /// The id is empty or longer than [`StartError::MAX_ID_BYTES`].
    #[error("an id must have 1 to {max} bytes, this one has {len}", max = Self::MAX_ID_BYTES)]
    BadId {
        /// How long it is, in bytes.
        len: usize,
    },
    /// The input could not be encoded, or does not decode again.
    #[error("the input cannot be stored: {0}")]
    Input(#[source] CodecError),
    /// The input is larger than the engine takes.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl StartError {
    /// The longest id, in bytes.
    pub const MAX_ID_BYTES: usize = 1_024;
}

/// A run was not found.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum HandleError {
    /// There is no run of this id.
    #[error("there is no run `{id}`: start it first")]
    NotFound {
        /// The id.
        id: String,
    },
    /// The run is one of another workflow.
    #[error("run `{id}` is one of workflow `{found}`, not of `{asked}`")]
    OtherWorkflow {
        /// The id.
        id: String,
        /// Its workflow.
        found: String,
        /// The workflow asked for.
        asked: &'static str,
    },
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A signal was not accepted. It left no trace.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The run has ended.
    #[error("run `{id}` has ended and takes no more signals")]
    Closed {
        /// The run's id.
        id: String,
    },
    /// The workflow has no such signal, or its arguments are others.
    #[error(transparent)]
    Handler(#[from] HandlerError),
    /// The arguments could not be encoded.
    #[error("the arguments cannot be encoded: {0}")]
    Codec(#[from] CodecError),
    /// The arguments are larger than the engine takes.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The run is parked, and has as many signals that it has not handled as it may have;
    /// see [`EngineBuilder::max_inbox`](crate::EngineBuilder::max_inbox).
    #[error(
        "run `{id}` is parked and has {limit} signals that it has not handled, so it takes no more: see why it is parked, and redrive it; or raise `EngineBuilder::max_inbox`"
    )]
    InboxFull {
        /// The run's id.
        id: String,
        /// How many it may have.
        limit: usize,
    },
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A request to cancel or terminate was not accepted.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum CancelError {
    /// There is no run of this id.
    #[error("there is no run `{id}`")]
    NotFound {
        /// The id.
        id: String,
    },
    /// The run has ended already.
    #[error("run `{id}` has ended already")]
    Closed {
        /// The run's id.
        id: String,
    },
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A query was not answered.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The workflow has no such query, or its arguments are others.
    #[error(transparent)]
    Handler(#[from] HandlerError),
    /// The handler panicked.
    #[error("query `{name}` of run `{id}` panicked: {message}")]
    Panicked {
        /// The run's id.
        id: String,
        /// The query.
        name: String,
        /// The panic's message.
        message: String,
    },
    /// The stored state cannot be read by this binary.
    #[error("the state of run `{id}` cannot be read: {reason}")]
    Unreadable {
        /// The run's id.
        id: String,
        /// Why.
        reason: ParkReason,
    },
    /// The arguments could not be encoded, or the answer not decoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// An activity was not completed, failed or kept alive by a token.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum CompletionError {
    /// The text is no token.
    #[error("this is no token of an activity: it has to be what `ActivityContext::token` gave")]
    NoToken,
    /// The call has ended: it was completed, it has timed out, or nobody waits for it any more.
    #[error("the call of the activity has ended already")]
    Ended,
    /// The token is one of an attempt that was given up: another one has taken its place, or will.
    #[error("the attempt that this token was of was given up; another attempt has a token of its own")]
    Stale,
    /// The token is one of another activity.
    #[error("the token is one of activity `{found}`, not of `{asked}`")]
    OtherActivity {
        /// The activity that it is of.
        found: String,
        /// The activity asked for.
        asked: &'static str,
    },
    /// What was told cannot be stored.
    #[error("what was told cannot be stored: {0}")]
    Codec(#[from] CodecError),
    /// What was told is larger than the engine takes.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A run was not driven on.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum RedriveError {
    /// There is no run of this id.
    #[error("there is no run `{id}`")]
    NotFound {
        /// The id.
        id: String,
    },
    /// It was tried, and the run is parked still (or again).
    #[error("run `{id}` is still parked: {reason}")]
    StillParked {
        /// The id.
        id: String,
        /// Why.
        reason: ParkReason,
    },
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A run has no output to give.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum RunError<E> {
    /// It failed with the workflow's own error.
    #[error("the run failed: {0}")]
    Failed(E),
    /// It was cancelled, and ended by that; with its own error, if the cancellation became one.
    #[error("the run was cancelled")]
    Cancelled(Option<E>),
    /// It was ended from outside; see [`RunHandle::terminate`](crate::RunHandle::terminate).
    #[error("the run was terminated: {reason}")]
    Terminated {
        /// Why, as whoever did it said.
        reason: String,
    },
    /// Its stored result does not decode as the workflow's type.
    #[error("the run's stored result cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// It is parked. Under virtual time only, where a test would wait in vain; else the wait goes on, since the run may be
    /// driven on.
    #[error("run `{id}` is parked: {reason}")]
    Parked {
        /// The run's id.
        id: String,
        /// Why.
        reason: ParkReason,
    },
    /// The engine cannot answer. The run itself may go on, here or after the next open.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A run was not started, or has no output to give.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum ExecuteError<E> {
    /// It was not started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It was started and has no output.
    #[error("{0}")]
    Run(RunError<E>),
}

macro_rules! damaged {
    ($($error:ident)*) => {$(
        impl From<Damage> for $error {
            fn from(damage: Damage) -> Self {
                $error::Engine(EngineError::Damaged(damage))
            }
        }
    )*};
}

damaged!(StartError HandleError SignalError CancelError QueryError RedriveError);
