//! The bodies as plain async Rust, on a context that plays the engine.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{self, Poll, Waker};
use std::time::Duration;

use longhaul::codec::encode;
use longhaul::{ActivityError, Elapsed, Failure, Never};
use serde::Serialize;

use crate::acts::{Order, Refused, with_activities};
use crate::plain_tasks::{clear, poll_all};
pub(crate) use crate::plain_tasks::{join_all, shield, try_join_all};
use crate::trace::{Op, Trace, next_to_resolve};

/// What the engine would know.
#[derive(Default)]
struct World {
    now: u64,
    next_op: u64,
    armed: BTreeMap<u64, Op>,
    resolved: BTreeSet<u64>,
    trace: Trace,
    progress: u64,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

fn with<T>(change: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(change)
}

/// Something went on: what waits for it may go on, too.
pub(crate) fn progress() {
    with(|world| world.progress += 1);
}

/// The next number for an operation or a task.
pub(crate) fn next_number() -> u64 {
    with(|world| {
        world.next_op += 1;
        world.next_op - 1
    })
}

/// An operation of the world, begun at its first poll and disarmed when it is dropped.
struct Operation<T> {
    begun: Option<u64>,
    /// What it is, given the time at which it begins.
    what: Box<dyn Fn(u64) -> (Op, String)>,
    output: Option<T>,
}

impl<T> Unpin for Operation<T> {}

impl<T> Future for Operation<T> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let Some(number) = this.begun else {
            this.begun = Some(with(|world| {
                let number = world.next_op;
                world.next_op += 1;
                world.progress += 1;
                let (op, text) = (this.what)(world.now);
                world.trace.begin(number, &text);
                world.armed.insert(number, op);
                number
            }));
            return Poll::Pending;
        };
        if with(|world| world.resolved.remove(&number)) {
            progress();
            return Poll::Ready(this.output.take().expect("what is done is not polled again"));
        }
        Poll::Pending
    }
}

impl<T> Drop for Operation<T> {
    fn drop(&mut self) {
        if let Some(number) = self.begun {
            with(|world| world.armed.remove(&number));
        }
    }
}

fn call<I: Serialize, T>(name: &'static str, input: &I, output: T) -> Operation<T> {
    let text = format!("{name} {:?}", encode(input).unwrap());
    Operation { begun: None, what: Box::new(move |_| (Op::Activity, text.clone())), output: Some(output) }
}

pub(crate) struct Context;

#[allow(clippy::unused_self)] // As in the real one.
impl Context {
    pub(crate) fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + use<> {
        let micros = u64::try_from(duration.as_micros()).unwrap();
        let what = move |now| (Op::Timer(now + micros), format!("timer {}", now + micros));
        Operation { begun: None, what: Box::new(what), output: Some(()) }
    }

    /// A local step, all of which are done at once.
    pub(crate) fn run<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        name: &'static str,
        step: F,
    ) -> impl Future<Output = Result<T, ActivityError<Failure>>> + use<T, F> {
        let Poll::Ready(output) = pin!(step).poll(&mut task::Context::from_waker(Waker::noop())) else {
            panic!("the step {name} waits for something")
        };
        let what = move |_| (Op::Activity, format!("step {name}"));
        Operation { begun: None, what: Box::new(what), output: Some(output.map_err(ActivityError::Failed)) }
    }

    pub(crate) async fn wait_until(&self, mut condition: impl FnMut() -> bool) {
        std::future::poll_fn(|_| if condition() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

pub(crate) async fn timeout<T>(limit: Duration, operation: impl Future<Output = T>) -> Result<T, Elapsed> {
    let timer = Context.sleep(limit);
    let (mut operation, mut timer) = (pin!(operation), pin!(timer));
    std::future::poll_fn(move |cx| {
        if let Poll::Ready(output) = operation.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        timer.as_mut().poll(cx).map(|()| Err(Elapsed))
    })
    .await
}

/// Runs a body; gives its result with all that it did.
pub(crate) fn run<T: std::fmt::Debug>(body: impl Future<Output = T>) -> Trace {
    clear();
    WORLD.set(World::default());
    let mut body = pin!(body);
    loop {
        let before = with(|world| world.progress);
        if let Poll::Ready(result) = body.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
            return with(|world| std::mem::take(&mut world.trace)).end(&result);
        }
        poll_all();
        if with(|world| world.progress) != before {
            continue;
        }
        with(|world| {
            let number = next_to_resolve(&world.armed).expect("a body that waits waits for something");
            if let Some(Op::Timer(deadline)) = world.armed.remove(&number) {
                world.now = world.now.max(deadline);
            }
            world.trace.done(number);
            world.resolved.insert(number);
        });
    }
}

macro_rules! activities {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $output:ty $body:block)*
     $(fallible fn $fname:ident($($farg:ident: $fty:ty),*) -> $foutput:ty, $error:ty; $fbody:block)*) => {
        $(pub(crate) fn $name($($arg: $ty),*) -> impl Future<Output = Result<$output, ActivityError<Never>>> {
            let payload = ($($arg.clone(),)*);
            call(stringify!($name), &payload, Ok($body))
        })*
        $(pub(crate) fn $fname($($farg: $fty),*) -> impl Future<Output = Result<$foutput, ActivityError<$error>>> {
            let payload = ($($farg.clone(),)*);
            let result: Result<$foutput, $error> = $fbody;
            call(stringify!($fname), &payload, result.map_err(ActivityError::Failed))
        })*
    };
}
with_activities!(activities);
