//! Tasks and `join_all` for the bodies as plain async Rust: a small executor beside the body.

use std::any::type_name;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll, Waker};

use longhaul::Cancelled;

use crate::plain::{Context, next_number, progress};

type Body = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// The tasks that run; `None` for the one that is being polled.
    static TASKS: RefCell<BTreeMap<u64, Option<Body>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Polls each task, those that are begun meanwhile, too.
pub(crate) fn poll_all() {
    let mut next = 0;
    while let Some(number) = TASKS.with_borrow(|tasks| tasks.range(next..).next().map(|(number, _)| *number))
    {
        next = number + 1;
        let body = TASKS.with_borrow_mut(|tasks| tasks.get_mut(&number).and_then(Option::take));
        let Some(mut body) = body else { continue };
        if body.as_mut().poll(&mut task::Context::from_waker(Waker::noop())).is_ready() {
            progress();
            TASKS.with_borrow_mut(|tasks| drop(tasks.remove(&number)));
        } else {
            TASKS.with_borrow_mut(|tasks| {
                if let Some(place) = tasks.get_mut(&number) {
                    *place = Some(body);
                }
            });
        }
    }
}

pub(crate) fn clear() {
    let tasks = TASKS.take();
    drop(tasks);
}

fn spawn<F: Future + 'static>(future: F) -> Task<F::Output> {
    let number = next_number();
    progress();
    let output = Rc::new(RefCell::new(None));
    let place = Rc::clone(&output);
    let body = Box::pin(async move {
        let value = future.await;
        *place.borrow_mut() = Some(value);
    });
    TASKS.with_borrow_mut(|tasks| tasks.insert(number, Some(body)));
    Task { number, output, detached: false }
}

pub(crate) struct Task<T> {
    number: u64,
    output: Rc<RefCell<Option<T>>>,
    detached: bool,
}

impl<T> Task<T> {
    pub(crate) fn detach(mut self) {
        self.detached = true;
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if !self.detached {
            let body = TASKS.with_borrow_mut(|tasks| tasks.remove(&self.number));
            drop(body);
        }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Cancelled>;
    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Self::Output> {
        match self.output.borrow_mut().take() {
            Some(value) => {
                progress();
                Poll::Ready(Ok(value))
            }
            None => Poll::Pending,
        }
    }
}

/// A value that is given once.
pub(crate) struct Trigger<T>(Rc<RefCell<Option<T>>>);

impl<T> Clone for Trigger<T> {
    fn clone(&self) -> Self {
        Trigger(Rc::clone(&self.0))
    }
}

impl<T> Trigger<T> {
    pub(crate) fn resolve(&self, value: T) {
        self.0.borrow_mut().get_or_insert(value);
        progress();
    }
}

impl<T: Clone> Future for Trigger<T> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<T> {
        match &*self.0.borrow() {
            Some(value) => Poll::Ready(value.clone()),
            None => Poll::Pending,
        }
    }
}

impl<T: Clone> Future for &Trigger<T> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<T> {
        Pin::new(&mut (**self).clone()).poll(cx)
    }
}

#[allow(clippy::unused_self)] // As in the real one.
impl Context {
    pub(crate) fn trigger<T>(&self) -> Trigger<T> {
        next_number();
        Trigger(Rc::new(RefCell::new(None)))
    }

    pub(crate) fn spawn<F: Future + 'static>(&self, future: F) -> Task<F::Output> {
        spawn(future)
    }

    pub(crate) async fn scope<F: Future>(&self, inside: F) -> Result<F::Output, Cancelled> {
        Ok(inside.await)
    }
}

pub(crate) async fn shield<F: Future>(inside: F) -> F::Output {
    inside.await
}

/// What is joined: a block becomes a task, an operation is polled in place.
enum Joined<F: Future> {
    Begun(Pin<Box<F>>),
    Task(Task<F::Output>),
}

impl<F: Future + 'static> Joined<F> {
    fn begin(future: F) -> Self {
        if type_name::<F>().contains("Operation<") {
            Joined::Begun(Box::pin(future))
        } else {
            Joined::Task(spawn(future))
        }
    }

    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<F::Output> {
        match self {
            Joined::Begun(future) => future.as_mut().poll(cx),
            Joined::Task(task) => Pin::new(task).poll(cx).map(|output| output.expect("nobody cancels it")),
        }
    }
}

/// `join_all`, with a limit of how many run at once.
pub(crate) struct JoinAll<F: Future> {
    later: std::collections::VecDeque<F>,
    limit: usize,
    running: BTreeMap<usize, Joined<F>>,
    next: usize,
    outputs: BTreeMap<usize, F::Output>,
}

impl<F: Future> Unpin for JoinAll<F> {}

pub(crate) fn join_all<I: IntoIterator>(futures: I) -> JoinAll<I::Item>
where
    I::Item: Future + 'static,
{
    let later = futures.into_iter().collect();
    JoinAll { later, limit: usize::MAX, running: BTreeMap::new(), next: 0, outputs: BTreeMap::new() }
}

impl<F: Future + 'static> JoinAll<F> {
    pub(crate) fn concurrency(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// One pass over what runs; stops where `stop` says so.
    fn pass(&mut self, cx: &mut task::Context<'_>, stop: impl Fn(&F::Output) -> bool) -> Poll<()> {
        loop {
            while self.running.len() < self.limit
                && let Some(future) = self.later.pop_front()
            {
                self.running.insert(self.next, Joined::begin(future));
                self.next += 1;
            }
            let mut ended = 0;
            let places: Vec<usize> = self.running.keys().copied().collect();
            for place in places {
                let Poll::Ready(output) = self.running.get_mut(&place).expect("it runs").poll(cx) else {
                    continue;
                };
                self.running.remove(&place);
                let stops = stop(&output);
                self.outputs.insert(place, output);
                ended += 1;
                if stops {
                    return Poll::Ready(());
                }
            }
            if self.running.is_empty() && self.later.is_empty() {
                return Poll::Ready(());
            }
            if ended == 0 {
                return Poll::Pending;
            }
        }
    }
}

impl<F: Future + 'static> Future for JoinAll<F> {
    type Output = Vec<F::Output>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.pass(cx, |_| false).map(|()| std::mem::take(&mut self.outputs).into_values().collect())
    }
}

pub(crate) struct TryJoinAll<F: Future>(JoinAll<F>);

pub(crate) fn try_join_all<I: IntoIterator>(futures: I) -> TryJoinAll<I::Item>
where
    I::Item: Future + 'static,
{
    TryJoinAll(join_all(futures))
}

impl<F: Future + 'static> TryJoinAll<F> {
    pub(crate) fn concurrency(self, limit: usize) -> Self {
        TryJoinAll(self.0.concurrency(limit))
    }
}

impl<T, E, F: Future<Output = Result<T, E>> + 'static> Future for TryJoinAll<F> {
    type Output = Result<Vec<T>, E>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let done = self.0.pass(cx, Result::is_err);
        done.map(|()| std::mem::take(&mut self.0.outputs).into_values().collect())
    }
}
