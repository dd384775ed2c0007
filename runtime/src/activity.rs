//! Activities: the steps that touch the outside world.
//!
//! A workflow *calls* an activity ([`ActivityCall`]); the engine runs it at least once, retries it by its
//! [`RetryPolicy`], and stores its outcome before the workflow sees it. After that it is never run again.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::codec::{self, CodecError, Payload};
#[cfg(feature = "testing")]
use crate::sample::Sampler;

/// What `#[activity]` implements for the braced struct it puts beside a function of the same name.
///
/// One does not write this by hand; it is public so that engines and tests can be generic over it.
pub trait Activity: Send + Sync + 'static {
    /// The name under which calls are stored: the function's, or `Type::method` of an `#[activities]` impl.
    const NAME: &'static str;
    /// The arguments, as a tuple.
    type Input: Serialize + DeserializeOwned + Send + 'static;
    /// What a successful call gives.
    type Output: Serialize + DeserializeOwned + Send + 'static;
    /// What a failed call gives; [`Never`](crate::Never) where the function returns no `Result`.
    type Error: Serialize + DeserializeOwned + Send + 'static;
    /// What the activity needs to run: `()` for a free function, the type of an `#[activities]` impl else.
    type Deps: Send + Sync + 'static;

    /// Timeouts and retries, as written in the attribute.
    fn options() -> ActivityOptions;

    /// Runs the activity once.
    fn call(
        deps: Arc<Self::Deps>,
        ctx: ActivityContext,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// A set of activities that share their dependencies: what `#[activities]` implements for the impl's type.
pub trait ActivitySet: Sized + Send + Sync + 'static {
    /// Adds each activity of the set to `registry`.
    fn register(self: Arc<Self>, registry: &mut dyn ActivityRegistry);
}

/// Where [`ActivitySet::register`] puts its activities.
pub trait ActivityRegistry {
    /// Adds one activity.
    fn add(&mut self, activity: RegisteredActivity);
}

/// One attempt at an activity, its types erased: takes the encoded arguments, gives the encoded outcome.
pub type ErasedActivity = Arc<
    dyn Fn(ActivityContext, Payload) -> std::pin::Pin<Box<dyn Future<Output = Attempt> + Send>> + Send + Sync,
>;

/// What one attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It returned a value (encoded).
    Completed(Payload),
    /// It returned an error (encoded), which reads as `display`.
    Failed {
        /// The encoded error.
        error: Payload,
        /// Text for logs and `describe`.
        display: String,
    },
    /// The arguments did not decode or the result did not encode: no retry will help until the code changes.
    Broken(CodecError),
}

/// An activity that an engine can run.
#[derive(Clone)]
pub struct RegisteredActivity {
    /// Its name.
    pub name: &'static str,
    /// Timeouts and retries.
    pub options: ActivityOptions,
    /// Runs one attempt.
    pub run: ErasedActivity,
}

impl fmt::Debug for RegisteredActivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredActivity").field("name", &self.name).finish_non_exhaustive()
    }
}

impl RegisteredActivity {
    /// The activity `A` with its dependencies.
    pub fn new<A: Activity>(deps: Arc<A::Deps>) -> Self {
        Self::from_fn::<A, _, _>(move |ctx, input| A::call(Arc::clone(&deps), ctx, input))
    }

    /// The activity `A`, played by `run`: how tests replace one.
    pub fn from_fn<A, F, R>(run: F) -> Self
    where
        A: Activity,
        F: Fn(ActivityContext, A::Input) -> R + Send + Sync + 'static,
        R: Future<Output = Result<A::Output, A::Error>> + Send,
    {
        let run = Arc::new(run);
        RegisteredActivity {
            name: A::NAME,
            options: A::options(),
            run: Arc::new(move |ctx, payload| {
                let run = Arc::clone(&run);
                Box::pin(async move {
                    let input = match codec::decode::<A::Input>(&payload) {
                        Ok(input) => input,
                        Err(error) => return Attempt::Broken(error),
                    };
                    // The payload is not needed while the activity runs, which may be long.
                    drop(payload);
                    let encoded = match run(ctx, input).await {
                        Ok(output) => codec::encode(&output).map(Attempt::Completed),
                        Err(error) => codec::encode(&error).map(|payload| Attempt::Failed {
                            display: describe_error(&payload),
                            error: payload,
                        }),
                    };
                    encoded.unwrap_or_else(Attempt::Broken)
                })
            }),
        }
    }
}

/// An error's text as tools show it: the stored value itself, since `E` need not be `Display`.
fn describe_error(payload: &Payload) -> String {
    match codec::decode::<Failure_>(payload) {
        Ok(failure) => failure.message,
        Err(_) => match codec::decode::<String>(payload) {
            Ok(text) => text,
            Err(_) => format!("{payload:?}"),
        },
    }
}

/// The one field of a [`crate::Failure`] (or of anything of that form) that `describe_error` shows.
#[derive(Deserialize)]
struct Failure_ {
    message: String,
}

/// Timeouts and retries of an activity, as `#[activity(..)]` gives them.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityOptions {
    /// How long one attempt may take before it is abandoned and retried. Default: 60 seconds.
    pub start_to_close: Duration,
    /// When and how often to try again.
    pub retry: RetryPolicy,
}

impl ActivityOptions {
    /// The default of [`ActivityOptions::start_to_close`].
    pub const DEFAULT_START_TO_CLOSE: Duration = Duration::from_mins(1);
}

impl Default for ActivityOptions {
    fn default() -> Self {
        ActivityOptions { start_to_close: Self::DEFAULT_START_TO_CLOSE, retry: RetryPolicy::default() }
    }
}

