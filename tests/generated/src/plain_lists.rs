//! `join_all` and `try_join_all` for programs as plain async Rust.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What can begin before it is polled.
pub trait BeginNow {
    /// Begins it, unless it has begun.
    fn begin_now(&mut self);
}

/// Those that have not begun, those that run, and the outputs of those that have ended, by their places.
struct List<F: Future> {
    later: VecDeque<F>,
    limit: usize,
    running: BTreeMap<usize, Pin<Box<F>>>,
    next: usize,
    outputs: BTreeMap<usize, F::Output>,
}

impl<F: Future + BeginNow> List<F> {
    fn new(operations: impl IntoIterator<Item = F>) -> Self {
        let later = operations.into_iter().collect();
        List { later, limit: usize::MAX, running: BTreeMap::new(), next: 0, outputs: BTreeMap::new() }
    }

    /// Polls what runs, and begins others as these end; ready when all have ended, or one as `stops` says.
    fn poll(&mut self, cx: &mut Context<'_>, stops: impl Fn(&F::Output) -> bool) -> Poll<()> {
        loop {
            while self.running.len() < self.limit
                && let Some(mut operation) = self.later.pop_front()
            {
                operation.begin_now();
                self.running.insert(self.next, Box::pin(operation));
                self.next += 1;
            }
            let before = self.running.len();
            for place in self.running.keys().copied().collect::<Vec<_>>() {
                let running = self.running.get_mut(&place).expect("it runs");
                let Poll::Ready(output) = running.as_mut().poll(cx) else { continue };
                self.running.remove(&place);
                let stops = stops(&output);
                self.outputs.insert(place, output);
                if stops {
                    return Poll::Ready(());
                }
            }
            if self.running.is_empty() && self.later.is_empty() {
                return Poll::Ready(());
            }
            if self.running.len() == before {
                return Poll::Pending;
            }
        }
    }
}

/// As the real one.
pub struct JoinAll<F: Future>(List<F>);

/// As the real one.
pub struct TryJoinAll<F: Future>(List<F>);

/// As the real one.
pub fn join_all<I: IntoIterator>(operations: I) -> JoinAll<I::Item>
where
    I::Item: Future + BeginNow,
{
    JoinAll(List::new(operations))
}

/// As the real one.
pub fn try_join_all<I: IntoIterator>(operations: I) -> TryJoinAll<I::Item>
where
    I::Item: Future + BeginNow,
{
    TryJoinAll(List::new(operations))
}

impl<F: Future> JoinAll<F> {
    /// As the real one.
    #[must_use]
    pub fn concurrency(mut self, limit: usize) -> Self {
        self.0.limit = limit.max(1);
        self
    }
}

impl<F: Future> TryJoinAll<F> {
    /// As the real one.
    #[must_use]
    pub fn concurrency(mut self, limit: usize) -> Self {
        self.0.limit = limit.max(1);
        self
    }
}

impl<F: Future> Unpin for JoinAll<F> {}
impl<F: Future> Unpin for TryJoinAll<F> {}

impl<F: Future + BeginNow> Future for JoinAll<F> {
    type Output = Vec<F::Output>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx, |_| false).map(|()| std::mem::take(&mut self.0.outputs).into_values().collect())
    }
}

impl<T, E, F: Future<Output = Result<T, E>> + BeginNow> Future for TryJoinAll<F> {
    type Output = Result<Vec<T>, E>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx, Result::is_err).map(|()| {
            // An error is the only one: it has ended all.
            let mut outputs = std::mem::take(&mut self.0.outputs);
            match outputs.iter().find(|(_, output)| output.is_err()).map(|(place, _)| *place) {
                Some(place) => outputs.remove(&place).into_iter().collect(),
                None => outputs.into_values().collect(),
            }
        })
    }
}
