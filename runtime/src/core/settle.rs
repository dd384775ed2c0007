//! The end of a turn: each touched run makes one transition, then questions are answered.

use std::collections::BTreeMap;

use super::describe::{RunDescription, status_of};
use super::input::{Effect, Ending, NoEnding, Output, Reply};
use super::offers::Refusal;
use super::run::Transition;
use super::shard::Shard;
use super::tasks::Called;
use super::update::Offer;
use crate::activity::ActivityOutcome;
use crate::codec::Payload;
use crate::error::{QueryError, RedriveError, UpdateError};
use crate::machine::OpId;
use crate::store::{
    self, Armed, CommandRecord, Damage, Encoded, EventRecord, MARK_KEY, MarkRecord, Operation, Outcome,
    ParkReason, Phase, RunNo, Seq, Table, TaskId, TaskRecord, Text, TimerKey, write_call,
};
use crate::time::Moment;

/// What happened to a run in this turn.
#[derive(Default)]
pub(super) struct Touch {
    pub(super) events: Vec<EventRecord>,
    /// What may be said once the events are durable.
    pub(super) acks: Vec<Effect>,
    /// Timers that are due.
    pub(super) timers: Vec<TimerKey>,
    pub(super) redrive: Vec<Reply<Result<(), RedriveError>>>,
    /// Why the run cannot go on, if that is known already.
    pub(super) park: Option<ParkReason>,
    /// The updates among the events, which the run has still to accept.
    pub(super) offers: Vec<Offer>,
    /// Why the run is ended, if it is.
    pub(super) terminate: Option<String>,
    /// Where the rows of calls stand that have ended: the calls of the transition take their places, what is left is deleted.
    pub(super) places: Vec<TaskId>,
    /// Calls of activities that ended without an attempt's saying so.
    pub(super) ended: Vec<(TaskId, ActivityOutcome)>,
}

/// What is answered from a run's state after its transition.
pub(super) enum Question {
    Query { run: RunNo, name: String, args: Payload, reply: Reply<Result<Payload, QueryError>> },
    Describe { run: RunNo, reply: Reply<Result<RunDescription, Damage>> },
    Wait { run: RunNo, reply: Reply<Result<Ending, NoEnding>> },
}

impl Shard {
    /// Lets each touched run make its transition and answers all questions.
    pub(crate) fn settle(&mut self, now: Moment, out: &mut Output) {
        for (run, touch) in std::mem::take(&mut self.touched) {
            self.settle_run(run, touch, now, out);
        }
        self.start_due(now, out);
        self.tasks.pump(now, &self.registry, &mut out.effects);
        // Last, for a call that is tried again may have been disarmed since.
        self.changed.sort_unstable();
        self.changed.dedup();
        for id in std::mem::take(&mut self.changed) {
            if let Some(task) = self.tasks.get(id) {
                write_call(TaskId { op: task.place, ..id }, id.op, &task.record, &mut out.batch);
            }
        }
        for question in std::mem::take(&mut self.questions) {
            self.answer(question, out);
        }
        self.write_overdue(false, out);
        if !out.batch.is_empty() {
            let mark = MarkRecord {
                moment: now,
                open_runs: self.open_runs,
                timers_from: self.timers.low_water(now),
                tasks_from: self.tasks.first_run().unwrap_or(self.next_run).0,
                parked_runs: self.parked_runs,
            };
            out.batch.seal(Table::Meta, MARK_KEY, &mark);
        }
    }

    /// Writes the states that are behind their runs: of those that leave memory after this turn, or of all.
    pub(crate) fn write_overdue(&mut self, all: bool, out: &mut Output) {
        self.hot.write_overdue(all, &mut out.batch);
    }

