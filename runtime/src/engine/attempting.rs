//! An attempt at an activity, as a future. Of these there is one for each call that runs, so it is small: what all attempts
//! have in common is behind one pointer.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Message;
use super::attempt::Office;
use super::driver::Work;
use crate::activity::{ActivityContext, Attempt, ErasedActivity, Link};
use crate::codec::Payload;
use crate::core::{AttemptEnd, Input, panic_text};
use crate::store::TaskId;

/// An attempt that is under way. Tells the engine how it ended, however it did.
pub(super) struct Attempting {
    /// The activity; `None` once it has ended.
    activity: Option<Pin<Box<dyn Future<Output = Attempt> + Send>>>,
    // Dropped after the activity, whatever becomes of that.
    ending: Ending,
}

struct Ending {
    task: TaskId,
    attempt: u32,
    has_told: bool,
    link: Arc<Link>,
    office: Arc<Office>,
}

impl Attempting {
    pub(super) fn new(
        task: TaskId,
        run: &ErasedActivity,
        ctx: ActivityContext,
        input: Payload,
        link: Arc<Link>,
        office: Arc<Office>,
    ) -> Self {
        let mut ending = Ending { task, attempt: ctx.attempt, has_told: false, link, office };
        // Its code runs when it is polled; this only makes the future.
        let activity = caught(|| run(ctx, input));
        let activity = activity.map_err(|end| ending.tell(end)).ok();
        Attempting { activity, ending }
    }

    /// Lets the activity go on; gives how it has ended, if it has.
    fn go_on(&mut self, cx: &mut Context<'_>) -> Poll<AttemptEnd> {
        let Some(activity) = &mut self.activity else { return Poll::Ready(AttemptEnd::Dropped) };
        match activity.as_mut().poll(cx) {
            Poll::Ready(attempt) => {
                // Nothing of it is left when the engine hears of its end.
                self.activity = None;
                Poll::Ready(end_of(attempt))
            }
            // Its result is to come from outside.
            Poll::Pending if self.ending.link.is_later() => Poll::Ready(AttemptEnd::Later),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Future for Attempting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let end = match caught(|| self.go_on(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(end)) => end.within(&self.ending.office.bounds),
            Err(end) => end,
        };
        self.ending.log(&end);
        // One that panicked, or is left open, is there still.
        let left = self.activity.take();
        if let Err(panicked) = caught(|| drop(left)) {
            self.ending.log(&panicked);
        }
        self.ending.tell(end);
        Poll::Ready(())
    }
}

impl Ending {
    /// Tells the engine.
    fn tell(&mut self, mut end: AttemptEnd) {
        if std::mem::replace(&mut self.has_told, true) {
            return;
        }
        let details = self.link.last().unwrap_or_else(|error| {
            end = AttemptEnd::Broken(format!("its heartbeat: {error}"));
            None
        });
        let (task, attempt) = (self.task, self.attempt);
        // An engine that has stopped runs it again after the next open.
        self.office.send(Message::Work(Work::Input(Input::Attempted { task, attempt, end, details })));
    }

    /// Notes an attempt's end, within its span.
    fn log(&self, end: &AttemptEnd) {
        if self.has_told {
            return;
        }
        match end {
            AttemptEnd::Completed(_) => tracing::debug!(target: "longhaul::activity", "attempt completed"),
            AttemptEnd::Later => {
                tracing::debug!(target: "longhaul::activity", "attempt left to be completed");
            }
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
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.tell(AttemptEnd::Dropped);
    }
}

/// What `code` of an activity gives, or its panic as the attempt's end.
fn caught<T>(code: impl FnOnce() -> T) -> Result<T, AttemptEnd> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| AttemptEnd::Panicked(panic_text(&*panic)))
}

fn end_of(attempt: Attempt) -> AttemptEnd {
    match attempt {
        Attempt::Completed(output) => AttemptEnd::Completed(output),
        Attempt::Failed { error, display, retry } => AttemptEnd::Failed { error, display, retry },
        Attempt::Broken(error) => AttemptEnd::Broken(error.to_string()),
    }
}
