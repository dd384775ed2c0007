//! `join_all`: as many operations beside each other as a list has.

use std::collections::{BTreeMap, VecDeque};
use std::task::Poll;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::context::Context;
use super::frame::Stored;
use super::functions::Awaited;
use super::wait::{Awaitable, OpId, Wait, WaitWriter, stored_by_serde};
use crate::codec::{Payload, Writer};

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

/// Something begun, in the form that serde stores: a byte string.
struct Begun<W>(W);

impl<W: Wait> Serialize for Begun<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = Writer::default();
        self.0.write(&mut WaitWriter(&mut out)).map_err(serde::ser::Error::custom)?;
        serializer.serialize_bytes(&out.into_bytes())
    }
}

impl<'de, W: Wait> Deserialize<'de> for Begun<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Payload::deserialize(deserializer)?;
        W::read(&bytes.0).map(Begun).map_err(serde::de::Error::custom)
    }
}

/// Those that run, by their place in the list, and the outputs of those that are done.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "W: Wait, T: Serialize", deserialize = "W: Wait, T: Stored"))]
struct Running<W, T> {
    waits: BTreeMap<usize, Begun<W>>,
    outputs: BTreeMap<usize, T>,
    /// Which operation belongs to which place; made when it is first needed.
    #[serde(skip)]
    places: Option<BTreeMap<OpId, usize>>,
}

impl<W: Wait, T> Running<W, T> {
    fn begin<A: Awaitable<Wait = W>>(operations: impl IntoIterator<Item = A>, ctx: &Context) -> Self {
        let waits = operations.into_iter().map(|operation| Begun(operation.begin(ctx))).enumerate().collect();
        Running { waits, outputs: BTreeMap::new(), places: None }
    }

    /// Polls those that may be ready; `done` takes each output and tells whether to go on.
    fn poll(&mut self, ctx: &Context, mut done: impl FnMut(&mut Self, usize, W::Output) -> bool) {
        for place in self.candidates(ctx) {
            let Some(wait) = self.waits.get_mut(&place) else { continue };
            if let Poll::Ready(output) = wait.0.poll(ctx) {
                self.waits.remove(&place);
                if !done(self, place, output) {
                    return;
                }
            }
        }
    }

    /// The places of those that may be ready. Of thousands that wait for one operation or task each, those whose
    /// operation was resolved or whose task has ended: so a step costs what happened, and not how many there are.
    fn candidates(&mut self, ctx: &Context) -> Vec<usize> {
        if !(W::BY_OPERATION || W::BY_TASK) || ctx.cancel().is_some() {
            return self.waits.keys().copied().collect();
        }
        if let Some(places) = &self.places {
            let placed = |ops: &mut dyn Iterator<Item = OpId>| -> Vec<usize> {
                ops.filter_map(|op| places.get(&op).copied()).collect()
            };
            let mut found = if W::BY_TASK { ctx.ended_tasks(placed) } else { ctx.resolved(placed) };
            found.sort_unstable();
            return found;
        }
        let mut places = BTreeMap::new();
        for (place, wait) in &self.waits {
            places.extend(wait.0.task().map(|op| (op, *place)));
            wait.0.armed(&mut |op| {
                places.insert(op, *place);
            });
        }
        self.places = Some(places);
        self.waits.keys().copied().collect()
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.waits.values().for_each(|wait| wait.0.armed(armed));
    }

    fn is_done(&self) -> bool {
        self.waits.is_empty()
    }

    fn outputs(&mut self) -> Vec<T> {
        std::mem::take(&mut self.outputs).into_values().collect()
    }
}

/// A [`JoinAll`] that is awaited.
#[derive(Serialize, Deserialize)]
#[serde(
    transparent,
    bound(serialize = "W: Wait, W::Output: Serialize", deserialize = "W: Wait, W::Output: Stored")
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
        self.0.poll(ctx, |running, place, output| {
            running.outputs.insert(place, output);
            true
        });
        if self.0.is_done() { ctx.ready(self.0.outputs()) } else { Poll::Pending }
    }

    fn functions(called: &mut Vec<Awaited>) {
        W::functions(called);
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.0.armed(armed);
    }

    stored_by_serde!();
}

