//! Local steps: a piece of code outside of the machine, written where it is awaited, and run as an attempt at an activity is.
//!
//! What a step captures is its input, stored by name as the arguments of a call are. So a step that a crash cut short is begun
//! again from its row alone: its code is looked for by its name, in the bodies of the workflow
//! ([`Steps`](super::Steps)), and no run has to be read.

use std::borrow::Cow;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::context::Context;
use super::frame::Stored;
use super::held::split_map;
use super::sheet::Draft;
use super::spawned::Spawned;
use super::task::Site;
use super::wait::{Awaitable, CallRecord, OpId, Wait, WaitWriter, read_call};
use crate::Failure;
use crate::activity::{
    ActivityContext, ActivityError, ActivityOptions, ActivityType, Attempt, CallOptions, Cancellation,
    ErasedActivity, RetryPolicy, Retryable, failed_with,
};
use crate::codec::{self, CodecError, Payload};

/// A step that is not yet begun; see [`Context::run`].
///
/// How it is tried can be said in front of the `.await`, as with the call of an [activity](crate::activity::ActivityCall).
#[must_use = "a step does nothing until it is awaited"]
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct LocalStep<T> {
    name: Cow<'static, str>,
    /// Whether it stands in a function, whose steps are the same in all workflows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    of_function: bool,
    /// What it captures, by name.
    input: Payload,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    options: Option<Box<CallOptions>>,
    #[serde(skip)]
    output: PhantomData<fn() -> T>,
}

/// A step of a method as a value, with what it captures. Generated code calls this.
#[allow(clippy::needless_pass_by_value)] // It moves into the step.
pub fn local_step<A: Captures, T>(
    ctx: &Context,
    name: &'static str,
    _: Site<A, T>,
    names: &[&str],
    captures: A,
) -> LocalStep<T> {
    let (name, of_function, options) = (Cow::Borrowed(name), false, None);
    // What cannot be encoded is a fault, and the step does not stand.
    let input = ctx.unless_refused(encoded(names, &captures)).unwrap_or_default();
    LocalStep { name, of_function, input, options, output: PhantomData }
}

/// The same in a function marked `#[workflow]`.
pub fn local_step_of_function<A: Captures, T>(
    ctx: &Context,
    name: &'static str,
    site: Site<A, T>,
    names: &[&str],
    captures: A,
) -> LocalStep<T> {
    LocalStep { of_function: true, ..local_step(ctx, name, site, names, captures) }
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {
        impl<T> LocalStep<T> {
            $($(#[$doc])*
            pub fn $name(mut self, $name: $ty) -> Self {
                self.options.get_or_insert_default().$name = Some($name);
                self
            })*
        }
    };
}

options! {
    /// How long one attempt may take. Default: 60 seconds; see [`ActivityOptions`].
    start_to_close: Duration;
    /// How long all attempts may take together; see [`ActivityOptions`].
    schedule_to_close: Duration;
    /// How long an attempt may wait for its start; see [`ActivityOptions`].
    schedule_to_start: Duration;
    /// When and how often to try again.
    retry: RetryPolicy;
    /// What becomes of it when its caller is cancelled.
    cancellation: Cancellation;
}

impl<T: Stored> LocalStep<T> {
    fn activity(&self, ctx: &Context) -> ActivityType {
        ActivityType {
            name: if self.of_function {
                self.name.clone()
            } else {
                full_name(ctx.workflow(), &self.name).into()
            },
            options: ActivityOptions::default,
            #[cfg(feature = "testing")]
            sample: |sampler| sampler.step_outcome::<T>(),
        }
    }
}

/// The name under which a step of a workflow's method is stored.
pub(super) fn full_name(workflow: &str, step: &str) -> String {
    if workflow.is_empty() { step.to_owned() } else { format!("{workflow}::{step}") }
}

impl<T: Stored> Awaitable for LocalStep<T> {
    type Output = Result<T, ActivityError<Failure>>;
    type Wait = StepWait<T>;

    fn begin(self, ctx: &Context) -> StepWait<T> {
        let activity = self.activity(ctx);
        StepWait {
            call: ctx.begin_call(Cow::Owned(activity), Ok(self.input), self.options),
            output: PhantomData,
        }
    }
}

/// A begun step.
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct StepWait<T> {
    call: CallRecord,
    #[serde(skip)]
    output: PhantomData<fn() -> T>,
}

impl<T: Stored> Wait for StepWait<T> {
    type Output = Result<T, ActivityError<Failure>>;
    const BY_OPERATION: bool = true;

    #[inline(never)]
    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        ctx.poll_call(&mut self.call, Failure::read)
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        armed(self.call.op);
    }

    fn write(&self, out: &mut WaitWriter<'_>) -> Result<(), CodecError> {
        out.call(self.call)
    }

    fn read(bytes: &[u8]) -> Result<Self, CodecError> {
        Ok(StepWait { call: read_call(bytes)?, output: PhantomData })
    }
}

