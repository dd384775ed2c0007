//! How calls end, and what errors say about being tried again.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::codec::{self, CodecError, Payload, StoredError};
use crate::failure::Failure;
use crate::machine::Context;

/// How a call of an activity can end other than well.
///
/// `E` is the activity's own error. `?` turns this into [`Failure`](crate::Failure), or into your error where that
/// implements `From<ActivityError<E>>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum ActivityError<E> {
    /// It returned this error, and is not tried again.
    #[error("the activity failed: {0}")]
    Failed(#[source] E),
    /// It took longer than one of its timeouts, and is not tried again.
    #[error("the activity {0}")]
    TimedOut(TimedOut),
    /// The last attempt panicked with this message.
    #[error("the activity panicked: {0}")]
    Panicked(String),
    /// It was cancelled.
    #[error("the activity was cancelled")]
    Cancelled,
}

/// Which timeout of a call has passed; see [`ActivityOptions`](super::ActivityOptions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Timeout {
    /// The time of one attempt.
    #[default]
    StartToClose,
    /// The time of all attempts.
    ScheduleToClose,
    /// The time for which an attempt may wait for its start.
    ScheduleToStart,
    /// The time between two heartbeats of an attempt.
    Heartbeat,
}

/// A call that took too long.
///
/// ```
/// use longhaul::activity::{TimedOut, Timeout};
/// use longhaul::seconds;
/// let timed_out = TimedOut::new(Timeout::Heartbeat, seconds(30));
/// assert_eq!(timed_out.to_string(), "gave no heartbeat within 30s");
/// assert_eq!(timed_out.details::<u32>().unwrap(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredTimedOut", into = "StoredTimedOut")]
pub struct TimedOut {
    /// Which of its timeouts it was.
    pub timeout: Timeout,
    /// How long that is.
    pub after: Duration,
    details: Option<Payload>,
}

impl TimedOut {
    /// The timeout `timeout`, which is `after` long, without heartbeat details.
    pub fn new(timeout: Timeout, after: Duration) -> Self {
        TimedOut { timeout, after, details: None }
    }

    /// With the last heartbeat's details, encoded.
    pub(crate) fn with_details(self, details: Option<Payload>) -> Self {
        TimedOut { details, ..self }
    }

    /// What the last heartbeat of any attempt told; `None` where there was none.
    ///
    /// # Errors
    ///
    /// When it told something of another type.
    pub fn details<D: Deserialize<'static>>(&self) -> Result<Option<D>, CodecError> {
        self.details.as_ref().map(codec::decode).transpose()
    }

    /// What the last heartbeat told, encoded.
    pub(crate) fn encoded_details(&self) -> Option<&Payload> {
        self.details.as_ref()
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TimedOut { timeout, after, .. } = self;
        match timeout {
            Timeout::StartToClose => write!(f, "did not end within {after:?}"),
            Timeout::ScheduleToClose => write!(f, "did not end within {after:?}, all attempts together"),
            Timeout::ScheduleToStart => write!(f, "could not start within {after:?}"),
            Timeout::Heartbeat => write!(f, "gave no heartbeat within {after:?}"),
        }
    }
}

/// As it is stored: the duration as before there were others than start-to-close.
#[derive(Serialize, Deserialize)]
struct StoredTimedOut {
    secs: u64,
    nanos: u32,
    #[serde(default, skip_serializing_if = "is_start_to_close")]
    timeout: Timeout,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<Payload>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_start_to_close(timeout: &Timeout) -> bool {
    *timeout == Timeout::StartToClose
}

impl From<StoredTimedOut> for TimedOut {
    fn from(stored: StoredTimedOut) -> Self {
        let StoredTimedOut { secs, nanos, timeout, details } = stored;
        // What is no duration becomes the longest.
        let after = Duration::from_secs(secs).saturating_add(Duration::from_nanos(u64::from(nanos)));
        TimedOut { timeout, after, details }
    }
}

impl From<TimedOut> for StoredTimedOut {
    fn from(timed_out: TimedOut) -> Self {
        let TimedOut { timeout, after, details } = timed_out;
        StoredTimedOut { secs: after.as_secs(), nanos: after.subsec_nanos(), timeout, details }
    }
}

/// How a call ended, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityOutcome {
    /// With this value.
    Completed(Payload),
    /// With this error.
    Failed(Payload),
    /// Without an answer in time.
    TimedOut(TimedOut),
    /// With this panic message.
    Panicked(String),
    /// By cancellation.
    Cancelled,
}

