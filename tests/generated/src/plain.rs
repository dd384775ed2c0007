//! Programs as plain async Rust, on a context that plays the engine.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::{self, Debug};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{self, Poll, Waker};
use std::time::Duration;

use futures::FutureExt;
pub use futures::{join, try_join};
use longhaul::{ActivityError, Cancelled, Elapsed, Failure, Never};
use longhaul_programs::outside::{Call, Schedule, ending};
use longhaul_programs::run::{Evaluated, Outcome};
use longhaul_programs::settle::{Bodies, Ended, settle, settle_function};
use longhaul_programs::tasks::Tasks;
use longhaul_programs::value::Value;
use longhaul_programs::world::World;

use crate::acts::{called, happened, taken};
pub use crate::plain_lists::{BeginNow, join_all, try_join_all};
pub use crate::plain_tasks::{Block, Task, Trigger, block};
use crate::plain_tasks::{Futures, shielded, spawn, trigger};
use crate::with_activities;

/// `select!` in the order of the source, as in a workflow.
#[macro_export]
macro_rules! select_in_order {
    ($($branches:tt)*) => { tokio::select! { biased; $($branches)* } };
}
pub use crate::select_in_order as select;

thread_local! {
    /// What the engine would know, and what happened.
    static WORLD: RefCell<World> = RefCell::default();
}

/// Looks at the world, or changes it; what happens there is noted.
pub fn with<T>(look: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| {
        let value = look(world);
        world.trace.drain(..).for_each(happened);
        value
    })
}

/// An operation of the world, begun at its first poll and disarmed when it is dropped.
#[derive(Debug)]
pub struct Operation<T> {
    begun: Option<u64>,
    /// A timer's length.
    millis: Option<i64>,
    text: String,
    output: Option<T>,
    /// What it gives in code that is cancelled.
    cancelled: Option<T>,
}

impl<T> Unpin for Operation<T> {}

impl<T> BeginNow for Operation<T> {
    fn begin_now(&mut self) {
        self.begun.get_or_insert_with(|| with(|world| world.arm(Value::unit(), self.millis, &self.text)));
    }
}

impl<T> Future for Operation<T> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<T> {
        self.begin_now();
        let number = self.begun.expect("it has begun");
        let output = match with(|world| world.poll(number)) {
            None => return Poll::Pending,
            Some(Value::Variant(..)) => self.cancelled.take(),
            Some(_) => self.output.take(),
        };
        Poll::Ready(output.expect("what is done is not polled again"))
    }
}

impl<T> Drop for Operation<T> {
    fn drop(&mut self) {
        if let Some(number) = self.begun {
            with(|world| world.disarm(number));
        }
    }
}

/// Plays the context.
#[derive(Debug)]
pub struct Context;

#[allow(clippy::unused_self)] // As in the real one.
impl Context {
    /// As the real one.
    pub fn sleep(&self, duration: Duration) -> Operation<()> {
        let millis = i64::try_from(duration.as_millis()).expect("it is short");
        let text = String::new();
        Operation { begun: None, millis: Some(millis), text, output: Some(()), cancelled: None }
    }

    /// As the real one.
    pub fn spawn<F: Future + 'static>(&self, future: F) -> Task<F::Output> {
        spawn(future)
    }

    /// As the real one.
    pub fn trigger<T>(&self) -> Trigger<T> {
        trigger()
    }

    /// As the real one.
    pub fn is_cancelled(&self) -> bool {
        with(|world| world.is_cancelled())
    }

    /// As the real one.
    pub async fn scope<T>(&self, inside: impl Future<Output = T>) -> Result<T, Cancelled> {
        let mut inside = pin!(inside);
        poll_fn(|cx| {
            let shields = with(|world| world.shields);
            match inside.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Ok(output)),
                Poll::Pending if with(|world| world.gives_up(shields)) => Poll::Ready(Err(Cancelled)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// As the real one; the block is run where the step begins.
    pub fn run<T, F>(&self, name: &'static str, block: F) -> Operation<Result<T, ActivityError<Failure>>>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let output = block.now_or_never().expect("a step waits for nothing").map_err(ActivityError::Failed);
        call(format!("step {name}"), output)
    }

    /// As the real one.
    pub async fn cancelled(&self) {
        poll_fn(|_| if with(World::cancelled_here) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// As the real one.
    pub async fn wait_until(&self, mut condition: impl FnMut() -> bool) {
        poll_fn(|_| {
            if condition() {
                with(|world| world.progress += 1);
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
}

/// As the real one.
pub async fn shield<T>(inside: impl Future<Output = T>) -> T {
    let mut inside = pin!(inside);
    poll_fn(|cx| shielded(|| inside.as_mut().poll(cx))).await
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

/// The body and the tasks that it has spawned.
struct Running<'b, T> {
    body: Pin<Box<dyn Future<Output = T> + 'b>>,
    output: Option<T>,
    tasks: BTreeSet<u64>,
}

/// A call of a function marked `#[workflow]`: it keeps the tasks that it begins.
pub struct Function<'b, T> {
    running: Running<'b, T>,
    /// How its tasks stand, once it has begun.
    tasks: Option<Tasks>,
}

impl<'b, T> Function<'b, T> {
    /// That of a function with this body.
    pub fn new(body: impl Future<Output = T> + 'b) -> Self {
        let running = Running { body: Box::pin(body), output: None, tasks: BTreeSet::new() };
        Function { running, tasks: None }
    }
}

impl<T> fmt::Debug for Function<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("tasks", &self.tasks).finish_non_exhaustive()
    }
}

impl<T> Unpin for Function<'_, T> {}

impl<T> BeginNow for Function<'_, T> {
    // Nothing of it goes on before it is polled.
    fn begin_now(&mut self) {}
}

impl<T> Future for Function<'_, T> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<T> {
        let Function { running, tasks } = &mut *self;
        let settled = WORLD.with(|world| settle_function(world, running, tasks));
        if settled.expect("it is Rust").is_none() {
            return Poll::Pending;
        }
        running.forget_all();
        Poll::Ready(running.output.take().expect("it has ended"))
    }
}

impl<T> Drop for Running<'_, T> {
    fn drop(&mut self) {
        self.forget_all();
    }
}

impl<T> Running<'_, T> {
    /// Its tasks end with it.
    fn forget_all(&mut self) {
        std::mem::take(&mut self.tasks).into_iter().for_each(Futures::forget);
    }
}

