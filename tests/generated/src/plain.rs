//! Programs as plain async Rust, on a context that plays the engine.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{self, Poll, Waker};
use std::time::Duration;

pub use futures::{join, try_join};
use longhaul::{ActivityError, Cancelled, Elapsed, Never};
use longhaul_programs::run::Outcome;
use longhaul_programs::world::Schedule;

use crate::acts::{called, happened, taken};
pub use crate::plain_lists::{join_all, try_join_all};
use crate::with_activities;

/// `select!` in the order of the source, as in a workflow.
#[macro_export]
macro_rules! select_in_order {
    ($($branches:tt)*) => { tokio::select! { biased; $($branches)* } };
}
pub use crate::select_in_order as select;

/// What the engine would know.
#[derive(Default)]
struct World {
    now: i64,
    next_op: u64,
    /// Each with its deadline, if it is a timer.
    armed: BTreeMap<u64, Option<i64>>,
    resolved: BTreeSet<u64>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// What an operation is, given the time at which it begins: its deadline, and it as text.
type What = Box<dyn Fn(i64) -> (Option<i64>, String)>;

/// An operation of the world, begun at its first poll and disarmed when it is dropped.
struct Operation<T> {
    begun: Option<u64>,
    what: What,
    output: Option<T>,
}

impl<T> Unpin for Operation<T> {}

impl<T> Future for Operation<T> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let Some(number) = this.begun else {
            this.begun = Some(WORLD.with_borrow_mut(|world| {
                let number = world.next_op;
                world.next_op += 1;
                let (deadline, text) = (this.what)(world.now);
                happened(format!("{number}: {text}"));
                world.armed.insert(number, deadline);
                number
            }));
            return Poll::Pending;
        };
        if WORLD.with_borrow_mut(|world| world.resolved.remove(&number)) {
            return Poll::Ready(this.output.take().expect("what is done is not polled again"));
        }
        Poll::Pending
    }
}

impl<T> Drop for Operation<T> {
    fn drop(&mut self) {
        if let Some(number) = self.begun {
            WORLD.with_borrow_mut(|world| {
                world.armed.remove(&number);
                world.resolved.remove(&number);
            });
        }
    }
}

/// Plays the context.
#[derive(Debug)]
pub struct Context;

#[allow(clippy::unused_self)] // As in the real one.
impl Context {
    /// As the real one.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + use<> {
        let millis = i64::try_from(duration.as_millis()).expect("it is short");
        let what = move |now| (Some(now + millis), format!("timer {}", now + millis));
        Operation { begun: None, what: Box::new(what), output: Some(()) }
    }

    /// As the real one, where nobody cancels.
    pub async fn scope<T>(&self, inside: impl Future<Output = T>) -> Result<T, Cancelled> {
        Ok(inside.await)
    }

    /// As the real one.
    pub async fn wait_until(&self, mut condition: impl FnMut() -> bool) {
        std::future::poll_fn(|_| if condition() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

/// As the real one, where nobody cancels.
pub async fn shield<T>(inside: impl Future<Output = T>) -> T {
    inside.await
}

/// As the real one.
pub async fn timeout<T>(limit: Duration, operation: impl Future<Output = T>) -> Result<T, Elapsed> {
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

/// What a run did, its workflow's value aside.
#[derive(Debug)]
pub struct Ran(Vec<String>, String);

impl Ran {
    /// All of it.
    #[must_use]
    pub fn end(self, workflow: &impl Debug) -> Outcome {
        Outcome { trace: self.0, result: self.1, workflow: format!("{workflow:?}") }
    }
}

/// Runs a body to its end.
pub fn run<T: Debug>(body: impl Future<Output = T>, schedule: u64) -> Ran {
    WORLD.set(World::default());
    taken();
    let mut picks = Schedule::new(schedule);
    let mut body = pin!(body);
    loop {
        if let Poll::Ready(result) = body.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
            return Ran(taken(), format!("{result:?}"));
        }
        WORLD.with_borrow_mut(|world| {
            let picked = picks.pick(&world.armed);
            assert!(!picked.is_empty(), "a body that waits waits for something");
            for number in picked {
                if let Some(Some(deadline)) = world.armed.remove(&number) {
                    world.now = world.now.max(deadline);
                }
                happened(format!("{number} is done"));
                world.resolved.insert(number);
            }
        });
    }
}

macro_rules! activities {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $output:ty $body:block)*
     $(fallible fn $fname:ident($($farg:ident: $fty:ty),*) -> $foutput:ty, $error:ty; $fbody:block)*) => {
        $(
            /// An activity.
            pub fn $name($($arg: $ty),*) -> impl Future<Output = Result<$output, ActivityError<Never>>> {
                call(called(stringify!($name), &[$(&$arg),*]), Ok($body))
            }
        )*
        $(
            /// An activity that can fail.
            pub fn $fname($($farg: $fty),*) -> impl Future<Output = Result<$foutput, ActivityError<$error>>> {
                let text = called(stringify!($fname), &[$(&$farg),*]);
                let result: Result<$foutput, $error> = $fbody;
                call(text, result.map_err(ActivityError::Failed))
            }
        )*
    };
}
with_activities!(activities);

fn call<T>(text: String, output: T) -> Operation<T> {
    Operation { begun: None, what: Box::new(move |_| (None, text.clone())), output: Some(output) }
}
