//! What a machine can wait for, and what it asks the engine to do.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::task::Poll;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::context::{Context, Resolution};
use super::functions::Awaited;
use super::sheet::{Draft, Sheet};
use crate::activity::{
    Activity, ActivityCall, ActivityError, ActivityOutcome, ActivityType, CallOptions, Cancellation,
    ConfiguredCall, TimedOut,
};
use crate::codec::{self, CodecError, Payload};
use crate::time::Moment;

/// The number of an operation within its run. It rises with each operation begun and is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpId(pub u64);

/// What a step asks the engine to do once it is durable.
#[derive(Debug, Clone)]
pub enum Command {
    /// Run an activity.
    StartActivity {
        /// The operation that waits for it.
        op: OpId,
        /// Which activity.
        activity: ActivityType,
        /// Its encoded arguments.
        input: Payload,
        /// What the call says of its own about how it is tried.
        options: Option<Box<CallOptions>>,
    },
    /// Tell an activity that it is cancelled, and go on waiting for it.
    Cancel {
        /// The operation that waits for it.
        op: OpId,
    },
    /// Arm a timer.
    StartTimer {
        /// The operation that waits for it.
        op: OpId,
        /// When it fires.
        deadline: Moment,
    },
}

impl Command {
    /// The operation that this begins.
    pub fn op(&self) -> OpId {
        match self {
            Command::StartActivity { op, .. } | Command::StartTimer { op, .. } | Command::Cancel { op } => {
                *op
            }
        }
    }
}

/// What can be awaited in a workflow: a durable operation, not yet begun.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be awaited in a workflow",
    label = "this future is lost when the process ends: only durable operations can be awaited here",
    note = "do the work in an `#[activity]` and await the call; to wait, use `ctx.sleep(..)`, `ctx.sleep_until(..)` or `ctx.wait_until(..)`"
)]
pub trait Awaitable {
    /// What the await gives.
    type Output;
    /// What is stored while it is awaited.
    type Wait: Wait<Output = Self::Output>;
    /// Begins the operation.
    fn begin(self, ctx: &Context) -> Self::Wait;
}

/// A begun operation, as a slot of the frame keeps it.
pub trait Wait: Sized + 'static {
    /// What it gives when it is done.
    type Output;
    /// Whether it becomes ready by an operation that it has [armed](Self::armed) being resolved, or by cancellation, and
    /// by nothing else: so it need not be polled before.
    const BY_OPERATION: bool = false;
    /// Whether it becomes ready by the [task](Self::task) that it awaits having ended, or by cancellation, and by nothing
    /// else.
    const BY_TASK: bool = false;
    /// The output, once it is there.
    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output>;
    /// Calls `armed` with each operation that this waits for.
    fn armed(&self, armed: &mut dyn FnMut(OpId));
    /// The task that it awaits, if it awaits one.
    fn task(&self) -> Option<OpId> {
        None
    }
    /// Whether [`write`](Self::write) takes down what is [armed](Self::armed), too.
    #[doc(hidden)]
    const TAKES_DOWN: bool = false;
    /// Writes one value: what is stored. A type that serde can write does so with [`WaitWriter::value`].
    fn write(&self, out: &mut WaitWriter<'_>) -> Result<(), CodecError>;
    /// Reads it back. A type that serde can read does so with [`read_value`].
    fn read(bytes: &[u8]) -> Result<Self, CodecError>;
    /// Tells of the functions that it may be a call of: their local steps are looked for when an engine is opened, and they are
    /// described with what awaits them.
    #[doc(hidden)]
    fn functions(called: &mut Vec<Awaited>) {
        let _ = called;
    }
    /// What is stored of it, for schemas.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    fn stored() -> super::stored::StoredWait {
        super::stored::StoredWait::Other(std::any::type_name::<Self>())
    }
}

/// Where a [`Wait`] writes what is stored of it.
pub struct WaitWriter<'a>(pub(super) &'a mut Draft);

impl WaitWriter<'_> {
    pub(super) fn draft(&mut self) -> &mut Draft {
        self.0
    }

    /// Writes a value by its `Serialize`.
    pub fn value<T: Serialize>(&mut self, value: &T) -> Result<(), CodecError> {
        self.0.out.value(value)
    }

    /// Writes a field's name.
    pub(super) fn name(&mut self, name: &str) {
        self.0.out.text(name);
    }

    /// Writes what is stored of an [`ActivityWait`].
    #[inline(never)]
    pub(super) fn call(&mut self, call: CallRecord) -> Result<(), CodecError> {
        self.value(&call)
    }

    /// Writes what was taken down of a machine.
    pub(super) fn sheet(&mut self, sheet: &Sheet) -> Result<(), CodecError> {
        self.0.include(0, sheet).map_err(|error| error.encoding("a machine"))
    }
}