/// What a step captures: each value, and those after it.
///
/// It is stored by the names of the variables, so that a program with other variables around the step does not take one for
/// another.
pub trait Captures: Sized + 'static {
    /// Writes each behind its name.
    #[doc(hidden)]
    fn write(&self, names: &[&str], out: &mut WaitWriter<'_>) -> Result<(), CodecError>;
    /// Reads them back.
    #[doc(hidden)]
    fn read(names: &[&str], fields: &[(&str, &[u8])]) -> Result<Self, CodecError>;
}

/// What a step can capture: all that serde can write and read back without borrowing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is captured by a step but cannot be stored",
    label = "what this captures is stored, so that the step can be tried again after a crash",
    note = "derive `Serialize` and `Deserialize` for an own type; clone what is borrowed (`.to_owned()`, `.clone()`); what the step needs of the process, such as a client, belongs to an `#[activities]` impl"
)]
pub trait Capture: Stored {}

#[diagnostic::do_not_recommend]
impl<T: Stored> Capture for T {}

impl Captures for () {
    fn write(&self, _: &[&str], _: &mut WaitWriter<'_>) -> Result<(), CodecError> {
        Ok(())
    }

    fn read(_: &[&str], _: &[(&str, &[u8])]) -> Result<Self, CodecError> {
        Ok(())
    }
}

impl<V: Capture, Rest: Captures> Captures for (V, Rest) {
    fn write(&self, names: &[&str], out: &mut WaitWriter<'_>) -> Result<(), CodecError> {
        let Some((name, names)) = names.split_first() else { return Ok(()) };
        out.name(name);
        out.value(&self.0)?;
        self.1.write(names, out)
    }

    fn read(names: &[&str], fields: &[(&str, &[u8])]) -> Result<Self, CodecError> {
        let (name, names) = names.split_first().unwrap_or((&"", &[]));
        let Some((_, bytes)) = fields.iter().find(|(found, _)| found == name) else {
            return Err(not_captured(name, std::any::type_name::<V>()));
        };
        Ok((codec::decode_slice(bytes)?, Rest::read(names, fields)?))
    }
}

#[cold]
fn not_captured(name: &str, type_name: &'static str) -> CodecError {
    CodecError::Decode {
        type_name,
        reason: format!("the step was begun without `{name}`, which it captures now"),
    }
}

fn encoded<A: Captures>(names: &[&str], captures: &A) -> Result<Payload, CodecError> {
    let mut draft = Draft::default();
    draft.out.begin_frame();
    captures.write(names, &mut WaitWriter(&mut draft))?;
    draft.out.end_frame();
    Ok(Payload(draft.finish().bytes().into_owned()))
}

fn decoded<A: Captures>(names: &[&str], input: &Payload) -> Result<A, CodecError> {
    let fields = split_map(input.as_bytes())
        .map_err(|reason| CodecError::Decode { type_name: "what a step captures", reason })?;
    A::read(names, &fields)
}

/// Hands over the code of a step, of which `task` asks by its name. Generated code calls this, where the step is written.
pub fn hand_step<A, T, F, R>(task: &mut Spawned, _: Site<A, T>, names: &'static [&'static str], step: F)
where
    A: Captures,
    T: Stored,
    F: Fn(A) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, Failure>> + Send,
{
    let begin = move |_, captured: &Captured| Ok(step(decoded::<A>(names, &captured.0)?));
    task.handed = Some(erased(begin));
}

/// A step that is played by `run`.
pub(crate) fn played<T, F, R>(run: F) -> ErasedActivity
where
    T: Stored,
    F: Fn(ActivityContext, Captured) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, Failure>> + Send,
{
    erased(move |ctx, captured| Ok(run(ctx, captured.clone())))
}

fn erased<T, F, R>(begin: F) -> ErasedActivity
where
    T: Stored,
    F: Fn(ActivityContext, &Captured) -> Result<R, CodecError> + Send + Sync + 'static,
    R: Future<Output = Result<T, Failure>> + Send,
{
    let begin = Arc::new(begin);
    Arc::new(move |ctx, input| {
        let begin = Arc::clone(&begin);
        Box::pin(async move {
            let running = match begin(ctx, &Captured(input)) {
                Ok(running) => running,
                Err(error) => return Attempt::Broken(error),
            };
            let encoded = match running.await {
                Ok(output) => codec::encode(&output).map(Attempt::Completed),
                Err(failure) => failed_with(&failure, failure.retry()),
            };
            encoded.unwrap_or_else(Attempt::Broken)
        })
    })
}

/// What a step captures, for who plays it in a test.
#[derive(Debug, Clone)]
pub struct Captured(Payload);

impl Captured {
    /// The variable called `name`.
    ///
    /// # Errors
    ///
    /// When the step captures no such variable, or one of another type.
    pub fn get<V: Stored>(&self, name: &str) -> Result<V, CodecError> {
        decoded::<(V, ())>(&[name], &self.0).map(|(value, ())| value)
    }
}

/// The code of a step, as [`Context::run`] takes it.
#[diagnostic::on_unimplemented(
    message = "this step is not seen by `#[workflow]`",
    label = "`{Self}` is lost when the process ends",
    note = "write `ctx.run(\"name\", async move {{ .. }})` in an `async fn` under `#[workflow]`, with the name that its `&Context` has there"
)]
pub trait StepBlock {
    /// What it gives.
    type Output;
}
