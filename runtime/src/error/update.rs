//! Why an update has no output to give.

use thiserror::Error;

use super::{EngineError, StartError, TooLarge};
use crate::codec::CodecError;
use crate::store::{Damage, ParkReason};
use crate::workflow::HandlerError;

/// An update has no output to give. `E` is the error that the update's handler returns.
///
/// After all but `Failed` and `Unfinished`, and those of `Codec` and `Engine` that came after it was accepted, it has left
/// no trace.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum UpdateError<E> {
    /// Its validator refused it.
    #[error("the update was rejected: {0}")]
    Rejected(E),
    /// It was accepted, and its handler returned this error.
    #[error("the update failed: {0}")]
    Failed(E),
    /// The run has ended and takes no more updates.
    #[error("run `{id}` has ended and takes no more updates")]
    Closed {
        /// The run's id.
        id: String,
    },
    /// It was accepted, and the run ended before its handler did.
    #[error(
        "run `{id}` ended before its update `{update}` was done: let the run wait for `ctx.all_handlers_finished()`"
    )]
    Unfinished {
        /// The run's id.
        id: String,
        /// The update's own id.
        update: String,
    },
    /// The run is parked. The update was not accepted; or, under virtual time only, it was, and would be waited for in vain.
    #[error("run `{id}` is parked: {reason}")]
    Parked {
        /// The run's id.
        id: String,
        /// Why.
        reason: ParkReason,
    },
    /// The transition in which it was to be handled could not be made, so it was not accepted. The run goes on without it.
    #[error("update `{name}` of run `{id}` could not be handled and was not accepted: {reason}")]
    NotHandled {
        /// The run's id.
        id: String,
        /// The update's name.
        name: String,
        /// Why.
        reason: ParkReason,
    },
    /// Its validator panicked, so it was not accepted.
    #[error("the validator of update `{name}` of run `{id}` panicked: {message}")]
    Panicked {
        /// The run's id.
        id: String,
        /// The update's name.
        name: String,
        /// The panic's message.
        message: String,
    },
    /// The run has an update of this id, with another name or with other arguments.
    #[error(
        "the update id `{update}` is in use by an update `{name}` of run `{id}` with {difference}: choose another id"
    )]
    IdInUse {
        /// The run's id.
        id: String,
        /// The update's own id.
        update: String,
        /// The name of the update that has it.
        name: String,
        /// In what it differs: `another name` or `other arguments`.
        difference: &'static str,
    },
    /// The update's id is empty or longer than [`StartError::MAX_ID_BYTES`].
    #[error("an update's id must have 1 to {max} bytes, this one has {len}", max = StartError::MAX_ID_BYTES)]
    BadId {
        /// How long it is, in bytes.
        len: usize,
    },
    /// The workflow has no such update, or its arguments are others.
    #[error(transparent)]
    Handler(#[from] HandlerError),
    /// The arguments could not be encoded, or the answer not decoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The arguments are larger than the engine takes.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The engine cannot answer. An update that was accepted goes on; ask again with the same id.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl<E> UpdateError<E> {
    /// With the handler's error read from its encoded answer.
    pub(crate) fn map<F>(self, read: impl FnOnce(E) -> Result<F, CodecError>) -> UpdateError<F> {
        match self {
            UpdateError::Rejected(error) => {
                read(error).map_or_else(UpdateError::Codec, UpdateError::Rejected)
            }
            UpdateError::Failed(error) => read(error).map_or_else(UpdateError::Codec, UpdateError::Failed),
            UpdateError::Closed { id } => UpdateError::Closed { id },
            UpdateError::Unfinished { id, update } => UpdateError::Unfinished { id, update },
            UpdateError::Parked { id, reason } => UpdateError::Parked { id, reason },
            UpdateError::NotHandled { id, name, reason } => UpdateError::NotHandled { id, name, reason },
            UpdateError::Panicked { id, name, message } => UpdateError::Panicked { id, name, message },
            UpdateError::IdInUse { id, update, name, difference } => {
                UpdateError::IdInUse { id, update, name, difference }
            }
            UpdateError::BadId { len } => UpdateError::BadId { len },
            UpdateError::Handler(error) => UpdateError::Handler(error),
            UpdateError::Codec(error) => UpdateError::Codec(error),
            UpdateError::TooLarge(error) => UpdateError::TooLarge(error),
            UpdateError::Engine(error) => UpdateError::Engine(error),
        }
    }
}

impl<E> From<Damage> for UpdateError<E> {
    fn from(damage: Damage) -> Self {
        UpdateError::Engine(EngineError::Damaged(damage))
    }
}
