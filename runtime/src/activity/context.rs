//! What an attempt and its engine have to say to each other while it runs.

use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::codec::{self, CodecError, Payload};
use crate::error::TooLarge;
use crate::time::Moment;

/// What an activity may know of the call that it serves, and how it talks to its engine.
#[derive(Debug, Clone)]
pub struct ActivityContext {
    /// The id of the run that called.
    pub run_id: String,
    /// The activity's name.
    pub activity: &'static str,
    /// The number of this call within its run; the same for each attempt.
    pub activity_id: u64,
    /// The number of this attempt, from 1. An attempt that a crash cut short is made again under its number.
    pub attempt: u32,
    link: Arc<Link>,
}

/// What an attempt shares with its engine.
#[derive(Default)]
pub(crate) struct Link {
    /// Whether the attempt was told that it is cancelled.
    told: AtomicBool,
    /// Whether the attempt asks for that.
    listens: AtomicBool,
    telling: Notify,
    /// Whether the attempt's result comes from outside.
    later: AtomicBool,
    /// What few attempts have a use for.
    rare: OnceLock<Box<Rare>>,
    /// What an earlier attempt told with its last heartbeat.
    details: Option<Box<Payload>>,
    /// When the attempt is given up at the latest.
    deadline: Option<Moment>,
    /// The engine; none in an attempt that has none.
    engine: Option<Box<dyn Reports>>,
}

/// Its token, once it was asked for, and its heartbeats.
#[derive(Default)]
struct Rare {
    token: OnceLock<String>,
    beat: Mutex<Beat>,
}

/// What an attempt tells its engine.
pub(crate) trait Reports: Send + Sync {
    /// A heartbeat.
    fn heartbeat(&self, details: Payload);
    /// Whether a heartbeat's details are not too large.
    fn check(&self, details: &Payload) -> Result<(), TooLarge>;
    /// For how long after one the engine wants no other heartbeat; `None` is no time.
    fn pause(&self) -> Option<Duration>;
    /// Calls [`Link::flush`] after some time.
    fn flush_in(&self, pause: Duration);
    /// A token of this attempt is to be handed out.
    fn token(&self) -> String;
    /// Waits.
    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The heartbeats of an attempt.
#[derive(Default)]
struct Beat {
    /// What has been told last and not been passed on.
    unsent: Option<Payload>,
    /// Whether the last one was passed on not long ago.
    paused: bool,
    /// Why a heartbeat could not be told.
    broken: Option<String>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("cancelled", &self.told).finish_non_exhaustive()
    }
}

impl ActivityContext {
    /// The context of an attempt that no engine runs: for tests of the activity itself. Its heartbeats go nowhere.
    ///
    /// ```
    /// use longhaul::ActivityContext;
    /// let ctx = ActivityContext::new("order-42", "charge", 3, 2);
    /// assert_eq!(ctx.idempotency_key(), "order-42/3");
    /// assert!(!ctx.is_cancelled());
    /// ```
    pub fn new(run_id: impl Into<String>, activity: &'static str, activity_id: u64, attempt: u32) -> Self {
        Self::linked(run_id.into(), activity, activity_id, attempt, Arc::default())
    }

    pub(crate) fn linked(
        run_id: String,
        activity: &'static str,
        activity_id: u64,
        attempt: u32,
        link: Arc<Link>,
    ) -> Self {
        ActivityContext { run_id, activity, activity_id, attempt, link }
    }

