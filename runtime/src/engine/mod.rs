//! The engine: opens a store, drives its runs, answers for them.
//!
//! An [`Engine`] is a handle to one thread (`shell`), which has the core ([`crate::core`]) to itself. It takes what is
//! ready, lets the core handle it (`driver`), and lets nothing out, no answer and no activity start, before all that it
//! follows from is durable. While one batch is being synced (`committer`) it goes on with the next (`flights`).
//! Activities run on the tokio runtime that the engine was opened in.

mod activities;
mod answers;
mod ask;
mod asker;
mod attempt;
mod attempting;
mod begun;
mod builder;
mod clock;
mod closing;
mod committer;
mod complete;
mod driver;
mod flights;
mod handle;
mod health;
mod history;
mod json;
mod limits;
mod list;
mod local;
mod logged;
mod meter;
mod open;
mod past;
mod pulse;
mod reading;
mod recover;
mod shell;
mod start;
mod update;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

pub use builder::{EngineBuilder, Opened};
pub use clock::Clock;
pub use handle::RunHandle;
pub use health::{Degraded, Health};
pub use history::{History, HistoryEntry, HistoryError, HistoryStream};
pub use list::RunPage;
pub use past::PastState;
pub use start::Start;
pub use update::{AcceptedUpdate, Update};

pub use crate::core::{AttemptState, Awaited, ListFilter, RunDescription, RunStatus, Waiting, WaitingFor};

use crate::core::{Input, Reply, Target};
use crate::error::{CancelError, EngineError, HandleError, RedriveError};
use crate::store::StoreError;
use crate::time::Moment;
use crate::workflow::Workflow;
use limits::{Bounds, Queue};
use meter::Meter;
use pulse::Pulse;

#[cfg(feature = "testing")]
pub(crate) use driver::Driver;
pub(crate) use driver::Work;
#[cfg(feature = "testing")]
pub(crate) use list::Listing;
#[cfg(feature = "testing")]
pub(crate) use recover::{Recovered, recover};

/// A running engine. Clones are the same engine.
///
/// When the last clone and the last [`RunHandle`] are dropped, the engine stops as [`Engine::shutdown`] does; only
/// errors on closing are not seen then.
#[derive(Clone)]
pub struct Engine {
    /// Behind a trait, so that how an engine ends is compiled once.
    inner: Arc<dyn HasInner>,
}

trait HasInner: Send + Sync {
    fn inner(&self) -> &Inner;
}

impl HasInner for Inner {
    fn inner(&self) -> &Inner {
        self
    }
}

struct Inner {
    messages: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    recovered: u64,
    thread: Option<JoinHandle<()>>,
}

/// What the engine's thread and its handles both see.
#[derive(Debug, Default)]
struct Shared {
    /// Why the engine does not answer any more.
    ended: OnceLock<EngineError>,
    running_activities: AtomicUsize,
    hot_runs: AtomicUsize,
    queue: Queue,
    /// Whether the engine's thread is awake and waits for no commit: what is asked now and only read is answered in microseconds.
    attentive: AtomicBool,
    bounds: Bounds,
    pulse: Pulse,
    meter: Meter,
    /// Under virtual time, ids and seeds are counted and not drawn: from the number of runs at the open in the
    /// upper half, so that no two lives of a store count the same.
    counted: Option<AtomicU64>,
}

impl Shared {
    fn end(&self, why: EngineError) {
        // The first reason is the one to tell.
        let _ = self.ended.set(why);
    }
}

/// What the engine's thread is asked.
enum Message {
    /// What takes a turn.
    Work(Work),
    /// A batch was committed, or could not be.
    Committed,
    /// Under virtual time: lets this much time pass.
    Advance(Duration, Reply<Moment>),
    /// Under virtual time: an attempt at an activity waits.
    Rest(attempt::Rest),
    Shutdown(Reply<Result<(), EngineError>>),
    /// As `Shutdown`, once no attempt at an activity runs any more, or after this time.
    Finish(Duration, Reply<Result<(), EngineError>>),
    /// The last handle was dropped.
    Stop,
}

impl Message {
    /// Whether it tells something of an attempt that is there; or is the last there can be.
    fn is_of_attempts(&self) -> bool {
        match self {
            Message::Work(Work::Input(input)) => matches!(
                input,
                Input::Attempted { .. }
                    | Input::Heartbeat { .. }
                    | Input::Token { .. }
                    | Input::Outside { .. }
            ),
            Message::Committed | Message::Rest(_) | Message::Stop | Message::Shutdown(_) => true,
            _ => false,
        }
    }

    /// Whether it is answered from a run as it is, and changes nothing.
    fn is_read(&self) -> bool {
        let read =
            |input: &_| matches!(input, Input::Find { .. } | Input::Query { .. } | Input::Describe { .. });
        matches!(self, Message::Work(Work::Input(input)) if read(input))
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("shared", &self.inner().shared).finish_non_exhaustive()
    }
}

impl Engine {
    /// What an engine is made with: workflows, activities, and where it keeps them.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Starts a run of `W`, once the returned [`Start`] is awaited.
    #[allow(clippy::needless_pass_by_value)] // as one calls an `async fn`
    pub fn start<W: Workflow>(&self, input: W::Input) -> Start<W> {
        Start::new(self.clone(), &input)
    }