/// What an error says about trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Retry {
    /// As the [`RetryPolicy`](super::RetryPolicy) says.
    #[default]
    ByPolicy,
    /// Not at all: another attempt would fail as well.
    Never,
    /// After this time, whatever the policy's intervals are; its number of attempts holds.
    After(Duration),
}

/// An error that says itself whether another attempt makes sense. Activities that return it obey.
///
/// [`Failure`](crate::Failure) is one: see [`Failure::fatal`](crate::Failure::fatal). Whether an error is fatal to one
/// activity only, that activity can say: `#[activity(fatal(PaymentError::Declined { .. } | PaymentError::NoCard))]`.
///
/// ```
/// use longhaul::prelude::*;
/// use longhaul::activity::{Retry, Retryable};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// enum MailError {
///     Busy { seconds: u64 },
///     NoSuchUser,
///     Lost,
/// }
///
/// impl Retryable for MailError {
///     fn retry(&self) -> Retry {
///         match self {
///             MailError::Busy { seconds: busy } => Retry::After(seconds(*busy)),
///             MailError::NoSuchUser => Retry::Never,
///             MailError::Lost => Retry::ByPolicy,
///         }
///     }
/// }
///
/// #[activity]
/// async fn mail(to: String) -> Result<(), MailError> {
///     if to.is_empty() { Err(MailError::NoSuchUser) } else { Ok(()) }
/// }
/// assert_eq!(<mail as Activity>::retry(&MailError::NoSuchUser), Retry::Never);
/// ```
pub trait Retryable {
    /// What it says.
    fn retry(&self) -> Retry;
}

/// Reads an error of a type that may be a [`Failure`] or not. Generated code does so: what reads a [`Failure`] is compiled with
/// this crate, and not in each that has an activity.
#[doc(hidden)]
#[derive(Debug)]
pub struct ReadError<E>(pub PhantomData<fn() -> E>);

/// The way of all other types.
#[doc(hidden)]
pub trait ReadByType<E> {
    fn read(self, ctx: &Context, error: Payload) -> Option<E>;
}

impl ReadError<Failure> {
    #[inline(never)]
    pub fn read(self, ctx: &Context, error: Payload) -> Option<Failure> {
        Failure::read(ctx, error)
    }
}

impl<E: StoredError> ReadByType<E> for ReadError<E> {
    fn read(self, ctx: &Context, error: Payload) -> Option<E> {
        ctx.decode_error(&error)
    }
}

/// The way of those that cannot be stored, which is an error where they are named: so that it is no other one where they are read.
#[doc(hidden)]
pub trait ReadNothing<E> {
    fn read(&self, ctx: &Context, error: Payload) -> Option<E>;
}

impl<E> ReadNothing<E> for ReadError<E> {
    fn read(&self, _: &Context, _: Payload) -> Option<E> {
        None
    }
}

/// Asks an error of a type that may be [`Retryable`] or not. Generated code does so.
#[doc(hidden)]
pub struct AskRetry<'a, E>(pub &'a E);

/// The answer of those that are not.
#[doc(hidden)]
pub trait RetryByPolicy {
    fn ask(&self) -> Retry;
}

impl<E: Retryable> AskRetry<'_, E> {
    /// The answer of those that are.
    #[must_use]
    pub fn ask(&self) -> Retry {
        self.0.retry()
    }
}

impl<E> RetryByPolicy for AskRetry<'_, E> {
    fn ask(&self) -> Retry {
        Retry::ByPolicy
    }
}