/// When a failed attempt is tried again: after `initial`, then each time `coefficient` times later, at most
/// `max_interval`, and at most `max_attempts` attempts in all.
///
/// The defaults are Temporal's: 1 s, × 2, at most 100 × the first interval, no limit of attempts.
///
/// ```
/// use longhaul::RetryPolicy;
/// use std::time::Duration;
/// let policy = RetryPolicy::default();
/// assert_eq!(policy.delay_after(1), Some(Duration::from_secs(1)));
/// assert_eq!(policy.delay_after(3), Some(Duration::from_secs(4)));
/// assert_eq!(policy.delay_after(99), Some(Duration::from_secs(100)));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// The wait before the second attempt.
    pub initial: Duration,
    /// By what each wait is multiplied for the next; at least 1.
    pub coefficient: f64,
    /// The longest wait; `None` is 100 × `initial`.
    pub max_interval: Option<Duration>,
    /// How many attempts in all; `None` is no limit.
    pub max_attempts: Option<u32>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            initial: Duration::from_secs(1),
            coefficient: 2.0,
            max_interval: None,
            max_attempts: None,
        }
    }
}

impl RetryPolicy {
    /// The wait after the failed attempt of this number (the first is 1), or `None` when it was the last.
    pub fn delay_after(&self, attempt: u32) -> Option<Duration> {
        if self.max_attempts.is_some_and(|max| attempt >= max) {
            return None;
        }
        let cap = self.max_interval.unwrap_or(self.initial.saturating_mul(100));
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let factor = self.coefficient.max(1.0).powi(exponent);
        let seconds = self.initial.as_secs_f64() * factor;
        Some(Duration::try_from_secs_f64(seconds).map_or(cap, |delay| delay.min(cap)))
    }
}

/// A call of an activity, not yet begun: awaiting, joining or spawning it begins it.
///
/// ```compile_fail
/// # use longhaul::prelude::*;
/// # #[activity] async fn add(a: u8, b: u8) -> u8 { a + b }
/// async fn not_a_workflow() {
///     add(1, 2).await;      // only a workflow can await it
/// }
/// ```
#[must_use = "an activity call does nothing until it is awaited"]
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct ActivityCall<A: Activity> {
    pub(crate) input: A::Input,
}

impl<A: Activity> ActivityCall<A> {
    /// A call with these arguments.
    pub fn new(input: A::Input) -> Self {
        ActivityCall { input }
    }
}

/// How a call of an activity can end other than well.
///
/// `E` is the activity's own error. `?` turns this into [`Failure`](crate::Failure), or into your error where that
/// implements `From<ActivityError<E>>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum ActivityError<E> {
    /// It returned this error, and the retries (if any) are used up.
    #[error("the activity failed: {0}")]
    Failed(#[source] E),
    /// The last attempt took longer than its start-to-close timeout.
    #[error("the activity did not end within {0:?}")]
    TimedOut(Duration),
    /// The last attempt panicked with this message.
    #[error("the activity panicked: {0}")]
    Panicked(String),
    /// It was cancelled.
    #[error("the activity was cancelled")]
    Cancelled,
}

/// How a call ended, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityOutcome {
    /// With this value.
    Completed(Payload),
    /// With this error.
    Failed(Payload),
    /// Without an answer in time.
    TimedOut(Duration),
    /// With this panic message.
    Panicked(String),
    /// By cancellation.
    Cancelled,
}

/// What is known of an activity where it is called, without its types.
#[derive(Clone, Copy)]
pub struct ActivityType {
    /// Its name.
    pub name: &'static str,
    /// Timeouts and retries.
    pub options: fn() -> ActivityOptions,
    /// Makes an outcome of the right type from random choices: how the test kit plays the outside world.
    #[cfg(feature = "testing")]
    pub sample: fn(&mut Sampler<'_>) -> ActivityOutcome,
}

impl fmt::Debug for ActivityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActivityType({})", self.name)
    }
}

impl ActivityType {
    /// The type of activity `A`.
    pub const fn of<A: Activity>() -> Self {
        ActivityType {
            name: A::NAME,
            options: A::options,
            #[cfg(feature = "testing")]
            sample: |sampler| sampler.outcome::<A>(),
        }
    }
}

/// What an activity may know of the call it serves.
#[derive(Debug, Clone)]
pub struct ActivityContext {
    /// The id of the run that called.
    pub run_id: String,
    /// The activity's name.
    pub activity: &'static str,
    /// The number of this call within its run; the same for each attempt.
    pub activity_id: u64,
    /// The number of this attempt, from 1.
    pub attempt: u32,
}

impl ActivityContext {
    /// A text that is the same for each attempt at this call and differs between any two calls of an engine:
    /// hand it to whatever must do its work once (a payment provider's idempotency key).
    ///
    /// ```
    /// use longhaul::ActivityContext;
    /// let ctx = ActivityContext { run_id: "order-42".into(), activity: "charge", activity_id: 3, attempt: 2 };
    /// assert_eq!(ctx.idempotency_key(), "order-42/3");
    /// ```
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}", self.run_id, self.activity_id)
    }
}

/// What an `async fn` under `#[activity]` may return where its return type is called `Result`.
pub trait ActivityReturn {
    /// The success type.
    type Output;
    /// The error type.
    type Error;
    /// The value as a plain `Result`.
    fn into_result(self) -> Result<Self::Output, Self::Error>;
}

impl<T, E> ActivityReturn for Result<T, E> {
    type Output = T;
    type Error = E;
    fn into_result(self) -> Result<T, E> {
        self
    }
}
