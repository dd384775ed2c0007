//! Updates that are offered to a run: each becomes an event of the transition, or leaves no trace.
//!
//! An update is asked for at its place among the events, after all that came before it was handled. It is accepted when
//! its validator lets it and the transition stands with it. A transition that does not stand is tried again without
//! the updates, so that none can harm the run.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::instance::Instance;
use super::run::panic_text;
use crate::codec::Payload;
use crate::error::UpdateError;
use crate::store::{EventRecord, ParkReason};

/// Why an update was not accepted; what was encoded is its handler's answer.
pub(crate) type Refusal = UpdateError<Payload>;

/// The updates among the events of a transition that are offered, by their places.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    open: BTreeSet<usize>,
    refused: BTreeMap<usize, Refusal>,
    /// The event that is being handled.
    handling: Option<usize>,
}

impl Offers {
    /// The offers at these places.
    pub(crate) fn at(places: impl IntoIterator<Item = usize>) -> Self {
        Offers { open: places.into_iter().collect(), ..Offers::default() }
    }

    /// The refused ones, by their places.
    pub(crate) fn into_refused(self) -> BTreeMap<usize, Refusal> {
        self.refused
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.refused.is_empty()
    }

    /// Whether all events are offers that were refused.
    pub(super) fn refused_all(&self, events: &[EventRecord]) -> bool {
        !self.refused.is_empty() && self.refused.len() == events.len()
    }

    /// Whether the event at this place is to be handled: asks the validator of an offer.
    pub(super) fn accepts(
        &mut self,
        at: usize,
        event: &EventRecord,
        instance: &dyn Instance,
        run: &str,
    ) -> bool {
        if self.refused.contains_key(&at) {
            return false;
        }
        let (true, EventRecord::Update { name, args, .. }) = (self.open.contains(&at), event) else {
            return true;
        };
        let refusal = match catch_unwind(AssertUnwindSafe(|| instance.validate(name, args))) {
            Ok(Ok(None)) => return true,
            Ok(Ok(Some(answer))) => UpdateError::Rejected(answer),
            Ok(Err(error)) => UpdateError::Handler(error),
            Err(panic) => {
                let (id, name) = (run.to_owned(), name.clone());
                UpdateError::Panicked { id, name, message: panic_text(&*panic) }
            }
        };
        self.refused.insert(at, refusal);
        self.open.remove(&at);
        false
    }

    /// The event at this place is being handled now.
    pub(super) fn handling(&mut self, at: Option<usize>) {
        self.handling = at;
    }

    /// The transition did not stand: takes back the offer whose handler was running, or else all. `false` where there is
    /// none, so that the transition would not stand without them either.
    pub(super) fn withdraw(&mut self, events: &[EventRecord], run: &str, reason: &ParkReason) -> bool {
        let culprit = self.handling.take().filter(|at| self.open.contains(at));
        let withdrawn = match culprit {
            Some(at) => BTreeSet::from([at]),
            None => std::mem::take(&mut self.open),
        };
        for at in &withdrawn {
            let EventRecord::Update { name, .. } = &events[*at] else { continue };
            let (id, name, reason) = (run.to_owned(), name.clone(), reason.clone());
            self.refused.insert(*at, UpdateError::NotHandled { id, name, reason });
            self.open.remove(at);
        }
        !withdrawn.is_empty()
    }

    /// Refuses what was not refused for a reason of its own.
    pub(super) fn refuse_rest(&mut self, why: impl Fn() -> Refusal) {
        for refusal in self.refused.values_mut() {
            if let UpdateError::NotHandled { .. } = refusal {
                *refusal = why();
            }
        }
        self.refused.extend(std::mem::take(&mut self.open).into_iter().map(|at| (at, why())));
    }

    /// The events without those that were refused.
    pub(super) fn accepted(&self, events: Vec<EventRecord>) -> Vec<EventRecord> {
        if self.refused.is_empty() {
            return events;
        }
        let kept = events.into_iter().enumerate().filter(|(at, _)| !self.refused.contains_key(at));
        kept.map(|(_, event)| event).collect()
    }
}
