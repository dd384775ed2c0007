//! Tasks, blocks as values and triggers for programs as plain async Rust.
//!
//! Their numbers, and how they stand, are in the [`World`]; their futures and outputs are here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use longhaul::Cancelled;
use longhaul_programs::value::{Handle, Value};
use longhaul_programs::world::World;

use crate::plain::with;
use crate::plain_lists::BeginNow;

type Body = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static FUTURES: RefCell<BTreeMap<u64, Body>> = const { RefCell::new(BTreeMap::new()) };
}

/// The futures of all tasks.
pub(crate) struct Futures;

impl Futures {
    /// Polls one; whether it is ready.
    pub(crate) fn poll(task: u64) -> bool {
        let body = FUTURES.with_borrow_mut(|futures| futures.remove(&task));
        let mut body = body.expect("a task that runs has a future");
        let ready = body.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        FUTURES.with_borrow_mut(|futures| futures.insert(task, body));
        ready
    }

    /// Drops one.
    pub(crate) fn forget(task: u64) {
        let body = FUTURES.with_borrow_mut(|futures| futures.remove(&task));
        drop(body);
    }

    /// Drops all.
    pub(crate) fn clear() {
        let futures = FUTURES.take();
        drop(futures);
    }
}

fn handle(value: Value) -> Rc<Handle> {
    match value {
        Value::Handle(handle) => handle,
        other => panic!("{other:?} is no handle"),
    }
}

/// Spawns a future as a task.
pub(crate) fn spawn<F: Future + 'static>(future: F) -> Task<F::Output> {
    let handle = handle(with(|world| world.spawn(Value::unit())));
    let output = Rc::new(RefCell::new(None));
    let place = Rc::clone(&output);
    let body = Box::pin(async move {
        let value = future.await;
        *place.borrow_mut() = Some(value);
    });
    FUTURES.with_borrow_mut(|futures| futures.insert(handle.0, body));
    Task { handle, output }
}

/// As the real one.
pub struct Task<T> {
    handle: Rc<Handle>,
    output: Rc<RefCell<Option<T>>>,
}

impl<T> Task<T> {
    fn ask(&self, name: &str) {
        with(|world| world.ask(self.handle.0, name, None)).expect("a task can do that");
    }

    /// As the real one.
    pub fn cancel(&self) {
        self.ask("cancel");
    }

    /// As the real one.
    #[allow(clippy::needless_pass_by_value)] // As the real one.
    pub fn detach(self) {
        self.ask("detach");
    }

    fn output(&self, is_block: bool) -> Poll<Result<T, Cancelled>> {
        let found = with(|world| world.poll_handle(self.handle.0, is_block)).expect("it is awaited once");
        match found {
            None => Poll::Pending,
            Some(Value::Variant(name, _)) if &*name == "Err" => Poll::Ready(Err(Cancelled)),
            Some(_) => Poll::Ready(Ok(self.output.take().expect("a task that is done has an output"))),
        }
    }
}

impl<T> BeginNow for Task<T> {
    // It has begun when it was spawned.
    fn begin_now(&mut self) {}
}

impl<T> Future for Task<T> {
    type Output = Result<T, Cancelled>;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.output(false)
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", self.handle.0)
    }
}

/// What an `async move` block or call as a value becomes: a task, once it is awaited.
pub fn block<F: Future + 'static>(future: F) -> Block<F> {
    Block::Later(Some(Box::pin(future)))
}

/// A block as a value.
#[allow(missing_debug_implementations)] // Futures have none.
pub enum Block<F: Future> {
    /// It has not begun.
    Later(Option<Pin<Box<F>>>),
    /// It is a task.
    Begun(Task<F::Output>),
}

impl<F: Future> Unpin for Block<F> {}

impl<F: Future + 'static> BeginNow for Block<F> {
    fn begin_now(&mut self) {
        if let Block::Later(future) = self {
            let future = future.take().expect("it begins once");
            *self = Block::Begun(spawn(future));
        }
    }
}

impl<F: Future + 'static> Future for Block<F> {
    type Output = F::Output;
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<F::Output> {
        self.begin_now();
        let Block::Begun(task) = &*self else { unreachable!("it has begun") };
        task.output(true).map(|output| output.expect("a block that is cancelled has no output"))
    }
}

/// Makes a trigger.
pub(crate) fn trigger<T>() -> Trigger<T> {
    Trigger { handle: handle(with(World::trigger)), value: Rc::default() }
}

/// As the real one.
pub struct Trigger<T> {
    handle: Rc<Handle>,
    value: Rc<RefCell<Option<T>>>,
}

impl<T> Clone for Trigger<T> {
    fn clone(&self) -> Self {
        Trigger { handle: Rc::clone(&self.handle), value: Rc::clone(&self.value) }
    }
}

impl<T> Trigger<T> {
    /// As the real one.
    pub fn resolve(&self, value: T) {
        self.value.borrow_mut().get_or_insert(value);
        with(|world| world.ask(self.handle.0, "resolve", Some(Value::unit())))
            .expect("a trigger can do that");
    }
}

impl<T: Clone> Future for &Trigger<T> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        match with(|world| world.poll_handle(self.handle.0, false)).expect("it is a trigger") {
            None => Poll::Pending,
            Some(_) => Poll::Ready(self.value.borrow().clone().expect("it was resolved")),
        }
    }
}

impl<T: Clone> Future for Trigger<T> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut &*self).poll(cx)
    }
}

impl<T> fmt::Debug for Trigger<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trigger({})", self.handle.0)
    }
}

/// Polls within a shield.
pub(crate) fn shielded<T>(poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    let outer = with(|world| std::mem::replace(&mut world.standing.shielded, true));
    let polled = poll();
    with(|world| {
        world.standing.shielded = outer;
        world.shields += u64::from(polled.is_pending());
    });
    polled
}