    /// The handle to an existing run of `W`.
    pub async fn handle<W: Workflow>(&self, id: impl Into<String>) -> Result<W::Handle, HandleError> {
        let id = id.into();
        let found = self.ask_find(W::NAME, id.clone()).await?;
        Ok(W::Handle::from(RunHandle::new(self.clone(), id, found?)))
    }

    /// One page of the runs that `filter` lets through, in the order in which they were started.
    ///
    /// What was acknowledged before the call is in it. The list is made in bounded steps between which other work
    /// goes on, so a run may change its status while it is being made.
    pub async fn list(&self, filter: ListFilter) -> Result<RunPage, EngineError> {
        self.ask_list(filter).await?
    }

    /// Drives a parked run: handles what it has not handled yet. A run that is not parked is left alone.
    ///
    /// A parked run is also tried again, once each time it is loaded into memory, when a signal, a result or a timer reaches it.
    pub async fn redrive(&self, id: impl Into<String>) -> Result<(), RedriveError> {
        self.ask_redrive(id.into()).await?
    }

    /// Asks the run of this id to cancel, whichever workflow it is of; see [`RunHandle::cancel`].
    pub async fn cancel(&self, id: impl Into<String>) -> Result<(), CancelError> {
        self.ask_cancel(Target::Id(id.into())).await?
    }

    /// Ends the run of this id, whichever workflow it is of; see [`RunHandle::terminate`].
    pub async fn terminate(
        &self,
        id: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), CancelError> {
        self.ask_terminate(Target::Id(id.into()), reason.into()).await?
    }

    /// How many runs had not ended when the engine was opened.
    pub fn recovered(&self) -> u64 {
        self.inner().recovered
    }

    /// How many attempts at activities are running.
    pub fn running_activities(&self) -> usize {
        self.inner().shared.running_activities.load(Ordering::Acquire)
    }

    /// How many runs are in memory; see [`EngineBuilder::hot_runs`].
    pub fn hot_runs(&self) -> usize {
        self.inner().shared.hot_runs.load(Ordering::Acquire)
    }

    /// How many requests wait for the engine; see [`EngineBuilder::max_queue`].
    pub fn queued_requests(&self) -> usize {
        self.inner().shared.queue.len()
    }

    /// Lets `duration` pass, with all that falls due in it, and gives the time then. Under
    /// [virtual time](Clock::virtual_from) only; under the system's clock it gives the time at once.
    ///
    /// Time stands still while an activity runs.
    pub async fn advance(&self, duration: Duration) -> Result<Moment, EngineError> {
        self.ask_advance(duration).await
    }

    /// The engine's time: what a workflow's `ctx.now()` would be if it moved now.
    pub async fn now(&self) -> Result<Moment, EngineError> {
        self.ask_now().await
    }

    /// Stops: takes no more work, lets go of running activities (they run again after the next open), and closes
    /// the store. What was acknowledged is durable. When this is done, the data directory can be opened again; where the store has to do
    /// more than 10 s of work in its background, that goes on behind this, with a warning, and keeps the directory locked until it is done.
    pub async fn shutdown(self) -> Result<(), EngineError> {
        self.ask_shutdown().await?
    }

    /// Stops as [`shutdown`](Self::shutdown) does, but lets the attempts at activities that are running end first, for up to `grace`.
    /// What they come to is stored, and runs go on with it; no attempt is started, those that fall due are made after the next
    /// open. Nothing else is taken up from now on. Attempts that have not ended after `grace` are told that they are cancelled
    /// and let go of.
    ///
    /// # Errors
    ///
    /// When the store could not be closed.
    pub async fn shutdown_after(self, grace: Duration) -> Result<(), EngineError> {
        self.ask_finish(grace).await?
    }

    fn inner(&self) -> &Inner {
        self.inner.inner()
    }

    fn ended(&self) -> EngineError {
        // Each orderly end says why before an asker can see it.
        self.inner().shared.ended.get().cloned().unwrap_or_else(thread_panicked)
    }

    /// An id that no other has; with `seed`, where ids are counted.
    #[inline(never)]
    fn new_id(&self, kind: &str, seed: u64) -> String {
        match self.inner().shared.counted {
            Some(_) => format!("{kind}-{}-{}", seed >> 32, seed & u64::from(u32::MAX)),
            None => uuid::Uuid::now_v7().to_string(),
        }
    }

    /// A number that no other run has: the seed of its random numbers.
    #[inline(never)]
    fn seed(&self) -> u64 {
        if let Some(counted) = &self.inner().shared.counted {
            return counted.fetch_add(1, Ordering::Relaxed);
        }
        let (high, low) = uuid::Uuid::now_v7().as_u64_pair();
        high.rotate_left(32) ^ low
    }
}

/// What is told when the engine's thread ended by a panic, which is a bug of ours.
fn thread_panicked() -> EngineError {
    EngineError::Poisoned(StoreError::new("drive the runs", "the engine's thread panicked"))
}

impl Drop for Inner {
    fn drop(&mut self) {
        // When the thread has ended already there is nothing to stop.
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the engine's thread panicked");
        }
    }
}
