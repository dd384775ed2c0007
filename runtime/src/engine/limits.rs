//! What an engine takes at most. Beyond a limit its askers wait, or have an error that says so; nothing grows.

use std::time::Duration;

use tokio::sync::Semaphore;

use super::builder::EngineBuilder;
use super::driver::Work;
use super::{Engine, Message};
use crate::codec::Payload;
use crate::core::{AttemptEnd, Input, Told};
use crate::error::TooLarge;

/// The limits that the core does not know of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The bytes of one encoded value.
    pub(super) payload: usize,
    /// The requests that wait for their turn.
    pub(super) queue: usize,
    /// The requests that are taken up in one turn.
    pub(super) batch: usize,
    /// Behind how many bytes of requests a turn takes up no more.
    pub(super) batch_bytes: usize,
    /// From when on a commit or a turn is slow.
    pub(super) slow: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            payload: 2 << 20,
            queue: 16_384,
            batch: 1_024,
            batch_bytes: 8 << 20,
            slow: Duration::from_secs(1),
        }
    }
}

impl Bounds {
    /// Whether a value may be stored.
    pub(super) fn check(&self, what: &'static str, payload: &Payload) -> Result<(), TooLarge> {
        let (bytes, limit) = (payload.0.len(), self.payload);
        if bytes > limit { Err(TooLarge { what, bytes, limit }) } else { Ok(()) }
    }
}

/// The places in the queue of an engine's requests: who asks takes one, and waits where there is none.
#[derive(Debug)]
pub(super) struct Queue {
    free: Semaphore,
    places: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Queue::of(Bounds::default().queue)
    }
}

impl Queue {
    pub(super) fn of(places: usize) -> Self {
        let places = places.clamp(1, Semaphore::MAX_PERMITS);
        Queue { free: Semaphore::new(places), places }
    }

    /// How many places are taken.
    pub(super) fn len(&self) -> usize {
        self.places.saturating_sub(self.free.available_permits())
    }

    /// Whether whoever asks now has to wait for a place.
    pub(super) fn is_full(&self) -> bool {
        self.free.available_permits() == 0
    }

    /// Waits for a place, in the order of those who ask. `false` when the engine has ended.
    pub(super) async fn enter(&self) -> bool {
        match self.free.acquire().await {
            Ok(place) => {
                // It is given back by whoever takes the request up.
                place.forget();
                true
            }
            Err(_) => false,
        }
    }

    /// So many requests were taken up.
    pub(super) fn leave(&self, requests: usize) {
        if requests > 0 {
            self.free.add_permits(requests);
        }
    }

    /// Nobody waits any more.
    pub(super) fn close(&self) {
        self.free.close();
    }
}

impl Message {
    /// Whether it has a place in the queue. What attempts tell has none: there are no more of them than may run.
    pub(super) fn is_queued(&self) -> bool {
        match self {
            Message::Work(Work::Input(input)) => !matches!(
                input,
                Input::Attempted { .. }
                    | Input::Heartbeat { .. }
                    | Input::Token { .. }
                    | Input::NoMoreAttempts
            ),
            Message::Work(_) => true,
            _ => false,
        }
    }

    /// About how many bytes it brings to be stored.
    pub(super) fn weight(&self) -> usize {
        let Message::Work(Work::Input(input)) = self else { return 0 };
        match input {
            Input::Start(start) => start.input.0.len(),
            Input::Signal { args, .. } => args.0.len(),
            Input::Update { asked, .. } => asked.args.0.len(),
            Input::Heartbeat { details, .. } | Input::Outside { told: Told::Heartbeat(details), .. } => {
                details.0.len()
            }
            Input::Attempted { end, .. } | Input::Outside { told: Told::Ended(_, end), .. } => end.weight(),
            _ => 0,
        }
    }
}

impl AttemptEnd {
    fn weight(&self) -> usize {
        match self {
            AttemptEnd::Completed(payload) | AttemptEnd::Failed { error: payload, .. } => payload.0.len(),
            AttemptEnd::Panicked(text) | AttemptEnd::Broken(text) => text.len(),
            AttemptEnd::Later | AttemptEnd::Dropped => 0,
        }
    }

    /// The end, if what it brings is not too large; an end by that otherwise, so that it is not tried for ever.
    pub(super) fn within(self, bounds: &Bounds) -> AttemptEnd {
        let checked = match &self {
            AttemptEnd::Completed(output) => bounds.check("its result", output),
            AttemptEnd::Failed { error, .. } => bounds.check("its error", error),
            _ => Ok(()),
        };
        match checked {
            Ok(()) => self,
            Err(too_large) => AttemptEnd::Broken(too_large.to_string()),
        }
    }
}

impl Engine {
    /// Whether a value may be stored.
    pub(super) fn check(&self, what: &'static str, payload: &Payload) -> Result<(), TooLarge> {
        self.inner().shared.bounds.check(what, payload)
    }
}

/// Limits. Reaching one gives an error that names it, or makes whoever asks wait.
impl EngineBuilder {
    /// How many bytes one value may have that is handed to the engine: the input of a run, the arguments of a signal or an update,
    /// the result of an activity, the details of a heartbeat; each as it is encoded. Default: 2 MiB.
    ///
    /// What is larger is refused with [`TooLarge`], and leaves no trace. An activity whose result is too large parks the run that called
    /// it; under an engine with a higher limit it goes on, once it is [redriven](Engine::redrive), with another attempt. What has been
    /// stored is read whatever its size. What a workflow makes itself (its variables, the arguments of its calls, its output) is not
    /// limited.
    #[must_use]
    pub fn max_payload_bytes(mut self, bytes: usize) -> Self {
        self.bounds().payload = bytes;
        self
    }

    /// How many signals a run may have that it has accepted and not handled: more than none are there while it is parked only. One more
    /// is refused with [`SignalError::InboxFull`](crate::SignalError::InboxFull). Results of activities and timers are always taken.
    /// Default: 1,000.
    #[must_use]
    pub fn max_inbox(mut self, signals: usize) -> Self {
        self.limits().inbox = signals;
        self
    }

    /// How many requests (starts, signals, queries, all that is asked of an engine and its handles) wait for the engine at most. Those who
    /// ask more wait for a place, in their order, before anything is sent. 0 counts as 1. Default: 16,384.
    #[must_use]
    pub fn max_queue(mut self, requests: usize) -> Self {
        self.bounds().queue = requests;
        self
    }

    /// How many requests and results of activities are taken up in one turn at most, which is what is committed in one batch. 0
    /// counts as 1. Default: 1,024.
    #[must_use]
    pub fn max_batch(mut self, requests: usize) -> Self {
        self.bounds().batch = requests.max(1);
        self
    }

    /// Behind how many bytes of requests and results a turn takes up no more. One that has more by itself is a turn of its own.
    /// Default: 8 MiB.
    #[must_use]
    pub fn max_batch_bytes(mut self, bytes: usize) -> Self {
        self.bounds().batch_bytes = bytes.max(1);
        self
    }
}