    /// A text that is the same for each attempt at this call and differs between any two calls of an engine:
    /// hand it to whatever must do its work once (a payment provider's idempotency key).
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}", self.run_id, self.activity_id)
    }

    /// Says that this attempt goes on, and how far it is.
    ///
    /// Under a heartbeat timeout, an attempt that says nothing for so long is given up. The details go to the next attempt
    /// ([`last_heartbeat`](Self::last_heartbeat)) and into the error of a timeout ([`TimedOut::details`](super::TimedOut::details)).
    /// Heartbeats may come as often as one likes: they are passed on each half of the timeout (each 30 s where there is none),
    /// the newest each time; the last one also when the attempt ends by itself.
    ///
    /// Details that cannot be stored end the attempt as a result would that cannot: the run is parked.
    pub fn heartbeat<D: Serialize + ?Sized>(&self, details: &D) {
        let Some(engine) = &self.link.engine else { return };
        let encoded = codec::encode(details).map_err(|error| error.to_string());
        let encoded = encoded.and_then(|details| match engine.check(&details) {
            Ok(()) => Ok(details),
            Err(too_large) => Err(too_large.to_string()),
        });
        let mut beat = self.link.beat();
        match encoded {
            Err(error) => beat.broken = Some(error),
            Ok(details) if beat.paused => beat.unsent = Some(details),
            Ok(details) => {
                beat.unsent = None;
                engine.heartbeat(details);
                if let Some(pause) = engine.pause() {
                    beat.paused = true;
                    engine.flush_in(pause);
                }
            }
        }
    }

    /// What the last heartbeat of an earlier attempt told; `None` where there was none.
    ///
    /// # Errors
    ///
    /// When it told something of another type.
    pub fn last_heartbeat<D: Deserialize<'static>>(&self) -> Result<Option<D>, CodecError> {
        self.link.details.as_deref().map(codec::decode).transpose()
    }

    /// Whether this attempt was told that it is cancelled.
    ///
    /// An attempt that has asked for its cancellation once, by this or by [`cancelled`](Self::cancelled), ends by itself when it
    /// is cancelled. Any other is dropped where it stands, as futures are, unless its caller waits for it
    /// ([`Cancellation::WaitCompleted`](super::Cancellation::WaitCompleted)).
    pub fn is_cancelled(&self) -> bool {
        self.link.listens.store(true, Ordering::Release);
        self.link.told.load(Ordering::Acquire)
    }

    /// Waits until this attempt is told that it is cancelled; see [`is_cancelled`](Self::is_cancelled).
    pub async fn cancelled(&self) {
        loop {
            let telling = self.link.telling.notified();
            if self.is_cancelled() {
                return;
            }
            telling.await;
        }
    }

    /// When this attempt is given up at the latest; `None` where no engine runs it.
    pub fn deadline(&self) -> Option<jiff::Timestamp> {
        self.link.deadline.map(jiff::Timestamp::from)
    }

    /// Waits, by the engine's clock. Under virtual time (in tests) an attempt that waits so lets time pass; one that waits for
    /// anything else lets it stand still.
    pub async fn sleep(&self, duration: Duration) {
        match &self.link.engine {
            Some(engine) => engine.sleep(duration).await,
            None => tokio::time::sleep(duration).await,
        }
    }

    /// A text by which this attempt can be completed, failed, or kept alive from outside:
    /// see [`Engine::complete`](crate::Engine::complete). It is random, and fit for an address or a header.
    ///
    /// It is good for this attempt only: after a retry, or a crash before [`complete_later`](Self::complete_later), it is
    /// refused. Without an engine it is empty.
    pub fn token(&self) -> String {
        let token = || self.link.engine.as_ref().map(|engine| engine.token()).unwrap_or_default();
        self.link.rare().token.get_or_init(token).clone()
    }

    /// Ends this attempt without a result: that comes from outside, by its [token](Self::token). The timeouts of the attempt hold
    /// on. Nothing of the attempt's code runs any more, and it counts against no limit; a restart of the engine changes nothing.
    ///
    /// ```
    /// use longhaul::prelude::*;
    ///
    /// #[activity(start_to_close = "3d")]
    /// async fn ask(ctx: ActivityContext, question: String) -> Result<bool, Failure> {
    ///     println!("{question} Answer to /answers/{}", ctx.token());
    ///     ctx.complete_later().await
    /// }
    /// ```
    pub async fn complete_later<T>(&self) -> T {
        // So that the engine knows the token that the attempt is to be completed by.
        drop(self.token());
        self.link.later.store(true, Ordering::Release);
        pending().await
    }
}

impl Link {
    pub(crate) fn new(details: Option<Payload>, deadline: Moment, engine: Box<dyn Reports>) -> Self {
        let details = details.map(Box::new);
        Link { details, deadline: Some(deadline), engine: Some(engine), ..Link::default() }
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    fn beat(&self) -> std::sync::MutexGuard<'_, Beat> {
        self.rare().beat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the attempt that it is cancelled; gives whether it asks for that.
    pub(crate) fn tell(&self) -> bool {
        self.told.store(true, Ordering::Release);
        self.telling.notify_waiters();
        self.listens.load(Ordering::Acquire)
    }

    /// Whether the attempt's result comes from outside.
    pub(crate) fn is_later(&self) -> bool {
        self.later.load(Ordering::Acquire)
    }

    /// Passes on the newest heartbeat, if there was one since the last that was passed on.
    pub(crate) fn flush(&self) {
        let Some(engine) = &self.engine else { return };
        let mut beat = self.beat();
        beat.paused = false;
        if let Some(details) = beat.unsent.take() {
            engine.heartbeat(details);
            if let Some(pause) = engine.pause() {
                beat.paused = true;
                engine.flush_in(pause);
            }
        }
    }

    /// What the attempt told last and was not passed on; or why a heartbeat could not be told.
    pub(crate) fn last(&self) -> Result<Option<Payload>, String> {
        if self.rare.get().is_none() {
            return Ok(None);
        }
        let mut beat = self.beat();
        match beat.broken.take() {
            Some(error) => Err(error),
            None => Ok(beat.unsent.take()),
        }
    }
}
