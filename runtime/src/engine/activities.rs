//! Attempts at activities, as tokio tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tracing::Instrument;

use super::Message;
use super::attempt::{Office, Rest};
use super::attempting::Attempting;
use super::limits::Bounds;
use crate::activity::{ActivityContext, Link, RegisteredActivity};
use crate::codec::Payload;
use crate::core::{Order, Stop};
use crate::store::TaskId;
use crate::time::Moment;

/// The activities that an engine can run, and the attempts that are running.
pub(super) struct Activities {
    registered: BTreeMap<&'static str, RegisteredActivity>,
    running: BTreeMap<(TaskId, u32), Running>,
    office: Arc<Office>,
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
        let office = Arc::new(Office { messages, tokio, is_virtual, bounds });
        Activities { registered, running: BTreeMap::new(), office, resting: BTreeMap::new(), rests: 0 }
    }

    /// Where attempts run.
    pub(super) fn tokio(&self) -> &Handle {
        &self.office.tokio
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
                let every = heartbeat.map(|timeout| timeout / 2);
                let link = self.office.link(task, attempt, every, details, deadline);
                let ctx = ActivityContext::linked(run_id.into(), activity, task.op.0, attempt, link.clone());
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
        let attempt = ctx.attempt;
        let span = tracing::info_span!(
            target: "longhaul::activity",
            "activity",
            workflow,
            run = ctx.run_id,
            activity = ctx.activity,
            op = ctx.activity_id,
            attempt,
        );
        let office = Arc::clone(&self.office);
        let attempting = Attempting::new(task, &registered.run, ctx, input, Arc::clone(&link), office);
        let spawned = self.office.tokio.spawn(attempting.instrument(span));
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
