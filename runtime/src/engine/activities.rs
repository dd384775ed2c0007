//! Attempts at activities, as tokio tasks.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc::Sender;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::Message;
use crate::activity::{ActivityContext, Attempt, ErasedActivity, RegisteredActivity};
use crate::codec::Payload;
use crate::core::{AttemptEnd, Input, panic_text};
use crate::store::TaskId;

/// The activities that an engine can run, and the attempts that are running.
pub(super) struct Activities {
    registered: BTreeMap<&'static str, RegisteredActivity>,
    running: BTreeMap<TaskId, (u32, AbortHandle)>,
    tokio: Handle,
    messages: Sender<Message>,
    /// Whether attempts have their start-to-close timeout.
    limited: bool,
}

impl Activities {
    pub(super) fn new(
        registered: BTreeMap<&'static str, RegisteredActivity>,
        tokio: Handle,
        messages: Sender<Message>,
        limited: bool,
    ) -> Self {
        Activities { registered, running: BTreeMap::new(), tokio, messages, limited }
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    pub(super) fn start(
        &mut self,
        task: TaskId,
        activity: &'static str,
        run_id: String,
        attempt: u32,
        input: Payload,
    ) {
        let Some(registered) = self.registered.get(activity) else {
            // The core starts what is registered only.
            tracing::error!(activity, "an activity that is not registered was to be started");
            return;
        };
        let limit = self.limited.then_some(registered.options.start_to_close);
        let run = registered.run.clone();
        let ctx = ActivityContext { run_id, activity, activity_id: task.op.0, attempt };
        let messages = self.messages.clone();
        let spawned = self.tokio.spawn(async move {
            let end = run_attempt(run, ctx, input, limit).await;
            // An engine that has stopped runs it again after the next open.
            let _ = messages.send(Message::Input(Input::Attempted { task, attempt, end }));
        });
        self.running.insert(task, (attempt, spawned.abort_handle()));
    }

    /// Takes note that an attempt has ended.
    pub(super) fn ended(&mut self, task: TaskId, attempt: u32) {
        if self.running.get(&task).is_some_and(|(running, _)| *running == attempt) {
            self.running.remove(&task);
        }
    }

    pub(super) fn cancel(&mut self, task: TaskId) {
        if let Some((_, attempt)) = self.running.remove(&task) {
            attempt.abort();
        }
    }

    pub(super) fn cancel_all(&mut self) {
        for (_, attempt) in std::mem::take(&mut self.running).into_values() {
            attempt.abort();
        }
    }
}

async fn run_attempt(
    run: ErasedActivity,
    ctx: ActivityContext,
    input: Payload,
    limit: Option<Duration>,
) -> AttemptEnd {
    let attempt = caught(async move {
        match limit {
            None => Ok(run(ctx, input).await),
            Some(limit) => tokio::time::timeout(limit, run(ctx, input)).await.map_err(|_| limit),
        }
    });
    match attempt.await {
        Ok(Ok(Attempt::Completed(output))) => AttemptEnd::Completed(output),
        Ok(Ok(Attempt::Failed { error, display })) => AttemptEnd::Failed { error, display },
        Ok(Ok(Attempt::Broken(error))) => AttemptEnd::Broken(error.to_string()),
        Ok(Err(limit)) => AttemptEnd::TimedOut(limit),
        Err(panic) => AttemptEnd::Panicked(panic),
    }
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
