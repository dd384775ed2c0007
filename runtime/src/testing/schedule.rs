//! The outside world of a case: what happens to the run next, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use super::tape::seldom;
use crate::activity::{ActivityOutcome, ActivityType};
use crate::core::WorkflowType;
use crate::machine::OpId;
use crate::sample::Sampler;
use crate::store::{EventRecord, Operation, RunRecord};
use crate::time::{Moment, days, hours, seconds};
use crate::workflow::SignalType;

/// When every case begins: 2026-01-01T00:00:00Z.
pub(super) const BEGIN: Moment = Moment(1_767_225_600_000_000);

/// The steps in which time goes by when nothing waits for a timer.
const PAUSES: [Duration; 6] =
    [Duration::ZERO, Duration::from_micros(1), Duration::from_millis(250), seconds(5), hours(2), days(40)];

/// How many signals and updates go into one transition at most.
const MOST_SIGNALS: u64 = 3;

/// Once in so many transitions the run is asked to cancel.
const CANCEL_ODDS: u64 = 32;

/// The outside world, as far as it has memory.
pub(super) struct World {
    pub(super) now: Moment,
    signals: &'static [SignalType],
    updates: &'static [SignalType],
    /// How many updates were sent so far.
    updated: u64,
    /// How often a failed activity gets another try.
    retries: usize,
    /// The types of all activities that were called so far.
    called: BTreeMap<String, ActivityType>,
    /// The signals and updates that could not be sent, and why.
    pub(super) mute: BTreeMap<&'static str, String>,
}

impl World {
    pub(super) fn new(workflow: &WorkflowType, retries: usize) -> Self {
        let WorkflowType { signals, updates, .. } = *workflow;
        let (called, mute) = (BTreeMap::new(), BTreeMap::new());
        World { now: BEGIN, signals, updates, updated: 0, retries, called, mute }
    }

    /// Takes note of what a transition called.
    pub(super) fn see(&mut self, called: &[ActivityType]) {
        self.called.extend(called.iter().map(|activity| (activity.name.to_string(), activity.clone())));
    }

    /// Signals and updates that came before the first transition.
    pub(super) fn early_signals(&mut self, choices: &mut Sampler<'_>) -> Vec<EventRecord> {
        let mut events = Vec::new();
        for _ in 0..choices.choose(2 * MOST_SIGNALS).saturating_sub(MOST_SIGNALS) {
            self.send(choices, &mut events);
        }
        if seldom(choices, CANCEL_ODDS) {
            events.push(EventRecord::Cancelled);
        }
        events
    }

    /// What goes into the next transition of a run of which this is the record; nothing when all it could do
    /// is wait. In the order in which the engine has them: what came in by itself, then what fell due.
    pub(super) fn next(&mut self, record: &RunRecord, choices: &mut Sampler<'_>) -> Vec<EventRecord> {
        let mut open: Vec<(OpId, &str)> = Vec::new();
        let mut timers: Vec<(Moment, OpId)> = Vec::new();
        for armed in record.armed.iter() {
            match &armed.operation {
                Operation::Activity(name) => open.push((armed.op, name)),
                Operation::Timer(deadline) => timers.push((*deadline, armed.op)),
            }
        }
        let has_got = |op: OpId| record.inbox.iter().any(|event| event.resolves() == Some(op));
        open.retain(|(op, _)| !has_got(*op));
        timers.retain(|(_, op)| !has_got(*op));
        timers.sort_unstable();

        let mut events = Vec::new();
        let (mut resolve, mut fire, mut send) = (false, false, false);
        match choices.choose(8) {
            0..=3 => resolve = true,
            4 | 5 => fire = true,
            6 => send = true,
            _ => (resolve, fire, send) = (true, true, true),
        }
        // A choice that is not there gives way to one that is.
        send |= open.is_empty() && timers.is_empty();
        fire |= open.is_empty() && !send;
        resolve |= timers.is_empty() && !send;

        if send {
            for _ in 0..=choices.choose(MOST_SIGNALS) {
                self.send(choices, &mut events);
            }
        }
        if resolve {
            self.resolve(&mut open, choices, &mut events);
        }
        if seldom(choices, CANCEL_ODDS) && !record.cancelled {
            events.push(EventRecord::Cancelled);
        }
        match timers.first() {
            Some((deadline, _)) if fire => self.now = self.now.max(*deadline),
            _ => {
                let pause = PAUSES[usize::try_from(choices.choose(PAUSES.len() as u64)).unwrap_or(0)];
                self.now = self.now.after(pause);
            }
        }
        let due = timers.iter().take_while(|(deadline, _)| *deadline <= self.now);
        events.extend(due.map(|(_, op)| EventRecord::Timer { op: *op }));
        events
    }

    /// Lets one open activity end, sometimes more.
    fn resolve(
        &mut self,
        open: &mut Vec<(OpId, &str)>,
        choices: &mut Sampler<'_>,
        events: &mut Vec<EventRecord>,
    ) {
        while !open.is_empty() {
            let which = usize::try_from(choices.choose(open.len() as u64)).unwrap_or(0);
            let (op, name) = open.remove(which);
            // All that is armed was called by a transition of this case.
            if let Some(activity) = self.called.get(name) {
                let mut outcome = (activity.sample)(choices);
                for _ in 0..self.retries {
                    if matches!(outcome, ActivityOutcome::Completed(_)) {
                        break;
                    }
                    outcome = (activity.sample)(choices);
                }
                events.push(EventRecord::Activity { op, outcome });
            }
            if !seldom(choices, 4) {
                break;
            }
        }
    }

    /// Sends a signal or an update.
    fn send(&mut self, choices: &mut Sampler<'_>, events: &mut Vec<EventRecord>) {
        let handlers = self.signals.len() + self.updates.len();
        if handlers == 0 {
            return;
        }
        let which = usize::try_from(choices.choose(handlers as u64)).unwrap_or(0);
        let (handler, is_update) = match self.signals.get(which) {
            Some(signal) => (signal, false),
            None => (&self.updates[which - self.signals.len()], true),
        };
        let args = match (handler.sample)(choices) {
            Ok(args) => args,
            Err(error) => {
                self.mute.insert(handler.name, error.to_string());
                return;
            }
        };
        let name = handler.name.to_owned();
        events.push(if is_update {
            self.updated += 1;
            EventRecord::Update { id: format!("update-{}", self.updated), name, args }
        } else {
            EventRecord::Signal { name, args }
        });
    }
}