    fn settle_run(&mut self, no: RunNo, mut touch: Touch, now: Moment, out: &mut Output) {
        if let Some(damage) = self.damaged.get(&no) {
            let damage = damage.clone();
            for timer in touch.timers {
                self.timers.set_aside(timer);
            }
            // The rows stay: they are tried again after the next open.
            for (task, _) in touch.ended {
                self.tasks.hold(task);
            }
            let refused = touch.redrive.into_iter().map(|reply| reply.with(Err(damage.clone().into())));
            out.effects.extend(refused);
            return out.effects.push(Effect::Damaged(damage));
        }
        self.take_timers(no, &mut touch, out);
        self.take_ended(&mut touch, out);
        let (transition, refused) = self.transition(no, &mut touch, now);
        self.answer_offers(no, std::mem::take(&mut touch.offers), refused, &mut touch.acks);
        if let Some(transition) = transition {
            let goes_on = transition.entry.outcome == Outcome::Stepped;
            self.write(no, transition, &mut touch.places, now, out);
            if goes_on {
                for id in self.tasks.held(no) {
                    if self.tasks.get(id).is_some_and(|task| task.record.cancelled) {
                        // It is not tried again. Its end is a transition of its own.
                        self.touch(no).ended.push((id, ActivityOutcome::Cancelled));
                    } else {
                        self.tasks.start(id, now, &self.registry, &mut out.effects);
                    }
                }
            }
        }
        for place in touch.places {
            out.batch.delete(Table::Tasks, place.key());
        }
        out.effects.append(&mut touch.acks);
        self.answer_redrives(no, touch.redrive, out);
    }

    /// Turns the due timers that the run still waits for into events.
    fn take_timers(&mut self, no: RunNo, touch: &mut Touch, out: &mut Output) {
        for timer in touch.timers.drain(..) {
            self.timers.disarm(&timer);
            out.batch.delete(Table::Timers, timer.key());
            if self.hot.get(no).is_some_and(|hot| hot.run.waits_for(timer.op).is_some()) {
                touch.events.push(EventRecord::Timer { op: timer.op });
            }
        }
    }

    /// The one transition of the run in this turn, if there is something for it to do; and the updates that it refuses, by
    /// their places among the events.
    fn transition(
        &mut self,
        no: RunNo,
        touch: &mut Touch,
        now: Moment,
    ) -> (Option<Transition>, BTreeMap<usize, Refusal>) {
        let mut offers = touch.offers();
        let obstacle = self.tasks.obstacle(no, &self.registry);
        let Some(hot) = self.hot.touch(no) else { return (None, BTreeMap::new()) };
        // What stray rows of a damaged store want of a run that has ended.
        if hot.run.record.phase.is_closed() {
            return (None, BTreeMap::new());
        }
        let events = std::mem::take(&mut touch.events);
        let before = hot.run.parked().cloned();
        if let Some(reason) = touch.terminate.take() {
            let id = hot.run.record.id.to_string();
            offers.refuse_rest(|| UpdateError::Closed { id: id.clone() });
            let transition = hot.run.terminate(reason, offers.accepted(events), now);
            self.count_parked(before.is_some(), false);
            return (Some(transition), offers.into_refused());
        }
        let redrive = !touch.redrive.is_empty();
        let park = match (touch.park.take(), &before) {
            (Some(reason), _) => Some(reason),
            // Tried already, and nothing has changed since.
            (None, Some(reason)) if hot.tried && !redrive => Some(reason.clone()),
            (None, Some(_)) => obstacle,
            (None, None) => None,
        };
        let transition = match park {
            Some(reason) if events.is_empty() && before.as_ref() == Some(&reason) => {
                return (None, BTreeMap::new());
            }
            Some(reason) => hot.run.park_with(reason, events, &mut offers, now),
            None if events.is_empty() && !(redrive && before.is_some()) => return (None, BTreeMap::new()),
            None => hot.run.advance_with(&self.registry, events, &mut offers, now),
        };
        hot.tried = hot.run.parked().is_some();
        let is_parked = hot.tried;
        self.count_parked(before.is_some(), is_parked);
        (transition, offers.into_refused())
    }