impl<T> Bodies for Running<'_, T> {
    fn run(&mut self) -> Evaluated<Option<Value>> {
        match self.body.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => {
                self.output = Some(output);
                Ok(Some(Value::unit()))
            }
            Poll::Pending => Ok(None),
        }
    }

    fn begin(&mut self, task: u64, _: Value) -> Evaluated<()> {
        // Its future is there since it was spawned.
        self.tasks.insert(task);
        Ok(())
    }

    fn begin_handler(&mut self, _: u64, _: &Call) -> Evaluated<()> {
        unreachable!("what runs beside a run and names `self` is no plain Rust")
    }

    fn handle(&mut self, _: &Call) -> Evaluated {
        unreachable!("what runs beside a run and names `self` is no plain Rust")
    }

    fn task(&mut self, task: u64) -> Evaluated<Option<Value>> {
        Ok(Futures::poll(task).then(Value::unit))
    }

    fn forget(&mut self, task: u64) {
        self.tasks.remove(&task);
        Futures::forget(task);
    }

    fn named(&mut self) -> Evaluated<BTreeSet<u64>> {
        Ok(with(World::with_handles))
    }
}

/// Runs a body to its end.
///
/// # Panics
///
/// When it waits for nothing, or for something twice.
pub fn run<T: Debug>(body: impl Future<Output = T>, schedule: u64) -> Ran {
    WORLD.take();
    taken();
    let mut picks = Schedule::new(schedule);
    let mut running = Running { body: Box::pin(body), output: None, tasks: BTreeSet::new() };
    loop {
        let ended = WORLD.with(|world| settle(world, &mut running));
        if let Some(ended) = ended.expect("it is Rust") {
            let output = match ended {
                Ended::With(_) => Some(format!("{:?}", running.output.take().expect("it has ended"))),
                Ended::GivenUp => None,
            };
            let trace = taken();
            Futures::clear();
            return Ran(trace, ending(output, with(|world| world.cancelled)));
        }
        assert!(with(|world| world.turn(&mut picks, &[])), "a body that waits waits for something");
    }
}

macro_rules! activities {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $output:ty $body:block)*
     $(fallible fn $fname:ident($($farg:ident: $fty:ty),*) -> $foutput:ty, $error:ty; $fbody:block)*) => {
        $(
            /// An activity.
            pub fn $name($($arg: $ty),*) -> Operation<Result<$output, ActivityError<Never>>> {
                call(called(stringify!($name), &[$(&$arg),*]), Ok($body))
            }
        )*
        $(
            /// An activity that can fail.
            pub fn $fname($($farg: $fty),*) -> Operation<Result<$foutput, ActivityError<$error>>> {
                let text = called(stringify!($fname), &[$(&$farg),*]);
                let result: Result<$foutput, $error> = $fbody;
                call(text, result.map_err(ActivityError::Failed))
            }
        )*
    };
}
with_activities!(activities);

fn call<T, E>(text: String, output: Result<T, ActivityError<E>>) -> Operation<Result<T, ActivityError<E>>> {
    let cancelled = Some(Err(ActivityError::Cancelled));
    Operation { begun: None, millis: None, text, output: Some(output), cancelled }
}
