//! Handles to tasks, and `async` blocks as values.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::task::Poll;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cancel::Cancelled;
use super::context::Context;
use super::frame::Stored;
use super::tasks::Found;
use super::wait::{Awaitable, OpId, Wait, stored_by_serde};
#[cfg(not(rust_analyzer))]
use super::{spawned::Spawned, tasks::Keeper};
use crate::codec::{self, Payload};

thread_local! {
    /// The entries that are named by what is being encoded.
    /// `None` while nobody asks.
    static NAMED: RefCell<Option<Vec<OpId>>> = const { RefCell::new(None) };
    /// What handles asked for since the engine last looked. A run is stepped by one thread, and looked after at once.
    static REQUESTS: RefCell<Vec<Request>> = const { RefCell::new(Vec::new()) };
}

/// What a handle asks for.
pub(super) enum Request {
    Cancel(OpId),
    Detach(OpId),
    /// With a value, and what that names.
    Resolve(OpId, Payload, Vec<OpId>),
}

pub(super) fn request(request: Request) {
    REQUESTS.with_borrow_mut(|all| all.push(request));
}

pub(super) fn take_requests() -> Vec<Request> {
    REQUESTS.take()
}

/// Runs `encode`, and gives the entries that are named by what it encodes.
#[inline(never)]
pub(super) fn naming(encode: &mut dyn FnMut()) -> Vec<OpId> {
    /// Puts back what is asked for around it, also when encoding panics.
    struct Around(Option<Vec<OpId>>);
    impl Drop for Around {
        fn drop(&mut self) {
            NAMED.replace(self.0.take());
        }
    }
    let _around = Around(NAMED.replace(Some(Vec::new())));
    encode();
    NAMED.take().unwrap_or_default()
}

/// What is being encoded names these, too.
#[inline(never)]
pub(super) fn note(ops: &[OpId]) {
    NAMED.with_borrow_mut(|named| {
        if let Some(named) = named {
            named.extend_from_slice(ops);
        }
    });
}

/// How many were named so far.
#[inline(never)]
pub(super) fn noted() -> usize {
    NAMED.with_borrow(|named| named.as_ref().map_or(0, Vec::len))
}

/// Takes back those that were named since.
#[inline(never)]
pub(super) fn noted_since(before: usize) -> Vec<OpId> {
    NAMED.with_borrow_mut(|named| named.as_mut().map(|named| named.split_off(before)).unwrap_or_default())
}

pub(super) fn name<S: Serializer>(op: OpId, serializer: S) -> Result<S::Ok, S::Error> {
    note(&[op]);
    op.serialize(serializer)
}

/// A task that runs beside the workflow's own code; see [`Context::spawn`].
///
/// Awaiting it gives `Ok` with its output, or `Err(Cancelled)`. A `&mut task` can be awaited as well: then the task is
/// still there if something else is first, as in `select! { done = &mut task => .., .. }`. A task that is dropped ends
/// where it stands, as any future that is dropped; a [`shield`](super::shield) in it is finished first. It can be kept wherever a value can: in a variable, in a `Vec`, in the workflow's value.
#[must_use = "a task that is dropped is cancelled: await it, keep it, or `.detach()` it"]
pub struct Task<T> {
    op: OpId,
    output: PhantomData<fn() -> T>,
}

impl<T> Task<T> {
    pub(super) fn new(op: OpId) -> Self {
        Task { op, output: PhantomData }
    }

    /// Cancels the task: what it waits for is cancelled, and it ends at the first await that cannot tell it so, but for
    /// what is [shielded](super::shield). Awaiting it then gives what it ends with, or `Err(Cancelled)`.
    pub fn cancel(&self) {
        request(Request::Cancel(self.op));
    }

    /// Lets the task go on by itself, until it ends or the run does; one that a function marked `#[workflow]` has begun ends
    /// with the function at the latest.
    #[allow(clippy::needless_pass_by_value)] // The handle is given up.
    pub fn detach(self) {
        request(Request::Detach(self.op));
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", self.op.0)
    }
}

impl<T> Serialize for Task<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        name(self.op, serializer)
    }
}

impl<'de, T> Deserialize<'de> for Task<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Task::new(OpId::deserialize(deserializer)?))
    }
}

/// A task that is awaited.
pub struct TaskWait<T>(Task<T>);

impl<T: Stored> Awaitable for Task<T> {
    type Output = Result<T, Cancelled>;
    type Wait = TaskWait<T>;
    fn begin(self, _: &Context) -> TaskWait<T> {
        TaskWait(self)
    }
}

impl<T: Stored> Awaitable for &mut Task<T> {
    type Output = Result<T, Cancelled>;
    type Wait = TaskWait<T>;
    fn begin(self, _: &Context) -> TaskWait<T> {
        TaskWait(Task::new(self.op))
    }
}

/// What can be awaited by reference, and stays where it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be awaited in a workflow",
    label = "a `&mut Task<_>` or `&Trigger<_>` can be awaited by reference, nothing else",
    note = "await the value itself"
)]
pub trait ByReference {
    /// The same, without the borrow.
    type Awaitable: Awaitable;
    /// What to await in place of it.
    fn by_reference(self) -> Self::Awaitable;
}

/// What awaiting `reference` becomes.
pub fn by_reference<R: ByReference>(reference: R) -> R::Awaitable {
    reference.by_reference()
}

/// A task that is awaited by reference.
pub struct TaskReference<T>(Task<T>);

impl<T: Stored> ByReference for &mut Task<T> {
    type Awaitable = TaskReference<T>;
    fn by_reference(self) -> TaskReference<T> {
        TaskReference(Task::new(self.op))
    }
}

