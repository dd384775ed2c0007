//! Activities: the steps that touch the outside world.
//!
//! A workflow *calls* an activity ([`ActivityCall`]); the engine runs it at least once, retries it by its
//! [`RetryPolicy`], and stores its outcome before the workflow sees it. After that it is never run again.

mod call;
mod context;
mod options;
mod outcome;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codec::{self, CodecError, Payload, StoredError};
use crate::machine::Context;
#[cfg(feature = "testing")]
use crate::sample::Sampler;

pub use call::{ActivityCall, ConfiguredCall};
pub use context::ActivityContext;
pub(crate) use context::{Link, Reports};
pub use options::{ActivityOptions, CallOptions, Cancellation, RetryPolicy};
pub use outcome::{ActivityError, ActivityOutcome, Retry, Retryable, TimedOut, Timeout};
#[doc(hidden)]
pub use outcome::{AskRetry, ReadByType, ReadError, ReadNothing, RetryByPolicy};

/// What `#[activity]` implements for the braced struct it puts beside a function of the same name.
///
/// One does not write this by hand; it is public so that engines and tests can be generic over it.
pub trait Activity: Send + Sync + 'static {
    /// The name under which calls are stored: the function's, or `Type::method` of an `#[activities]` impl.
    const NAME: &'static str;
    /// The arguments, as a tuple.
    type Input: Serialize + Deserialize<'static> + Send + 'static;
    /// What a successful call gives.
    type Output: Serialize + Deserialize<'static> + Send + 'static;
    /// What a failed call gives; [`Never`](crate::Never) where the function returns no `Result`.
    type Error: StoredError + Send;
    /// What the activity needs to run: `()` for a free function, the type of an `#[activities]` impl else.
    type Deps: Send + Sync + 'static;

    /// Timeouts and retries, as written in the attribute.
    fn options() -> ActivityOptions;

    /// What an error says about being tried again.
    fn retry(_error: &Self::Error) -> Retry {
        Retry::ByPolicy
    }

    /// Reads an error back; `None` where it cannot be, which is then a fault of the step.
    #[doc(hidden)]
    fn read_error(ctx: &Context, error: Payload) -> Option<Self::Error> {
        ctx.decode_error(&error)
    }

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
        /// What the error says about being tried again.
        retry: Retry,
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
                        Err(error) => failed::<A>(&error),
                    };
                    encoded.unwrap_or_else(Attempt::Broken)
                })
            }),
        }
    }
}

/// The attempt that ended with `error`.
pub(crate) fn failed<A: Activity>(error: &A::Error) -> Result<Attempt, CodecError> {
    failed_with(error, A::retry(error))
}

/// The attempt that ended with `error`, which says this about being tried again.
pub(crate) fn failed_with<E: StoredError>(error: &E, retry: Retry) -> Result<Attempt, CodecError> {
    let payload = codec::encode_error(error)?;
    Ok(Attempt::Failed { display: describe_error(&payload), retry, error: payload })
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

/// What is known of an activity where it is called, without its types.
#[derive(Clone)]
pub struct ActivityType {
    /// Its name.
    pub name: Cow<'static, str>,
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
            name: Cow::Borrowed(A::NAME),
            options: A::options,
            #[cfg(feature = "testing")]
            sample: |sampler| sampler.outcome::<A>(),
        }
    }
}

/// What an `async fn` under `#[activity]` may return where its return type is called `Result`.
#[diagnostic::on_unimplemented(
    message = "what is called `Result` here is not the standard one: it is `{Self}`",
    label = "by its name this would say whether the call fails",
    note = "a return type called `Result` is taken for `std::result::Result`; give another type another name: `type Outcome = Result;` and `-> Outcome`"
)]
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
