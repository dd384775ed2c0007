//! Attempts at activities, as tokio tasks.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tracing::Instrument;

use super::Message;
use super::attempt::{Report, Rest};
use super::driver::Work;
use super::limits::Bounds;
use crate::activity::{ActivityContext, Attempt, ErasedActivity, Link, RegisteredActivity};
use crate::codec::Payload;
use crate::core::{AttemptEnd, Input, Order, Stop, panic_text};
use crate::store::TaskId;
use crate::time::Moment;

/// The activities that an engine can run, and the attempts that are running.
pub(super) struct Activities {
    registered: BTreeMap<&'static str, RegisteredActivity>,
    running: BTreeMap<(TaskId, u32), Running>,
    tokio: Handle,
    messages: Sender<Message>,
    /// Whether time is not the system's.
    is_virtual: bool,
    bounds: Bounds,
    /// The attempts that wait for virtual time to pass, by when they go on.
    resting: BTreeMap<(Moment, u64), Rest>,
    /// How many have waited so.
    rests: u64,
}

struct Running {
    abort: AbortHandle,
    link: Arc<Link>,
    /// Whether it lets virtual time pass.
    rests: bool,
}

impl Activities {
    pub(super) fn new(
        registered: BTreeMap<&'static str, RegisteredActivity>,
        tokio: Handle,
        messages: Sender<Message>,
        is_virtual: bool,
        bounds: Bounds,
    ) -> Self {
        let (running, resting, rests) = (BTreeMap::new(), BTreeMap::new(), 0);
        Activities { registered, running, tokio, messages, is_virtual, bounds, resting, rests }
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// Whether an attempt is running that does not let virtual time pass.
    pub(super) fn is_busy(&self) -> bool {
        self.running.values().any(|running| !running.rests)
    }

    /// An attempt waits for virtual time to pass.
    pub(super) fn rest(&mut self, now: Moment, rest: Rest) {
        if let Some(running) = self.running.get_mut(&(rest.task, rest.attempt)) {
            running.rests = true;
            self.rests += 1;
            self.resting.insert((now.after(rest.duration), self.rests), rest);
        }
    }

    /// When the next attempt goes on that waits.
    pub(super) fn next_wake(&mut self) -> Option<Moment> {
        // What it was a part of has gone on without it.
        self.resting.retain(|_, rest| !rest.wake.is_closed());
        self.resting.first_key_value().map(|((when, _), _)| *when)
    }

    /// Lets those attempts go on that have waited long enough.
    pub(super) fn wake(&mut self, now: Moment) {
        while let Some(first) = self.resting.first_entry().filter(|first| first.key().0 <= now) {
            let rest = first.remove();
            if let Some(running) = self.running.get_mut(&(rest.task, rest.attempt))
                && rest.wake.send(()).is_ok()
            {
                running.rests = false;
            }
        }
    }

    /// Starts or stops an attempt.
    pub(super) fn carry_out(&mut self, order: Order) {
        match order {
            Order::Start {
                task,
                activity,
                workflow,
                run_id,
                attempt,
                input,
                heartbeat,
                details,
                deadline,
            } => {
                let engine = Report {
                    task,
                    attempt,
                    messages: self.messages.clone(),
                    tokio: self.tokio.clone(),
                    every: heartbeat.map(|timeout| timeout / 2),
                    is_virtual: self.is_virtual,
                    bounds: self.bounds,
                    link: OnceLock::new(),
                };
                let link = engine.link(details, deadline);
                let ctx = ActivityContext::linked(run_id, activity, task.op.0, attempt, link.clone());
                self.start(task, workflow, ctx, link, input);
            }
            Order::Stop { task, attempt, how } => self.stop(task, attempt, how),
        }
    }

    fn start(
        &mut self,
        task: TaskId,
        workflow: Option<&'static str>,
        ctx: ActivityContext,
        link: Arc<Link>,
        input: Payload,
    ) {
        let Some(registered) = self.registered.get(ctx.activity) else {
            // The core starts what is registered only.
            tracing::error!(ctx.activity, "an activity that is not registered was to be started");
            return;
        };
        let run = registered.run.clone();
        let attempt = ctx.attempt;
        let ending = Ending { task, attempt, messages: self.messages.clone(), link: link.clone(), end: None };
        let (to_watch, bounds) = (link.clone(), self.bounds);
        let span = tracing::info_span!(
            target: "longhaul::activity",
            "activity",
            workflow,
            run = ctx.run_id,
            activity = ctx.activity,
            op = ctx.activity_id,
            attempt,
        );
        let attempted = async move {
            // Dropped last, whatever becomes of the attempt.
            let mut ending = ending;
            let end = run_attempt(run, ctx, input, &to_watch).await.within(&bounds);
            tell(&end);
            ending.end = Some(end);
        };
        let spawned = self.tokio.spawn(attempted.instrument(span));
        let running = Running { abort: spawned.abort_handle(), link, rests: false };
        self.running.insert((task, attempt), running);
    }

    /// Takes note that an attempt has ended.
    pub(super) fn ended(&mut self, task: TaskId, attempt: u32) {
        self.running.remove(&(task, attempt));
    }

    fn stop(&mut self, task: TaskId, attempt: u32, how: Stop) {
        let Some(running) = self.running.get(&(task, attempt)) else { return };
        match how {
            Stop::Tell => drop(running.link.tell()),
            Stop::Cancel if running.link.tell() => {}
            Stop::Cancel | Stop::Drop => running.abort.abort(),
        }
    }

    /// Tells all attempts that they are cancelled, and lets go of them.
    pub(super) fn cancel_all(&mut self) {
        for running in std::mem::take(&mut self.running).into_values() {
            running.link.tell();
            running.abort.abort();
        }
    }
}

/// Tells the engine how an attempt ended, however it did.
struct Ending {
    task: TaskId,
    attempt: u32,
    messages: Sender<Message>,
    link: Arc<Link>,
    end: Option<AttemptEnd>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut end = self.end.take().unwrap_or(AttemptEnd::Dropped);
        let details = self.link.last().unwrap_or_else(|error| {
            end = AttemptEnd::Broken(format!("its heartbeat: {error}"));
            None
        });
        let (task, attempt) = (self.task, self.attempt);
        // An engine that has stopped runs it again after the next open.
        drop(self.messages.send(Message::Work(Work::Input(Input::Attempted {
            task,
            attempt,
            end,
            details,
        }))));
    }
}