    fn count_parked(&mut self, before: bool, after: bool) {
        match (before, after) {
            (false, true) => self.parked_runs += 1,
            // One that was parked before there was a count is not in it.
            (true, false) => self.parked_runs = self.parked_runs.saturating_sub(1),
            _ => {}
        }
    }

    /// Writes a transition and sets its commands going.
    fn write(
        &mut self,
        no: RunNo,
        transition: Transition,
        places: &mut Vec<TaskId>,
        now: Moment,
        out: &mut Output,
    ) {
        self.write_updates(no, &transition, out);
        let Transition { seq, entry, disarmed, .. } = transition;
        let Some(hot) = self.hot.get_mut(no) else { return };
        hot.write_after(no, &Encoded::new(seq, &entry, &mut self.scratch), self.sizes, &mut out.batch);

        let record = &hot.run.record;
        let run_id = record.id.clone();
        let ending = ending(&record.phase);
        let workflow = self.registry.workflow(&record.workflow).map(|workflow| workflow.name);
        let status = status_of(&record.phase);
        let (events, state) = (entry.events.len(), &record.state);
        tracing::debug!(
            target: "longhaul::transition",
            run = &*run_id, workflow, seq = seq.0, state, ?status, events, "transition"
        );
        out.tally.note(|tally| {
            tally.transitions += 1;
            let Some(workflow) = workflow else { return };
            tally.started.extend((seq == Seq(0)).then_some(workflow));
            tally.ended.extend(ending.is_some().then_some((workflow, status)));
        });
        if let Phase::Parked(reason) = &record.phase {
            out.effects.push(Effect::Parked { id: run_id.to_string(), reason: reason.clone() });
        }
        for armed in disarmed {
            self.disarm(no, &armed, out);
        }
        for command in entry.commands {
            self.begin(&Caller { run: no, seq, id: &run_id, workflow }, command, places, now, out);
        }
        if let Some(ending) = ending {
            self.open_runs = self.open_runs.saturating_sub(1);
            let waiters = self.waiters.remove(&no).unwrap_or_default();
            out.effects.extend(waiters.into_iter().map(|waiter| waiter.with(ending.clone())));
            self.give_up_updates(no, &run_id, out);
        }
    }

    fn begin(
        &mut self,
        caller: &Caller<'_>,
        command: CommandRecord,
        places: &mut Vec<TaskId>,
        now: Moment,
        out: &mut Output,
    ) {
        let Caller { run, seq, workflow, .. } = *caller;
        match command {
            CommandRecord::Timer { op, deadline } => {
                let timer = TimerKey { deadline, run, op };
                self.timers.arm(timer);
                out.batch.put(Table::Timers, timer.key(), []);
            }
            CommandRecord::Activity { op, activity, input, options } => {
                let id = TaskId { run, op };
                let record = new_task(caller.id.clone(), activity, seq, now);
                let place = places.pop().unwrap_or(id);
                write_call(place, op, &record, &mut out.batch);
                let called = Called { input, options, at: now, workflow };
                self.tasks.add((id, place.op), record, called, &self.registry);
                self.tasks.start(id, now, &self.registry, &mut out.effects);
            }
            CommandRecord::Cancel { op } => self.cancel_call(TaskId { run, op }, out),
        }
    }

    fn disarm(&mut self, run: RunNo, armed: &Armed, out: &mut Output) {
        let op: OpId = armed.op;
        match &armed.operation {
            Operation::Timer(deadline) => {
                let timer = TimerKey { deadline: *deadline, run, op };
                self.timers.disarm(&timer);
                out.batch.delete(Table::Timers, timer.key());
            }
            Operation::Activity(_) => {
                self.leave_call(TaskId { run, op }, out);
            }
        }
    }

