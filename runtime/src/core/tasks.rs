//! The activity calls that have not ended: all are in memory, each has a row on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::describe::AttemptState;
use super::input::{Effect, Order, Stop};
use super::jitter::share;
use super::registry::Registry;
use super::slots::Slots;
use crate::activity::{ActivityOptions, CallOptions, Cancellation, Retry, TimedOut, Timeout};
use crate::codec::Payload;
use crate::machine::OpId;
use crate::store::{HeartbeatRecord, LaterRecord, ParkReason, RunNo, TaskId, TaskRecord};
use crate::time::Moment;

/// An activity call that has not ended.
pub(crate) struct Task {
    pub(crate) record: TaskRecord,
    /// The call in whose place its row stands, which may be itself.
    pub(crate) place: OpId,
    input: Payload,
    /// What the call says of its own about how it is tried.
    options: Option<Box<CallOptions>>,
    /// When it was called.
    scheduled: Moment,
    workflow: Option<&'static str>,
    state: State,
    /// When something is to be done about it.
    agenda: Option<Moment>,
    /// The secret part of the running attempt's token, once it was asked for.
    pub(crate) token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// An attempt is running.
    Running { started: Moment, heard: Moment },
    /// The attempt is completed from outside.
    Later { started: Moment, heard: Moment },
    /// The next attempt starts at `record.due`.
    Waiting,
    /// The next attempt starts when others have ended.
    Queued,
    /// Nothing is tried until the run is driven again.
    Held,
}

/// A call as the machine made it.
pub(crate) struct Called {
    pub(crate) input: Payload,
    pub(crate) options: Option<Box<CallOptions>>,
    pub(crate) at: Moment,
    /// The workflow that called.
    pub(crate) workflow: Option<&'static str>,
}

impl Task {
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    pub(crate) fn is_later(&self) -> bool {
        matches!(self.state, State::Later { .. })
    }

    /// Whether its next attempt waits for its time.
    pub(crate) fn is_waiting(&self) -> bool {
        self.state == State::Waiting
    }

    /// When it was called.
    pub(crate) fn scheduled(&self) -> Moment {
        self.scheduled
    }

    /// How far its current attempt is.
    pub(crate) fn attempt_state(&self) -> AttemptState {
        match self.state {
            State::Running { started, .. } => AttemptState::Running { since: started },
            State::Later { started, .. } => AttemptState::Outside { since: started },
            State::Waiting => AttemptState::Waiting { until: self.record.due },
            State::Queued => AttemptState::Queued { since: self.record.due },
            State::Held => AttemptState::Held,
        }
    }

    fn call(&self) -> CallOptions {
        self.options.as_deref().cloned().unwrap_or_default()
    }

    fn total(&self, options: &ActivityOptions) -> Option<(Moment, TimedOut)> {
        let own = self.options.as_ref().and_then(|call| call.schedule_to_close);
        let after = own.or(options.schedule_to_close)?;
        Some((self.scheduled.after(after), TimedOut::new(Timeout::ScheduleToClose, after)))
    }

    /// The timeout that passes first, as it stands.
    fn timeout(&self, options: &ActivityOptions) -> Option<(Moment, TimedOut)> {
        let of_call = |own: fn(&CallOptions) -> Option<std::time::Duration>| {
            self.options.as_ref().and_then(|call| own(call))
        };
        let from = |begin: Moment, after, timeout| (begin.after(after), TimedOut::new(timeout, after));
        let (first, second) = match self.state {
            State::Running { started, heard } | State::Later { started, heard } => {
                let close = of_call(|call| call.start_to_close).unwrap_or(options.start_to_close);
                let silence = of_call(|call| call.heartbeat).or(options.heartbeat);
                (
                    Some(from(started, close, Timeout::StartToClose)),
                    silence.map(|after| from(heard, after, Timeout::Heartbeat)),
                )
            }
            State::Queued => {
                let start = of_call(|call| call.schedule_to_start).or(options.schedule_to_start);
                (start.map(|after| from(self.record.due, after, Timeout::ScheduleToStart)), None)
            }
            State::Waiting | State::Held => (None, None),
        };
        // Of two that pass at once, the one that ends more.
        let total = if self.state == State::Held { None } else { self.total(options) };
        [total, first, second].into_iter().flatten().min_by_key(|(when, _)| *when)
    }