impl<T: Stored> Awaitable for TaskReference<T> {
    type Output = Result<T, Cancelled>;
    type Wait = TaskWait<T>;
    fn begin(self, _: &Context) -> TaskWait<T> {
        TaskWait(self.0)
    }
}

impl<T> Serialize for TaskWait<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for TaskWait<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Task::deserialize(deserializer).map(TaskWait)
    }
}

impl<T: Stored> Wait for TaskWait<T> {
    type Output = Result<T, Cancelled>;
    const BY_TASK: bool = true;

    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        if ctx.is_dropped() && ctx.tasks_with(self.0.op, |tasks| tasks.is_cancelled(self.0.op)) {
            return ctx.pending();
        }
        match ctx.tasks_with(self.0.op, |tasks| tasks.take_output(self.0.op)) {
            Found::Pending => ctx.pending(),
            Found::Cancelled => ctx.ended(self.0.op, Err(Cancelled)),
            Found::Done(output) => decoded(ctx, self.0.op, &output).map(Ok),
            Found::Gone => panic!("a task was awaited again after it had given its output"),
        }
    }

    // The handle within has named the task when it was encoded.
    fn armed(&self, _: &mut dyn FnMut(OpId)) {}

    fn task(&self) -> Option<OpId> {
        Some(self.0.op)
    }

    stored_by_serde!();
}

fn decoded<T: Stored>(ctx: &Context, task: OpId, output: &Payload) -> Poll<T> {
    match codec::decode(output) {
        Ok(output) => ctx.ended(task, output),
        Err(error) => {
            ctx.fault(error);
            Poll::Pending
        }
    }
}

/// Ties the types of an `async` block's captures and output to the place where its machine is written.
pub struct Site<A, T>(PhantomData<fn(A) -> T>);

impl<A, T> Site<A, T> {
    /// A place whose types rustc infers.
    pub const fn new() -> Self {
        Site(PhantomData)
    }
}

impl<A, T> Default for Site<A, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A, T> Clone for Site<A, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, T> Copy for Site<A, T> {}

/// An `async move` block, or a call of an async method, as a value: not yet begun.
///
/// It is begun by awaiting it, by handing it to [`Context::spawn`], [`join_all`](super::join_all) and the like.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "A: Serialize", deserialize = "A: Deserialize<'de>"))]
#[must_use = "an `async` block does nothing until it is awaited or spawned"]
pub struct AsyncBlock<A, T> {
    body: String,
    captures: A,
    #[serde(skip)]
    output: PhantomData<fn() -> T>,
}

impl<A, T> AsyncBlock<A, T> {
    /// The block called `body`, with what it captures. Generated code calls this.
    pub fn new(body: &str, _: Site<A, T>, captures: A) -> Self {
        AsyncBlock { body: body.to_owned(), captures, output: PhantomData }
    }
}

/// What can run as a task of its own: see [`Context::spawn`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be spawned",
    label = "a task is an `async move` block, a call of an async method, or something awaitable that is written here",
    note = "write `ctx.spawn(async move {{ value.await }})`"
)]
pub trait Spawn {
    /// What it gives when it is done.
    type Output;
    /// Begins it as a task.
    fn spawn(self, ctx: &Context) -> Task<Self::Output>;
}

/// What an `async` block captures.
#[diagnostic::on_unimplemented(
    message = "an `async` block that is a value cannot take along `{Self}`, which cannot be stored",
    label = "what is captured here is stored with the block",
    note = "clone what is borrowed, before the block (`.to_owned()`, `.clone()`); derive `Serialize` and `Deserialize` for an own type"
)]
pub trait TakenAlong: Stored {}

#[diagnostic::do_not_recommend]
impl<A: Stored> TakenAlong for A {}

#[cfg(not(rust_analyzer))]
impl<A: TakenAlong, T> Spawn for AsyncBlock<A, T> {
    type Output = T;
    fn spawn(self, ctx: &Context) -> Task<T> {
        let op = ctx.spawn_machine(Spawned::start(&self.body, self.captures), Keeper::Handle);
        Task::new(op)
    }
}

/// An `async` block that is awaited.
pub struct AsyncBlockWait<T>(Task<T>);

impl<A: TakenAlong, T: Stored> Awaitable for AsyncBlock<A, T> {
    type Output = T;
    type Wait = AsyncBlockWait<T>;
    fn begin(self, ctx: &Context) -> AsyncBlockWait<T> {
        AsyncBlockWait(self.spawn(ctx))
    }
}

impl<T> Serialize for AsyncBlockWait<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for AsyncBlockWait<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Task::deserialize(deserializer).map(AsyncBlockWait)
    }
}

impl<T: Stored> Wait for AsyncBlockWait<T> {
    type Output = T;
    const BY_TASK: bool = true;

    fn poll(&mut self, ctx: &Context) -> Poll<T> {
        // What is cancelled has no output: whoever awaits it here is in the same scope, and is given up as well.
        if ctx.tasks_with(self.0.op, |tasks| tasks.is_cancelled(self.0.op)) {
            return ctx.pending();
        }
        match ctx.tasks_with(self.0.op, |tasks| tasks.take_output(self.0.op)) {
            Found::Done(output) => decoded(ctx, self.0.op, &output),
            Found::Pending | Found::Cancelled => ctx.pending(),
            Found::Gone => panic!("an `async` block was awaited again after it had given its output"),
        }
    }

    fn armed(&self, _: &mut dyn FnMut(OpId)) {}

    fn task(&self) -> Option<OpId> {
        Some(self.0.op)
    }

    stored_by_serde!();
}