    fn answer_redrives(
        &mut self,
        no: RunNo,
        replies: Vec<Reply<Result<(), RedriveError>>>,
        out: &mut Output,
    ) {
        if replies.is_empty() {
            return;
        }
        let Some(hot) = self.hot.get(no) else { return };
        let still = hot.run.parked().map(|reason| RedriveError::StillParked {
            id: hot.run.record.id.to_string(),
            reason: reason.clone(),
        });
        for reply in replies {
            out.effects.push(reply.with(still.clone().map_or(Ok(()), Err)));
        }
    }

    fn answer(&mut self, question: Question, out: &mut Output) {
        let run = match &question {
            Question::Query { run, .. } | Question::Describe { run, .. } | Question::Wait { run, .. } => *run,
        };
        let damage = self.damaged.get(&run).cloned();
        let hot = self.hot.touch(run).ok_or_else(|| {
            damage.unwrap_or_else(|| Damage::new(Table::Runs, &run.key(), store::DamageReason::Missing))
        });
        out.effects.push(match (question, hot) {
            (Question::Query { reply, .. }, Err(damage)) => reply.with(Err(damage.into())),
            (Question::Describe { reply, .. }, Err(damage)) => reply.with(Err(damage)),
            (Question::Wait { reply, .. }, Err(damage)) => reply.with(Err(NoEnding::Damaged(damage))),
            (Question::Query { name, args, reply, .. }, Ok(hot)) => {
                reply.with(hot.run.query(&self.registry, &name, &args))
            }
            (Question::Describe { reply, .. }, Ok(hot)) => reply.with(Ok(hot.run.describe(run, &self.tasks))),
            (Question::Wait { reply, .. }, Ok(hot)) => {
                let Some(ending) = ending(&hot.run.record.phase) else {
                    let waiters = self.waiters.entry(run).or_default();
                    // Those that gave up go before the list grows.
                    if waiters.len() == waiters.capacity() {
                        waiters.retain(|waiter| !waiter.is_gone());
                    }
                    return waiters.push(reply);
                };
                reply.with(ending)
            }
        });
    }

    /// Answers those who wait for the end of a run that is parked (and in memory), or for one of its updates: where nothing but themselves could
    /// drive it on.
    pub(crate) fn give_up_on_parked(&mut self) -> Vec<Effect> {
        let mut answers = Vec::new();
        for (run, waiters) in &mut self.waiters {
            if let Some(reason) = self.hot.get(*run).and_then(|hot| hot.run.parked()) {
                let told = waiters.drain(..).map(|waiter| waiter.with(Err(NoEnding::Parked(reason.clone()))));
                answers.extend(told);
            }
        }
        for (run, updates) in &mut self.update_waiters {
            let Some(hot) = self.hot.get(*run) else { continue };
            let Some(reason) = hot.run.parked() else { continue };
            for waiter in std::mem::take(updates).into_values().flatten() {
                let (id, reason) = (hot.run.record.id.to_string(), reason.clone());
                answers.push(waiter.with(Err(UpdateError::Parked { id, reason })));
            }
        }
        answers
    }
}

/// The transition that sets something going.
struct Caller<'a> {
    run: RunNo,
    seq: Seq,
    id: &'a Text,
    workflow: Option<&'static str>,
}

/// The row of a call that is made now.
fn new_task(run_id: Text, activity: Text, seq: Seq, now: Moment) -> TaskRecord {
    TaskRecord {
        run_id,
        activity,
        seq,
        attempt: 1,
        due: now,
        last_error: None,
        heartbeat: None,
        later: None,
        cancelled: false,
        abandoned: false,
    }
}

/// How a run that stands so has ended, if it has.
fn ending(phase: &Phase) -> Option<Result<Ending, NoEnding>> {
    match phase {
        Phase::Completed(output) => Some(Ok(Ending::Completed(output.clone()))),
        Phase::Failed(error) => Some(Ok(Ending::Failed(error.clone()))),
        Phase::Cancelled(error) => Some(Ok(Ending::Cancelled(error.clone()))),
        Phase::Terminated(reason) => Some(Err(NoEnding::Terminated(reason.clone()))),
        Phase::Open | Phase::Parked(_) => None,
    }
}