    /// When another attempt may be made after one that failed, if at all.
    fn next_attempt(
        &self,
        id: TaskId,
        options: &ActivityOptions,
        now: Moment,
        retry: Retry,
    ) -> Option<Moment> {
        if self.record.cancelled {
            return None;
        }
        let call = self.call();
        let policy = call.retry.as_ref().unwrap_or(&options.retry);
        let attempt = self.record.attempt;
        let delay = match retry {
            Retry::After(delay) if !policy.is_last(attempt) => delay,
            Retry::Never | Retry::After(_) => return None,
            Retry::ByPolicy => policy.jittered_after(attempt, share(&self.record.run_id, id, attempt))?,
        };
        let due = now.after(delay);
        let too_late = self.total(options).is_some_and(|(end, _)| due >= end);
        (!too_late).then_some(due)
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Tasks {
    // Boxed, since nearly half of what a tree has room for is empty where numbers rise.
    all: BTreeMap<TaskId, Box<Task>>,
    /// Those about which something is to be done, by when.
    agenda: BTreeSet<(Moment, TaskId)>,
    /// Those that are held.
    held: BTreeSet<TaskId>,
    /// Those whose stored call cannot be read, and why.
    ///
    /// By where their rows stand: which calls they are need not be known.
    lost: BTreeMap<TaskId, ParkReason>,
    pub(super) slots: Slots,
}

/// What is to be done about a call at its time.
pub(crate) enum Due {
    /// Its next attempt starts.
    Start,
    /// It has timed out.
    TimedOut(TimedOut),
}

impl Tasks {
    /// None yet; so many attempts may run at once.
    pub(crate) fn limited(attempts: usize) -> Self {
        Tasks { slots: Slots::limited(attempts), ..Tasks::default() }
    }

    /// Whether the call's run has left it to itself.
    pub(crate) fn is_abandoned(&self, id: TaskId) -> bool {
        self.get(id).is_some_and(|task| task.record.abandoned)
    }

    /// Whether its run waits for it.
    pub(crate) fn is_waited_for(&self, id: TaskId) -> bool {
        self.lost.range(of(id.run)).next().is_some()
            || self.get(id).is_some_and(|task| !task.record.abandoned)
    }

    pub(crate) fn get(&self, id: TaskId) -> Option<&Task> {
        self.all.get(&id).map(|task| &**task)
    }

    pub(crate) fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.all.get_mut(&id).map(|task| &mut **task)
    }

    /// The first run that has one.
    pub(crate) fn first_run(&self) -> Option<RunNo> {
        let first = self.all.first_key_value().map(|(id, _)| id.run);
        let lost = self.lost.first_key_value().map(|(id, _)| id.run);
        first.into_iter().chain(lost).min()
    }

    /// Takes note of one that is on disk and cannot be run.
    pub(crate) fn lose(&mut self, place: TaskId, reason: ParkReason) {
        self.lost.insert(place, reason);
    }

    /// Where the rows of a run stand that cannot be used; they are no concern any more.
    pub(crate) fn take_lost(&mut self, run: RunNo) -> Vec<TaskId> {
        let lost: Vec<TaskId> = self.lost.range(of(run)).map(|(place, _)| *place).collect();
        self.lost.retain(|place, _| place.run != run);
        lost
    }

    /// Why a run cannot go on, if one of its calls cannot be run as things are.
    pub(crate) fn obstacle(&self, run: RunNo, registry: &Registry) -> Option<ParkReason> {
        if let Some((_, reason)) = self.lost.range(of(run)).next() {
            return Some(reason.clone());
        }
        let held = self.held.range(of(run)).filter_map(|id| self.all.get(id));
        held.filter(|task| !task.record.abandoned)
            .map(|task| &task.record.activity)
            .find(|activity| !registry.can_run(activity))
            .map(|activity| ParkReason::UnknownActivity { activity: activity.to_string() })
    }

    /// When there is something to do next.
    pub(crate) fn next(&self) -> Option<Moment> {
        self.agenda.first().map(|(due, _)| *due)
    }

    /// Adds one that waits for its time, which may be now, or for its completion from outside.
    /// Its row stands in this place.
    pub(crate) fn add(
        &mut self,
        (id, place): (TaskId, OpId),
        record: TaskRecord,
        called: Called,
        registry: &Registry,
    ) {
        let Called { input, options, at: scheduled, workflow } = called;
        let (state, token) = match &record.later {
            None => (State::Waiting, None),
            Some(later) => {
                let LaterRecord { token, started } = &**later;
                let heard = record.heartbeat.as_ref().map_or(*started, |beat| beat.at.max(*started));
                (State::Later { started: *started, heard }, Some(token.clone()))
            }
        };
        let task = Task { record, place, input, options, scheduled, workflow, state, agenda: None, token };
        self.all.insert(id, Box::new(task));
        self.plan(id, registry);
    }

    /// Notes when something is to be done about a call, as it stands.
    fn plan(&mut self, id: TaskId, registry: &Registry) {
        let Some(task) = self.all.get_mut(&id) else { return };
        let options = registry.activity(&task.record.activity).map(|(_, options)| options);
        let timeout = options.and_then(|options| task.timeout(options)).map(|(when, _)| when);
        let start = (task.state == State::Waiting).then_some(task.record.due);
        let agenda = start.into_iter().chain(timeout).min();
        if agenda == task.agenda {
            return;
        }
        if let Some(before) = task.agenda {
            self.agenda.remove(&(before, id));
        }
        task.agenda = agenda;
        self.agenda.extend(agenda.map(|when| (when, id)));
    }

    /// The next call about which something is to be done by now, and what. The call is no longer on the agenda then.
    pub(crate) fn due(&mut self, now: Moment, registry: &Registry) -> Option<(TaskId, Due)> {
        while let Some((when, id)) = self.agenda.first().copied().filter(|(when, _)| *when <= now) {
            self.agenda.remove(&(when, id));
            let Some(task) = self.all.get_mut(&id) else { continue };
            task.agenda = None;
            let options = registry.activity(&task.record.activity).map(|(_, options)| options);
            let timeout = options.and_then(|options| task.timeout(options)).filter(|(when, _)| *when <= now);
            if let Some((_, timed_out)) = timeout {
                let details = task.record.heartbeat.as_ref().map(|beat| beat.details.clone());
                return Some((id, Due::TimedOut(timed_out.with_details(details))));
            }
            if task.state == State::Waiting {
                return Some((id, Due::Start));
            }
            self.plan(id, registry);
        }
        None
    }

    /// Takes away a call, and stops its attempt, if one is running.
    pub(crate) fn remove(&mut self, id: TaskId, how: Stop, effects: &mut Vec<Effect>) -> Option<Task> {
        self.stop(id, how, effects);
        let task = *self.all.remove(&id)?;
        if let Some(when) = task.agenda {
            self.agenda.remove(&(when, id));
        }
        if task.state == State::Queued {
            self.slots.leave_queue(id, task.record.due, &task.record.activity);
        }
        self.held.remove(&id);
        Some(task)
    }

    /// Stops a running attempt; what it comes to is of no concern any more.
    pub(crate) fn stop(&mut self, id: TaskId, how: Stop, effects: &mut Vec<Effect>) {
        let Some(task) = self.all.get_mut(&id).filter(|task| task.is_running()) else { return };
        let attempt = task.record.attempt;
        self.slots.leaves(id, attempt, &task.record.activity);
        task.state = State::Held;
        effects.push(Effect::Attempt(Order::Stop { task: id, attempt, how }));
    }

    /// The running attempt of a call has ended.
    pub(crate) fn ended(&mut self, id: TaskId) {
        if let Some(task) = self.all.get_mut(&id).filter(|task| task.is_running()) {
            self.slots.free(&task.record.activity);
            task.state = State::Held;
        }
    }

    /// Starts the next attempt at a call, if there is room for it; else it is queued.
    pub(crate) fn start(&mut self, id: TaskId, now: Moment, registry: &Registry, effects: &mut Vec<Effect>) {
        let Some(task) = self.all.get(&id) else { return };
        if registry.activity(&task.record.activity).is_none() {
            return self.hold(id);
        }
        if self.slots.take(&task.record.activity, registry) {
            self.start_attempt(id, now, registry, effects);
        } else {
            self.queue(id, registry);
        }
    }

    fn queue(&mut self, id: TaskId, registry: &Registry) {
        let Some(task) = self.all.get_mut(&id) else { return };
        task.state = State::Queued;
        self.slots.queue(id, task.record.due);
        self.held.remove(&id);
        self.plan(id, registry);
    }

    /// Starts an attempt for which there is a slot.
    fn start_attempt(&mut self, id: TaskId, now: Moment, registry: &Registry, effects: &mut Vec<Effect>) {
        let Some(task) = self.all.get_mut(&id) else { return };
        let Some((activity, options)) = registry.activity(&task.record.activity) else { return };
        task.state = State::Running { started: now, heard: now };
        task.token = None;
        let own = task.options.as_ref().and_then(|call| call.heartbeat);
        let close = task.options.as_ref().and_then(|call| call.start_to_close);
        let close = now.after(close.unwrap_or(options.start_to_close));
        effects.push(Effect::Attempt(Order::Start {
            task: id,
            activity,
            workflow: task.workflow,
            run_id: task.record.run_id.clone(),
            attempt: task.record.attempt,
            input: task.input.clone(),
            heartbeat: own.or(options.heartbeat),
            details: task.record.heartbeat.as_ref().map(|beat| beat.details.clone()),
            deadline: task.total(options).map_or(close, |(end, _)| end.min(close)),
        }));
        self.held.remove(&id);
        self.plan(id, registry);
    }

    /// Starts those that are queued, as far as there is room.
    pub(crate) fn pump(&mut self, now: Moment, registry: &Registry, effects: &mut Vec<Effect>) {
        while let Some(id) = self.slots.next(
            |id| {
                let task = self.all.get(&id)?;
                Some((task.record.activity.clone(), task.record.due))
            },
            registry,
        ) {
            self.start_attempt(id, now, registry, effects);
        }
    }

    /// An attempt failed with this error: lets the next one wait for its time, if there is to be one.
    pub(crate) fn retry(
        &mut self,
        id: TaskId,
        now: Moment,
        retry: Retry,
        error: String,
        registry: &Registry,
    ) -> bool {
        let Some(task) = self.all.get_mut(&id) else { return false };
        let options = registry.activity(&task.record.activity).map(|(_, options)| options);
        let Some(due) = options.and_then(|options| task.next_attempt(id, options, now, retry)) else {
            return false;
        };
        task.record.attempt += 1;
        task.record.due = due;
        task.record.last_error = Some(error);
        task.record.later = None;
        task.token = None;
        task.state = State::Waiting;
        self.held.remove(&id);
        self.plan(id, registry);
        true
    }

    /// The attempt has ended without a result: that comes from outside.
    pub(crate) fn leave_open(&mut self, id: TaskId, registry: &Registry) -> bool {
        let Some(task) = self.all.get_mut(&id) else { return false };
        let (State::Running { started, heard }, Some(token)) = (task.state, task.token.clone()) else {
            return false;
        };
        self.slots.free(&task.record.activity);
        task.state = State::Later { started, heard };
        task.record.later = Some(Box::new(LaterRecord { token, started }));
        self.plan(id, registry);
        true
    }

    /// The attempt has given a sign of life.
    pub(crate) fn heard(&mut self, id: TaskId, now: Moment, details: Payload, registry: &Registry) {
        let Some(task) = self.all.get_mut(&id) else { return };
        match &mut task.state {
            State::Running { heard, .. } | State::Later { heard, .. } => *heard = now,
            State::Waiting | State::Queued | State::Held => return,
        }
        task.record.heartbeat = Some(Box::new(HeartbeatRecord { at: now, details }));
        self.plan(id, registry);
    }

    /// What is to become of a call that is not waited for any more.
    pub(crate) fn cancellation(&self, id: TaskId, registry: &Registry) -> Cancellation {
        let Some(task) = self.all.get(&id) else { return Cancellation::default() };
        let own = task.options.as_ref().and_then(|call| call.cancellation);
        let options = || registry.activity(&task.record.activity).map(|(_, options)| options.cancellation);
        own.or_else(options).unwrap_or_default()
    }

    /// Tells the activity that it is cancelled. Gives `false` where there is nothing to wait for.
    pub(crate) fn cancel(&mut self, id: TaskId, effects: &mut Vec<Effect>) -> bool {
        let Some(task) = self.all.get_mut(&id) else { return true };
        task.record.cancelled = true;
        match task.state {
            State::Running { .. } => {
                let attempt = task.record.attempt;
                effects.push(Effect::Attempt(Order::Stop { task: id, attempt, how: Stop::Tell }));
                true
            }
            State::Later { .. } => true,
            State::Waiting | State::Queued | State::Held => false,
        }
    }

    /// Tries nothing more until the run is driven again.
    pub(crate) fn hold(&mut self, id: TaskId) {
        self.ended(id);
        if let Some(task) = self.all.get_mut(&id) {
            if let Some(when) = task.agenda.take() {
                self.agenda.remove(&(when, id));
            }
            if task.state == State::Queued {
                self.slots.leave_queue(id, task.record.due, &task.record.activity);
            }
            task.state = State::Held;
            self.held.insert(id);
        }
    }

    /// Those of a run that are held.
    pub(crate) fn held(&self, run: RunNo) -> Vec<TaskId> {
        self.held.range(of(run)).copied().collect()
    }
}

/// The keys of a run's calls.
fn of(run: RunNo) -> RangeInclusive<TaskId> {
    TaskId { run, op: OpId(0) }..=TaskId { run, op: OpId(u64::MAX) }
}
