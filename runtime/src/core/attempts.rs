//! What becomes of the attempts at activities: they end, fall silent, take too long, or are completed from outside.

use super::input::{AttemptEnd, Effect, Need, Output, Reply, Stop, Told};
use super::settle::Touch;
use super::shard::Shard;
use super::tally::AttemptOutcome;
use super::tasks::{Due, Task};
use super::token::Token;
use crate::activity::{ActivityOutcome, Cancellation, Retry, TimedOut, Timeout};
use crate::codec::Payload;
use crate::error::{CompletionError, EngineError};
use crate::store::{EventRecord, ParkReason, Table, TaskId, TaskRecord};
use crate::time::Moment;

/// How much of a call's end there is to tell: the outcome, and where it may be tried again, the error and what it says
/// about that.
struct End {
    outcome: ActivityOutcome,
    failed: Option<(String, Retry)>,
}

impl Shard {
    /// The run that is told of a call's end, where it is missing.
    pub(super) fn need_caller(&self, id: TaskId) -> Option<Need> {
        let task = self.tasks.get(id)?;
        if task.record.abandoned { None } else { self.need_run(id.run) }
    }

    /// An attempt ended: for good, or it is tried again later.
    pub(super) fn attempted(
        &mut self,
        now: Moment,
        id: TaskId,
        attempt: u32,
        end: AttemptEnd,
        details: Option<Payload>,
        out: &mut Output,
    ) {
        if self.tasks.slots.left(id, attempt) {
            return;
        }
        let Some(task) = self.tasks.get(id) else { return };
        if !task.is_running() || task.record.attempt != attempt {
            return;
        }
        if let Some(details) = details {
            self.tasks.heard(id, now, details, &self.registry);
            self.changed.push(id);
        }
        match end {
            AttemptEnd::Later => {
                if self.tasks.leave_open(id, &self.registry) {
                    self.changed.push(id);
                }
            }
            AttemptEnd::Dropped => self.tasks.hold(id),
            end => {
                self.tasks.ended(id);
                self.end(now, id, end, out);
            }
        }
    }

    /// An attempt has given a sign of life.
    pub(super) fn heartbeat(&mut self, now: Moment, id: TaskId, attempt: u32, details: Payload) {
        let current =
            self.tasks.get(id).is_some_and(|task| task.is_running() && task.record.attempt == attempt);
        if current {
            self.tasks.heard(id, now, details, &self.registry);
            self.changed.push(id);
        }
    }

    /// An attempt hands out its token.
    pub(super) fn hand_out(&mut self, id: TaskId, attempt: u32, secret: String) {
        let task = self.tasks.get_mut(id);
        if let Some(task) = task.filter(|task| task.is_running() && task.record.attempt == attempt) {
            task.token = Some(secret);
        }
    }

    /// Somebody outside has something to tell of an attempt. The answer is whether it was cancelled.
    pub(super) fn outside(
        &mut self,
        now: Moment,
        token: &Token,
        told: Told,
        reply: Reply<Result<bool, CompletionError>>,
        out: &mut Output,
    ) {
        let id = token.task;
        let answer = match self.check(token, &told) {
            Err(error) => Err(error),
            Ok(cancelled) => {
                match told {
                    Told::Heartbeat(details) => {
                        self.tasks.heard(id, now, details, &self.registry);
                        self.changed.push(id);
                    }
                    Told::Ended(_, end) => {
                        // The code that handed out the token may not have come to its end.
                        self.tasks.stop(id, Stop::Drop, &mut out.effects);
                        self.end(now, id, end, out);
                    }
                }
                Ok(cancelled)
            }
        };
        out.effects.push(reply.with(answer));
    }