/// A [`TryJoinAll`] that is awaited.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound(serialize = "W: Wait, T: Serialize", deserialize = "W: Wait, T: Stored"))]
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
        let mut failed = None;
        self.0.poll(ctx, |running, place, output| keep_or_fail(running, place, output, &mut failed));
        match failed {
            Some(error) => ctx.ready(Err(error)),
            None if self.0.is_done() => ctx.ready(Ok(self.0.outputs())),
            None => Poll::Pending,
        }
    }

    fn functions(called: &mut Vec<Awaited>) {
        W::functions(called);
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.0.armed(armed);
    }

    stored_by_serde!();
}

fn keep_or_fail<W, T, E>(
    running: &mut Running<W, T>,
    place: usize,
    output: Result<T, E>,
    failed: &mut Option<E>,
) -> bool {
    match output {
        Ok(value) => drop(running.outputs.insert(place, value)),
        Err(error) => *failed = Some(error),
    }
    failed.is_none()
}

/// Those that have not been begun, and those that run.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "A: Serialize, T: Serialize", deserialize = "A: Stored, T: Stored"))]
struct BoundedWait<A: Awaitable, T> {
    later: VecDeque<A>,
    /// The place of the first of these.
    next: usize,
    running: Running<A::Wait, T>,
}

impl<A: Awaitable, T> BoundedWait<A, T> {
    fn begin(operations: Vec<A>, limit: usize, ctx: &Context) -> Self {
        let mut later = VecDeque::from(operations);
        let first = later.drain(..limit.min(later.len()));
        let running = Running::begin(first.collect::<Vec<_>>(), ctx);
        BoundedWait { later, next: running.waits.len(), running }
    }

    /// As one is done, another is begun; it may be ready at once.
    fn poll(
        &mut self,
        ctx: &Context,
        mut done: impl FnMut(&mut Running<A::Wait, T>, usize, <A::Wait as Wait>::Output) -> bool,
    ) {
        loop {
            let (mut ended, mut stopped) = (0, false);
            self.running.poll(ctx, |running, place, output| {
                ended += 1;
                stopped = !done(running, place, output);
                !stopped
            });
            if stopped || ended == 0 || self.later.is_empty() {
                return;
            }
            for operation in self.later.drain(..ended.min(self.later.len())) {
                let wait = Begun(operation.begin(ctx));
                self.running.waits.insert(self.next, wait);
                self.next += 1;
            }
            self.running.places = None;
        }
    }

    fn is_done(&self) -> bool {
        self.later.is_empty() && self.running.is_done()
    }
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
    bound(serialize = "A: Serialize, A::Output: Serialize", deserialize = "A: Stored, A::Output: Stored")
)]
pub struct BoundedJoinAllWait<A: Awaitable>(BoundedWait<A, A::Output>);

impl<A: Awaitable + Stored> Wait for BoundedJoinAllWait<A>
where
    A::Output: Stored,
{
    type Output = Vec<A::Output>;

    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        self.0.poll(ctx, |running, place, output| {
            running.outputs.insert(place, output);
            true
        });
        if self.0.is_done() { ctx.ready(self.0.running.outputs()) } else { Poll::Pending }
    }

    fn functions(called: &mut Vec<Awaited>) {
        A::Wait::functions(called);
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.0.running.armed(armed);
    }

    stored_by_serde!();
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
#[serde(transparent, bound(serialize = "A: Serialize, T: Serialize", deserialize = "A: Stored, T: Stored"))]
pub struct BoundedTryJoinAllWait<A: Awaitable, T>(BoundedWait<A, T>);

impl<A, T, E> Wait for BoundedTryJoinAllWait<A, T>
where
    A: Awaitable<Output = Result<T, E>> + Stored,
    T: Stored,
{
    type Output = Result<Vec<T>, E>;

    fn poll(&mut self, ctx: &Context) -> Poll<Self::Output> {
        let mut failed = None;
        self.0.poll(ctx, |running, place, output| keep_or_fail(running, place, output, &mut failed));
        match failed {
            Some(error) => ctx.ready(Err(error)),
            None if self.0.is_done() => ctx.ready(Ok(self.0.running.outputs())),
            None => Poll::Pending,
        }
    }

    fn functions(called: &mut Vec<Awaited>) {
        A::Wait::functions(called);
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.0.running.armed(armed);
    }

    stored_by_serde!();
}