/// Tells of an attempt's end, within its span.
fn tell(end: &AttemptEnd) {
    match end {
        AttemptEnd::Completed(_) => tracing::debug!(target: "longhaul::activity", "attempt completed"),
        AttemptEnd::Later => tracing::debug!(target: "longhaul::activity", "attempt left to be completed"),
        AttemptEnd::Failed { display: error, .. } => {
            tracing::warn!(target: "longhaul::activity", error, "attempt failed");
        }
        AttemptEnd::Panicked(message) => {
            tracing::warn!(target: "longhaul::activity", error = message, "attempt panicked");
        }
        AttemptEnd::Broken(reason) => {
            tracing::error!(target: "longhaul::activity", error = reason, "attempt cannot be made");
        }
        AttemptEnd::Dropped => {}
    }
}

async fn run_attempt(run: ErasedActivity, ctx: ActivityContext, input: Payload, link: &Link) -> AttemptEnd {
    match until_later(caught(async move { run(ctx, input).await }), link).await {
        None => AttemptEnd::Later,
        Some(Ok(Attempt::Completed(output))) => AttemptEnd::Completed(output),
        Some(Ok(Attempt::Failed { error, display, retry })) => AttemptEnd::Failed { error, display, retry },
        Some(Ok(Attempt::Broken(error))) => AttemptEnd::Broken(error.to_string()),
        Some(Err(panic)) => AttemptEnd::Panicked(panic),
    }
}

/// The future's output; `None` once its result is to come from outside.
async fn until_later<T>(future: impl Future<Output = T>, link: &Link) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if link.is_later() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// The future's output, or the message of its panic.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic_text(&*panic))),
    })
    .await
}