/// Reads what [`WaitWriter::value`] wrote.
pub fn read_value<T: Deserialize<'static>>(bytes: &[u8]) -> Result<T, CodecError> {
    codec::decode_slice(bytes)
}

/// What is stored of an [`ActivityWait`], whatever the activity.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct CallRecord {
    pub(super) op: OpId,
    /// Whether it is waited for when it is cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    waits: bool,
    /// Whether it was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    told: bool,
}

#[inline(never)]
pub(super) fn read_call(bytes: &[u8]) -> Result<CallRecord, CodecError> {
    codec::decode_slice(bytes)
}

/// How a call of an activity stands, its types not known.
enum CallEnd {
    Pending,
    Completed(Payload),
    Failed(Payload),
    TimedOut(TimedOut),
    Panicked(String),
    Cancelled,
}

impl Context {
    #[inline(never)]
    pub(super) fn begin_call(
        &self,
        activity: Cow<'static, ActivityType>,
        input: Result<Payload, CodecError>,
        options: Option<Box<CallOptions>>,
    ) -> CallRecord {
        let op = self.next_op();
        let own = options.as_ref().and_then(|call| call.cancellation);
        let cancellation = own.unwrap_or_else(|| (activity.options)().cancellation);
        if let Some(input) = self.unless_refused(input) {
            let activity = activity.into_owned();
            self.command(Command::StartActivity { op, activity, input, options });
        }
        CallRecord { op, waits: cancellation == Cancellation::WaitCompleted, told: false }
    }

    #[inline(never)]
    fn end_call(&self, call: &mut CallRecord) -> CallEnd {
        let op = call.op;
        let end = match self.take_resolution(op) {
            Some(Resolution::Activity(outcome)) => match outcome {
                ActivityOutcome::Completed(payload) => CallEnd::Completed(payload),
                ActivityOutcome::Failed(payload) => CallEnd::Failed(payload),
                ActivityOutcome::TimedOut(after) => CallEnd::TimedOut(after),
                ActivityOutcome::Panicked(message) => CallEnd::Panicked(message),
                ActivityOutcome::Cancelled => CallEnd::Cancelled,
            },
            // What began in this step has not left yet, and does not.
            _ if self.tells_cancel() && call.waits && !self.is_of_this_step(op) => {
                if !call.told {
                    call.told = true;
                    self.command(Command::Cancel { op });
                }
                self.holds_on();
                return CallEnd::Pending;
            }
            _ if self.tells_cancel() => {
                self.note_cancelled(op);
                return CallEnd::Cancelled;
            }
            _ => return CallEnd::Pending,
        };
        self.progress();
        end
    }

    /// How a call ended whose output and error are of these types, once it has.
    pub(super) fn poll_call<T: Deserialize<'static>, E>(
        &self,
        call: &mut CallRecord,
        read_error: fn(&Context, Payload) -> Option<E>,
    ) -> Poll<Result<T, ActivityError<E>>> {
        let error = match self.end_call(call) {
            CallEnd::Pending => return Poll::Pending,
            CallEnd::Completed(payload) => match self.decode(payload) {
                Some(output) => return Poll::Ready(Ok(output)),
                None => return Poll::Pending,
            },
            CallEnd::Failed(payload) => match read_error(self, payload) {
                Some(error) => ActivityError::Failed(error),
                None => return Poll::Pending,
            },
            CallEnd::TimedOut(after) => ActivityError::TimedOut(after),
            CallEnd::Panicked(message) => ActivityError::Panicked(message),
            CallEnd::Cancelled => ActivityError::Cancelled,
        };
        Poll::Ready(Err(error))
    }
}

/// The two methods of a [`Wait`] that is stored by serde.
macro_rules! stored_by_serde {
    () => {
        fn write(&self, out: &mut crate::machine::WaitWriter<'_>) -> Result<(), crate::codec::CodecError> {
            out.value(self)
        }
        fn read(bytes: &[u8]) -> Result<Self, crate::codec::CodecError> {
            crate::machine::read_value(bytes)
        }
    };
}
pub(super) use stored_by_serde;