    fn check(&self, token: &Token, told: &Told) -> Result<bool, CompletionError> {
        let Some(task) = self.tasks.get(token.task) else { return Err(CompletionError::Ended) };
        let is_current = task.is_running() || task.is_later();
        if !is_current || task.record.attempt != token.attempt || task.token.as_ref() != Some(&token.secret) {
            return Err(CompletionError::Stale);
        }
        if let Told::Ended(asked, _) = told
            && task.record.activity != *asked
        {
            let found = task.record.activity.to_string();
            return Err(CompletionError::OtherActivity { found, asked });
        }
        if !task.record.abandoned {
            self.loaded(token.task.run).map_err(EngineError::from)?;
        }
        Ok(task.record.cancelled)
    }

    /// An attempt has ended with an answer.
    fn end(&mut self, now: Moment, id: TaskId, end: AttemptEnd, out: &mut Output) {
        let Some(task) = self.tasks.get(id) else { return };
        let outcome = match &end {
            AttemptEnd::Completed(_) => Some(AttemptOutcome::Completed),
            AttemptEnd::Failed { .. } => Some(AttemptOutcome::Failed),
            AttemptEnd::Panicked(_) => Some(AttemptOutcome::Panicked),
            AttemptEnd::Broken(_) => Some(AttemptOutcome::Broken),
            AttemptEnd::Later | AttemptEnd::Dropped => None,
        };
        self.count(id, outcome, out);
        let end = match end {
            AttemptEnd::Completed(output) => {
                End { outcome: ActivityOutcome::Completed(output), failed: None }
            }
            AttemptEnd::Failed { error, display, retry } => {
                End { outcome: ActivityOutcome::Failed(error), failed: Some((display, retry)) }
            }
            AttemptEnd::Panicked(message) => {
                let display = format!("it panicked: {message}");
                let outcome = ActivityOutcome::Panicked(message);
                End { outcome, failed: Some((display, Retry::ByPolicy)) }
            }
            AttemptEnd::Broken(reason) => {
                let activity = task.record.activity.to_string();
                if task.record.abandoned {
                    return self.forget(id, out);
                }
                self.tasks.hold(id);
                self.touch(id.run).park = Some(ParkReason::BrokenActivity { activity, op: id.op, reason });
                return;
            }
            AttemptEnd::Later | AttemptEnd::Dropped => return,
        };
        if self.tries_again(now, id, end.failed) {
            return;
        }
        if self.tasks.is_abandoned(id) {
            return self.forget(id, out);
        }
        if let Err(damage) = self.loaded(id.run) {
            // The row stays: it is tried again after the next open.
            self.tasks.hold(id);
            return out.effects.push(Effect::Damaged(damage));
        }
        let place = self.take_off(id, out);
        let touch = self.touch(id.run);
        touch.places.extend(place);
        touch.events.push(EventRecord::Activity { op: id.op, outcome: end.outcome });
    }

    fn tries_again(&mut self, now: Moment, id: TaskId, failed: Option<(String, Retry)>) -> bool {
        let Some((error, retry)) = failed else { return false };
        let again = self.tasks.retry(id, now, retry, error, &self.registry);
        if again {
            self.changed.push(id);
        }
        again
    }

    /// Takes up the attempts that are due, and those that have taken too long: up to `most` of them, the others are due in the
    /// next turn still.
    pub(super) fn attempts_due(&mut self, now: Moment, most: usize, out: &mut Output) {
        for _ in 0..most {
            let Some((id, due)) = self.tasks.due(now, &self.registry) else { return };
            match due {
                // Its run may end in this turn, or leave it.
                Due::Start => self.due.push(id),
                Due::TimedOut(timed_out) => self.timed_out(now, id, timed_out, out),
            }
        }
    }

    /// Starts the attempts that are due, where they are waited for still.
    pub(super) fn start_due(&mut self, now: Moment, out: &mut Output) {
        for id in std::mem::take(&mut self.due) {
            if self.tasks.get(id).is_some_and(Task::is_waiting) {
                self.tasks.start(id, now, &self.registry, &mut out.effects);
            }
        }
    }

