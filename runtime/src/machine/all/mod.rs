//! `join_all`: as many operations beside each other as a list has.

mod bounded;
mod places;
mod running;

use std::task::Poll;

use serde::{Deserialize, Serialize};

use self::bounded::BoundedWait;
use self::running::Running;
use super::context::Context;
use super::frame::Stored;
use super::functions::Awaited;
use super::wait::{Awaitable, OpId, Wait};

/// Awaits all of `operations` beside each other; gives their outputs in the order of the list.
///
/// An operation is anything awaitable that is a value: a call of an activity, a call of an async method, an `async move`
/// block, a [`Task`](super::Task), a sleep. [`concurrency`](JoinAll::concurrency) bounds how many run at once.
///
/// ```
/// use longhaul::prelude::*;
///
/// #[activity]
/// async fn pack(item: String) -> String {
///     item.to_uppercase()
/// }
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Packing {}
///
/// #[workflow]
/// impl Packing {
///     #[run]
///     async fn run(&mut self, ctx: &Context, items: Vec<String>) -> Result<Vec<String>, Failure> {
///         let slow = join_all(items.iter().map(|item| pack(item.clone()))).concurrency(2).await;
///         let fast = try_join_all(items.into_iter().map(|item| async move {
///             ctx.sleep(seconds(1)).await;
///             pack(item).await
///         }))
///         .await?;
///         assert_eq!(slow.len(), fast.len());
///         Ok(fast)
///     }
/// }
/// ```
pub fn join_all<I>(operations: I) -> JoinAll<I::Item>
where
    I: IntoIterator,
    I::Item: Awaitable,
{
    JoinAll { operations: operations.into_iter().collect() }
}

/// As [`join_all`], for operations that give a `Result`: `Ok` with all values, or the first error, which ends the others.
pub fn try_join_all<I, T, E>(operations: I) -> TryJoinAll<I::Item>
where
    I: IntoIterator,
    I::Item: Awaitable<Output = Result<T, E>>,
{
    TryJoinAll { operations: operations.into_iter().collect() }
}

/// What a [`Wait`] here has to be stored with.
macro_rules! written_in_parts {
    () => {
        const TAKES_DOWN: bool = true;

        fn write(&self, out: &mut crate::machine::WaitWriter<'_>) -> Result<(), crate::codec::CodecError> {
            self.0.write(out.draft()).map_err(|error| error.encoding(std::any::type_name::<Self>()))
        }

        fn read(bytes: &[u8]) -> Result<Self, crate::codec::CodecError> {
            crate::machine::read_value(bytes)
        }
    };
}

/// See [`join_all`].
#[must_use = "nothing is begun until this is awaited"]
pub struct JoinAll<A> {
    operations: Vec<A>,
}

/// See [`try_join_all`].
#[must_use = "nothing is begun until this is awaited"]
pub struct TryJoinAll<A> {
    operations: Vec<A>,
}

/// [`JoinAll`] with a limit.
#[must_use = "nothing is begun until this is awaited"]
pub struct BoundedJoinAll<A> {
    operations: Vec<A>,
    limit: usize,
}

/// [`TryJoinAll`] with a limit.
#[must_use = "nothing is begun until this is awaited"]
pub struct BoundedTryJoinAll<A> {
    operations: Vec<A>,
    limit: usize,
}

impl<A> JoinAll<A> {
    /// At most `limit` of them run at once, in the order of the list; the others are begun as these end. A limit of 0
    /// counts as 1.
    pub fn concurrency(self, limit: usize) -> BoundedJoinAll<A> {
        BoundedJoinAll { operations: self.operations, limit: limit.max(1) }
    }
}

impl<A> TryJoinAll<A> {
    /// As [`JoinAll::concurrency`].
    pub fn concurrency(self, limit: usize) -> BoundedTryJoinAll<A> {
        BoundedTryJoinAll { operations: self.operations, limit: limit.max(1) }
    }
}

/// Operations beside each other, all at once or a few at a time. Of each, a `T` is kept.
trait Beside<W: Wait, T> {
    /// Polls those that may be ready; `done` takes each output and tells whether to go on.
    fn poll(&mut self, ctx: &Context, done: impl FnMut(&mut Running<W, T>, usize, W::Output) -> bool);
    fn is_done(&self) -> bool;
    /// What was kept, in the order of the list.
    fn outputs(&mut self) -> Vec<T>;
}

fn poll_all<W: Wait>(beside: &mut impl Beside<W, W::Output>, ctx: &Context) -> Poll<Vec<W::Output>> {
    beside.poll(ctx, |running, place, output| {
        running.done(place, output);
        true
    });
    if beside.is_done() { ctx.ready(beside.outputs()) } else { Poll::Pending }
}