/// Begins `operation`: what `.await` becomes.
#[inline(never)] // of which a machine has one for each await
pub fn begin<A: Awaitable<Wait = W>, W>(operation: A, ctx: &Context) -> W {
    operation.begin(ctx)
}

/// A begun activity call.
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
pub struct ActivityWait<A: Activity> {
    call: CallRecord,
    #[serde(skip)]
    activity: PhantomData<fn() -> A>,
}

impl<A: Activity> Awaitable for ActivityCall<A> {
    type Output = Result<A::Output, ActivityError<A::Error>>;
    type Wait = ActivityWait<A>;

    fn begin(self, ctx: &Context) -> ActivityWait<A> {
        let activity = Cow::Borrowed(const { &ActivityType::of::<A>() });
        let call = ctx.begin_call(activity, codec::encode(&self.input), None);
        ActivityWait { call, activity: PhantomData }
    }
}

impl<A: Activity> Awaitable for ConfiguredCall<A> {
    type Output = Result<A::Output, ActivityError<A::Error>>;
    type Wait = ActivityWait<A>;

    fn begin(self, ctx: &Context) -> ActivityWait<A> {
        let activity = Cow::Borrowed(const { &ActivityType::of::<A>() });
        let call = ctx.begin_call(activity, codec::encode(&self.input), Some(self.options));
        ActivityWait { call, activity: PhantomData }
    }
}

impl<A: Activity> Wait for ActivityWait<A> {
    type Output = Result<A::Output, ActivityError<A::Error>>;
    const BY_OPERATION: bool = true;

    #[inline(never)]
    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        ctx.poll_call(&mut self.call, A::read_error)
    }

    #[cfg(feature = "testing")]
    fn stored() -> super::stored::StoredWait {
        use crate::testing::Tracer;
        super::stored::StoredWait::Activity(super::stored::StoredActivity {
            name: A::NAME,
            input: Tracer::trace::<A::Input>,
            output: Tracer::trace::<A::Output>,
            error: Tracer::trace::<codec::AnyError<A::Error>>,
        })
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        armed(self.call.op);
    }

    fn write(&self, out: &mut WaitWriter<'_>) -> Result<(), CodecError> {
        out.call(self.call)
    }

    fn read(bytes: &[u8]) -> Result<Self, CodecError> {
        // With `match`, as a `?` is more for rustc to look at; one is compiled for each activity.
        match read_call(bytes) {
            Ok(call) => Ok(ActivityWait { call, activity: PhantomData }),
            Err(error) => Err(error),
        }
    }
}

/// A sleep of some length, not yet begun; see [`Context::sleep`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep(pub(crate) Duration);

/// A sleep until some moment, not yet begun; see [`Context::sleep_until`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[must_use = "a sleep does nothing until it is awaited"]
pub struct SleepUntil(pub(crate) Moment);

/// A sleep of that length: the limit of a `timeout`.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep(duration)
}

/// An armed timer.
#[derive(Debug, Serialize, Deserialize)]
pub struct TimerWait {
    op: OpId,
    deadline: Moment,
}

impl TimerWait {
    fn arm(deadline: Moment, ctx: &Context) -> Self {
        let op = ctx.next_op();
        ctx.command(Command::StartTimer { op, deadline });
        TimerWait { op, deadline }
    }
}

impl Awaitable for Sleep {
    type Output = ();
    type Wait = TimerWait;
    fn begin(self, ctx: &Context) -> TimerWait {
        TimerWait::arm(ctx.moment().after(self.0), ctx)
    }
}

impl Awaitable for SleepUntil {
    type Output = ();
    type Wait = TimerWait;
    fn begin(self, ctx: &Context) -> TimerWait {
        TimerWait::arm(self.0, ctx)
    }
}

impl Wait for TimerWait {
    type Output = ();
    const BY_OPERATION: bool = true;

    fn poll(&mut self, ctx: &Context) -> Poll<()> {
        match ctx.take_resolution(self.op) {
            Some(_) => ctx.resolved_with(()),
            None => Poll::Pending,
        }
    }

    #[cfg(feature = "testing")]
    fn stored() -> super::stored::StoredWait {
        super::stored::StoredWait::Timer
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        armed(self.op);
    }

    stored_by_serde!();
}