    fn timed_out(&mut self, now: Moment, id: TaskId, timed_out: TimedOut, out: &mut Output) {
        self.count_running(id, AttemptOutcome::TimedOut, out);
        if let Some(task) = self.tasks.get(id) {
            let TaskRecord { run_id, activity, attempt, .. } = &task.record;
            tracing::warn!(
                target: "longhaul::activity",
                run = &**run_id, activity = &**activity, op = id.op.0, attempt, "attempt {timed_out}"
            );
        }
        self.tasks.stop(id, Stop::Drop, &mut out.effects);
        let again = match timed_out.timeout {
            Timeout::StartToClose | Timeout::Heartbeat => {
                self.tries_again(now, id, Some((format!("it {timed_out}"), Retry::ByPolicy)))
            }
            Timeout::ScheduleToClose | Timeout::ScheduleToStart => false,
        };
        if again {
            return;
        }
        if self.tasks.is_abandoned(id) {
            return self.forget(id, out);
        }
        self.tasks.hold(id);
        self.touch(id.run).ended.push((id, ActivityOutcome::TimedOut(timed_out)));
    }

    /// Turns calls that have ended without an attempt's saying so into events of their run, which is in memory.
    pub(super) fn take_ended(&mut self, touch: &mut Touch, out: &mut Output) {
        for (id, outcome) in touch.ended.drain(..) {
            if let Some(place) = self.take_off(id, out) {
                touch.places.push(place);
                touch.events.push(EventRecord::Activity { op: id.op, outcome });
            }
        }
    }

    /// A call that its run has left.
    pub(super) fn leave_call(&mut self, id: TaskId, out: &mut Output) {
        if self.tasks.cancellation(id, &self.registry) == Cancellation::Abandon
            && let Some(task) = self.tasks.get_mut(id)
        {
            task.record.abandoned = true;
            return self.changed.push(id);
        }
        self.count_running(id, AttemptOutcome::Cancelled, out);
        match self.tasks.remove(id, Stop::Cancel, &mut out.effects) {
            Some(task) => out.batch.delete(Table::Tasks, TaskId { op: task.place, ..id }.key()),
            // A run with calls that cannot be read does nothing any more but to be terminated, which leaves all its calls.
            None => {
                for place in self.tasks.take_lost(id.run) {
                    out.batch.delete(Table::Tasks, place.key());
                }
            }
        }
    }

    /// Counts the end of an attempt.
    fn count(&self, id: TaskId, outcome: Option<AttemptOutcome>, out: &mut Output) {
        out.tally.note(|tally| {
            let activity = self.tasks.get(id).and_then(|task| self.registry.activity(&task.record.activity));
            tally.attempts.extend(activity.zip(outcome).map(|((name, _), outcome)| (name, outcome)));
        });
    }

    /// Counts the end of an attempt that is given up, if there is one.
    fn count_running(&self, id: TaskId, outcome: AttemptOutcome, out: &mut Output) {
        let is_there = self.tasks.get(id).is_some_and(|task| task.is_running() || task.is_later());
        self.count(id, is_there.then_some(outcome), out);
    }

    /// A call is told that it is cancelled, and waited for.
    pub(super) fn cancel_call(&mut self, id: TaskId, out: &mut Output) {
        self.changed.push(id);
        if !self.tasks.cancel(id, &mut out.effects) {
            self.tasks.hold(id);
            // Its end is a transition of its own.
            self.touch(id.run).ended.push((id, ActivityOutcome::Cancelled));
        }
    }

    /// A call that nobody waits for has ended.
    fn forget(&mut self, id: TaskId, out: &mut Output) {
        if let Some(place) = self.take_off(id, out) {
            out.batch.delete(Table::Tasks, place.key());
        }
    }

    /// A call has ended: gives the place of its row, which is there still.
    fn take_off(&mut self, id: TaskId, out: &mut Output) -> Option<TaskId> {
        let task = self.tasks.remove(id, Stop::Drop, &mut out.effects)?;
        Some(TaskId { op: task.place, ..id })
    }
}