fn poll_until_error<W, T, E>(beside: &mut impl Beside<W, T>, ctx: &Context) -> Poll<Result<Vec<T>, E>>
where
    W: Wait<Output = Result<T, E>>,
{
    let mut failed = None;
    beside.poll(ctx, |running, place, output| {
        match output {
            Ok(value) => running.done(place, value),
            Err(error) => failed = Some(error),
        }
        failed.is_none()
    });
    match failed {
        Some(error) => ctx.ready(Err(error)),
        None if beside.is_done() => ctx.ready(Ok(beside.outputs())),
        None => Poll::Pending,
    }
}

/// A [`JoinAll`] that is awaited.
#[derive(Serialize, Deserialize)]
#[serde(
    transparent,
    bound(serialize = "W: Wait, W::Output: Serialize", deserialize = "W: Wait, W::Output: Deserialize<'de>")
)]
pub struct JoinAllWait<W: Wait>(Running<W, W::Output>);

impl<A: Awaitable> Awaitable for JoinAll<A>
where
    A::Output: Stored,
{
    type Output = Vec<A::Output>;
    type Wait = JoinAllWait<A::Wait>;
    fn begin(self, ctx: &Context) -> Self::Wait {
        JoinAllWait(Running::begin(self.operations, ctx))
    }
}

impl<W: Wait> Wait for JoinAllWait<W>
where
    W::Output: Stored,
{
    type Output = Vec<W::Output>;

    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        poll_all(&mut self.0, ctx)
    }

    fn functions(called: &mut Vec<Awaited>) {
        W::functions(called);
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.0.armed(armed);
    }

    written_in_parts!();
}

/// A [`TryJoinAll`] that is awaited.
#[derive(Serialize, Deserialize)]
#[serde(
    transparent,
    bound(serialize = "W: Wait, T: Serialize", deserialize = "W: Wait, T: Deserialize<'de>")
)]
pub struct TryJoinAllWait<W, T>(Running<W, T>);

impl<A, T, E> Awaitable for TryJoinAll<A>
where
    A: Awaitable<Output = Result<T, E>>,
    T: Stored,
{
    type Output = Result<Vec<T>, E>;
    type Wait = TryJoinAllWait<A::Wait, T>;
    fn begin(self, ctx: &Context) -> Self::Wait {
        TryJoinAllWait(Running::begin(self.operations, ctx))
    }
}

impl<W: Wait<Output = Result<T, E>>, T: Stored, E> Wait for TryJoinAllWait<W, T> {
    type Output = Result<Vec<T>, E>;

    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        poll_until_error(&mut self.0, ctx)
    }

    fn functions(called: &mut Vec<Awaited>) {
        W::functions(called);
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.0.armed(armed);
    }

    written_in_parts!();
}

impl<A: Awaitable + Stored> Awaitable for BoundedJoinAll<A>
where
    A::Output: Stored,
{
    type Output = Vec<A::Output>;
    type Wait = BoundedJoinAllWait<A>;
    fn begin(self, ctx: &Context) -> Self::Wait {
        BoundedJoinAllWait(BoundedWait::begin(self.operations, self.limit, ctx))
    }
}

/// A [`BoundedJoinAll`] that is awaited.
#[derive(Serialize, Deserialize)]
#[serde(
    transparent,
    bound(
        serialize = "A: Serialize, A::Output: Serialize",
        deserialize = "A: Deserialize<'de>, A::Output: Deserialize<'de>"
    )
)]
pub struct BoundedJoinAllWait<A: Awaitable>(BoundedWait<A, A::Output>);

impl<A: Awaitable + Stored> Wait for BoundedJoinAllWait<A>
where
    A::Output: Stored,
{
    type Output = Vec<A::Output>;

    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        poll_all(&mut self.0, ctx)
    }

    fn functions(called: &mut Vec<Awaited>) {
        A::Wait::functions(called);
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.0.armed(armed);
    }

    written_in_parts!();
}

impl<A, T, E> Awaitable for BoundedTryJoinAll<A>
where
    A: Awaitable<Output = Result<T, E>> + Stored,
    T: Stored,
    E: 'static,
{
    type Output = Result<Vec<T>, E>;
    type Wait = BoundedTryJoinAllWait<A, T>;
    fn begin(self, ctx: &Context) -> Self::Wait {
        BoundedTryJoinAllWait(BoundedWait::begin(self.operations, self.limit, ctx))
    }
}

/// A [`BoundedTryJoinAll`] that is awaited.
#[derive(Serialize, Deserialize)]
#[serde(
    transparent,
    bound(
        serialize = "A: Serialize, T: Serialize",
        deserialize = "A: Deserialize<'de>, T: Deserialize<'de>"
    )
)]
pub struct BoundedTryJoinAllWait<A: Awaitable, T>(BoundedWait<A, T>);

impl<A, T, E> Wait for BoundedTryJoinAllWait<A, T>
where
    A: Awaitable<Output = Result<T, E>> + Stored,
    T: Stored,
{
    type Output = Result<Vec<T>, E>;

    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        poll_until_error(&mut self.0, ctx)
    }

    fn functions(called: &mut Vec<Awaited>) {
        A::Wait::functions(called);
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.0.armed(armed);
    }

    written_in_parts!();
}
