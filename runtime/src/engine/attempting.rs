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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver};

    use super::*;
    use crate::engine::limits::Bounds;
    use crate::machine::OpId;
    use crate::store::RunNo;
    use crate::time::Moment;

    type Activity = Pin<Box<dyn Future<Output = Attempt> + Send>>;

    /// Panics where it is dropped.
    struct Touchy;

    impl Drop for Touchy {
        fn drop(&mut self) {
            panic!("touched");
        }
    }

    fn begin(activity: fn() -> Activity) -> (tokio::runtime::Runtime, Attempting, Receiver<Message>) {
        let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (messages, told) = mpsc::channel();
        let office =
            Office { messages, tokio: tokio.handle().clone(), is_virtual: false, bounds: Bounds::default() };
        let office = Arc::new(office);
        let task = TaskId { run: RunNo(1), op: OpId(2) };
        let link = office.link(task, 1, None, None, Moment(0));
        let ctx = ActivityContext::linked("run".to_owned(), "activity", 2, 1, Arc::clone(&link));
        let run: ErasedActivity = Arc::new(move |_, _| activity());
        let attempting = Attempting::new(task, &run, ctx, Payload::default(), link, office);
        (tokio, attempting, told)
    }

    /// The ends that were told, until the attempt is gone.
    fn ends(activity: fn() -> Activity) -> Vec<AttemptEnd> {
        let (tokio, attempting, told) = begin(activity);
        tokio.block_on(attempting);
        drop(tokio);
        told.into_iter().map(end).collect()
    }

    fn end(message: Message) -> AttemptEnd {
        match message {
            Message::Work(Work::Input(Input::Attempted { end, .. })) => end,
            _ => panic!("an attempt tells of its end and of nothing else"),
        }
    }

    fn is_panic(ends: &[AttemptEnd], text: &str) -> bool {
        matches!(ends, [AttemptEnd::Panicked(message)] if message == text)
    }

    #[test]
    fn an_attempt_tells_its_end_once() {
        let ends = ends(|| Box::pin(async { Attempt::Completed(Payload(vec![1])) }));
        assert!(matches!(&*ends, [AttemptEnd::Completed(Payload(output))] if *output == [1]), "{ends:?}");
    }

    #[test]
    fn a_panic_is_the_end_of_an_attempt_wherever_it_comes_from() {
        let made = ends(|| panic!("not made"));
        assert!(is_panic(&made, "not made"), "{made:?}");
        let polled = ends(|| Box::pin(async { panic!("not done") }));
        assert!(is_panic(&polled, "not done"), "{polled:?}");
        let dropped = ends(|| {
            let touchy = Touchy;
            Box::pin(std::future::poll_fn(move |_| {
                let _ = &touchy;
                Poll::Ready(Attempt::Completed(Payload::default()))
            }))
        });
        assert!(is_panic(&dropped, "touched"), "{dropped:?}");
    }

    #[test]
    fn an_attempt_that_is_dropped_says_so_also_where_its_code_panics_then() {
        let (_tokio, attempting, told) = begin(|| {
            let touchy = Touchy;
            Box::pin(async move {
                let _touchy = touchy;
                std::future::pending().await
            })
        });
        assert!(caught(|| drop(attempting)).is_err());
        let ends: Vec<_> = told.into_iter().map(end).collect();
        assert!(matches!(&*ends, [AttemptEnd::Dropped]), "{ends:?}");
    }
}
