//! One run, and its transition: (state, events, time) → (state, commands, log entry). Pure.
//!
//! A transition handles the signals in the order of the inbox, then hands the resolutions to the machine and
//! steps it once. It stands or it does not: when workflow code panics or the machine reports a fault, the run keeps its
//! last state, the events go into its inbox, and it is *parked* with the reason.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use super::instance::{Instance, WorkflowType};
use super::offers::Offers;
use super::registry::Registry;
use super::step::{Came, Stepped, ask, load_with_inbox, step};
use crate::codec::{CodecError, Payload, unordered};
use crate::error::{QueryError, UpdateError};
use crate::machine::{Command, Difference, Ended, OpId, Resolution, RunRng, Sheet, stored_state};
use crate::store::{
    Armed, ArmedRecord, CommandRecord, EventRecord, FrameRecord, LogEntry, Operation, Outcome, ParkReason,
    Phase, RunRecord, Seq, Text,
};
use crate::time::Moment;

/// A run: its record, and its instance while that is in memory.
pub(crate) struct Run {
    pub(crate) record: RunRecord,
    /// `None` until it is needed, and after a transition that did not stand.
    instance: Option<Box<dyn Instance>>,
    /// The stored state, of a run that is ahead of it and whose code is not there: then the record has no more than can be told without.
    pub(super) behind: Option<Box<RunRecord>>,
    /// Whether its code has seen a collection that has no order of its own, since the run is in memory. Run again, it might do something else.
    pub(super) unordered: bool,
}

/// What a transition came to, besides the new record.
pub(crate) struct Transition {
    /// The transition's number.
    pub(crate) seq: Seq,
    /// What goes into the log.
    pub(crate) entry: LogEntry,
    /// What the run waited for, does no longer, and has not got.
    pub(crate) disarmed: Vec<Armed>,
    /// The updates that were done, with their encoded answers.
    pub(crate) updates: Vec<(String, Payload)>,
    /// The types of the activities that it called: by these the test kit makes up their outcomes.
    #[cfg(feature = "testing")]
    pub(crate) called: Vec<crate::activity::ActivityType>,
}

const START: &str = "Start";
const DONE: &str = "Done";

impl Run {
    /// A run before its first transition.
    pub(crate) fn start(
        workflow: &WorkflowType,
        id: Text,
        input: &Payload,
        seed: u64,
        now: Moment,
    ) -> Result<Run, CodecError> {
        let (made, unordered) = unordered::watch(|| {
            catch_unwind(|| {
                let instance = (workflow.new)(input)?;
                let value = instance.value()?;
                Ok((instance, value))
            })
        });
        let (instance, value) = made.unwrap_or_else(|panic| {
            Err(CodecError::Decode { type_name: workflow.name, reason: panic_text(&*panic) })
        })?;
        let record = RunRecord {
            id,
            workflow: workflow.name.into(),
            phase: Phase::Open,
            seq: Seq(0),
            created: now,
            updated: now,
            state: START.to_owned(),
            value,
            frame: FrameRecord::default(),
            input: Some(input.clone()),
            next_op: 0,
            rng: RunRng::new(seed),
            armed: ArmedRecord::default(),
            inbox: Vec::new(),
            cancelled: false,
            ahead: None,
        };
        Ok(Run { record, instance: Some(instance), behind: None, unordered })
    }

    /// A run as it was stored.
    pub(crate) fn stored(record: RunRecord) -> Run {
        Run { record, instance: None, behind: None, unordered: false }
    }

    /// The operation, if the run waits for it and has not got it.
    pub(crate) fn waits_for(&self, op: OpId) -> Option<&Operation> {
        if self.record.inbox.iter().any(|event| event.resolves() == Some(op)) {
            return None;
        }
        Some(&self.record.armed.get(op)?.operation)
    }

    /// Why the run is parked, if it is.
    pub(crate) fn parked(&self) -> Option<&ParkReason> {
        match &self.record.phase {
            Phase::Parked(reason) => Some(reason),
            _ => None,
        }
    }

    /// Handles what is in the inbox and `events`, and steps the machine.
    pub(crate) fn advance(
        &mut self,
        registry: &Registry,
        events: Vec<EventRecord>,
        now: Moment,
    ) -> Transition {
        match self.advance_with(registry, events, &mut Offers::default(), now) {
            Some(transition) => transition,
            None => unreachable!("where nothing was offered nothing was refused"),
        }
    }

    /// As [`advance`](Self::advance), where some of the events are offers. `None` when nothing happened, since none of them
    /// was accepted and they were all there was.
    pub(crate) fn advance_with(
        &mut self,
        registry: &Registry,
        events: Vec<EventRecord>,
        offers: &mut Offers,
        now: Moment,
    ) -> Option<Transition> {
        loop {
            match self.try_step(registry, &events, offers, now) {
                Ok(Came::Stepped(stepped)) => {
                    let events = offers.accepted(events);
                    return Some(self.stand(*stepped, events, now));
                }
                Ok(Came::Idle(instance)) => {
                    self.instance = Some(instance);
                    return None;
                }
                Err(reason) if offers.withdraw(&events, &self.record.id, &reason) => {
                    if offers.refused_all(&events) && self.record.phase == Phase::Open {
                        return None;
                    }
                }
                Err(reason) => return self.park_with(reason, events, offers, now),
            }
        }
    }

    fn try_step(
        &mut self,
        registry: &Registry,
        events: &[EventRecord],
        offers: &mut Offers,
        now: Moment,
    ) -> Result<Came, ParkReason> {
        let instance = self.instance.take();
        let record = &self.record;
        // What the run's code has to tell carries its id.
        let RunRecord { id, workflow, .. } = record;
        let _span =
            tracing::info_span!(target: "longhaul::workflow", "workflow", workflow = &**workflow, run = &**id).entered();
        let workflow = registry
            .workflow(&record.workflow)
            .ok_or_else(|| ParkReason::UnknownWorkflow { workflow: record.workflow.to_string() })?;
        let step = || step(workflow, instance, record, events, offers, now);
        let (stepped, unordered) = unordered::watch(|| catch_unwind(AssertUnwindSafe(step)));
        self.unordered |= unordered;
        let stepped =
            stepped.unwrap_or_else(|panic| Err(ParkReason::Panic { message: panic_text(&*panic) }))?;
        if let Came::Stepped(stepped) = &stepped
            && let Some(activity) = unknown_activity(registry, stepped)
        {
            return Err(ParkReason::UnknownActivity { activity: activity.to_owned() });
        }
        Ok(stepped)
    }

    /// As [`park`](Self::park), where some of the events are offers: these are refused. `None` when they were all there was,
    /// and the run is parked for this reason already.
    pub(crate) fn park_with(
        &mut self,
        reason: ParkReason,
        events: Vec<EventRecord>,
        offers: &mut Offers,
        now: Moment,
    ) -> Option<Transition> {
        let had_offers = !offers.is_empty();
        let id = &self.record.id;
        offers.refuse_rest(|| UpdateError::Parked { id: id.to_string(), reason: reason.clone() });
        let events = offers.accepted(events);
        if had_offers && events.is_empty() && self.parked() == Some(&reason) {
            return None;
        }
        Some(self.park(reason, events, now))
    }

    /// Puts `events` into the inbox and leaves the rest as it is.
    pub(crate) fn park(&mut self, reason: ParkReason, events: Vec<EventRecord>, now: Moment) -> Transition {
        self.put_aside(&events);
        self.record.phase = Phase::Parked(reason.clone());
        self.log(now, events, Outcome::Parked(reason), Vec::new(), Vec::new())
    }

    /// Ends the run without running any of its code. What it has not handled stays in its inbox, for queries.
    pub(crate) fn terminate(&mut self, reason: String, events: Vec<EventRecord>, now: Moment) -> Transition {
        self.put_aside(&events);
        let armed = std::mem::take(&mut self.record.armed);
        let got: BTreeSet<OpId> = self.record.inbox.iter().filter_map(EventRecord::resolves).collect();
        let disarmed = armed.into_list().into_iter().filter(|armed| !got.contains(&armed.op)).collect();
        self.record.phase = Phase::Terminated(reason.clone());
        self.log(now, events, Outcome::Terminated(reason), Vec::new(), disarmed)
    }

    fn put_aside(&mut self, events: &[EventRecord]) {
        self.instance = None;
        let started = |event: &&EventRecord| matches!(event, EventRecord::Started { .. });
        self.record.inbox.extend(events.iter().filter(|event| !started(event)).cloned());
    }

    /// Takes up what a step left.
    fn stand(&mut self, stepped: Stepped, events: Vec<EventRecord>, now: Moment) -> Transition {
        let Stepped { instance, value, poll, mut step } = stepped;
        let record = &mut self.record;
        let ended = Sheet::default();
        let frame = if poll.is_pending() { instance.frame() } else { &ended };
        let Difference { gone, come } = waits(record, frame);
        let got: BTreeSet<OpId> =
            record.inbox.iter().chain(&events).filter_map(EventRecord::resolves).collect();
        // Of the many that a fan-out has, few are gone at a time: the others are not looked at.
        let gone = gone.into_iter().filter_map(|op| record.armed.remove(op));
        let disarmed = gone.filter(|armed| !got.contains(&armed.op)).collect();

        #[cfg(feature = "testing")]
        let called = activity_types(&step.commands);
        // What was begun and dropped in the same step is not set going at all.
        let is_waited_for =
            |armed: &ArmedRecord, op| come.binary_search(&op).is_ok() || armed.get(op).is_some();
        let begun = step.commands.into_iter().filter(|command| is_waited_for(&record.armed, command.op()));
        let mut commands: Vec<_> = begun.map(|command| command_record(command, now)).collect();
        commands.sort_unstable_by_key(CommandRecord::op);
        commands.iter().filter_map(armed_by).for_each(|armed| record.armed.insert(armed));
        debug_assert_eq!(not_as_named(record, frame), None);

        // A result that the machine has not taken up, though it waits for it, is for a later step.
        step.resolutions.retain(|op, _| record.armed.get(*op).is_some());
        record.inbox = step.resolutions.into_iter().map(unread).collect();

        record.cancelled |= step.cancelled;
        record.value = value;
        record.input = None;
        record.next_op = step.next_op;
        record.rng = step.rng;
        match poll {
            Poll::Pending => {
                record.frame.take_down(frame);
                stored_state(frame.beginning()).unwrap_or_default().clone_into(&mut record.state);
                record.phase = Phase::Open;
            }
            Poll::Ready(ended) => {
                record.frame = FrameRecord::default();
                DONE.clone_into(&mut record.state);
                record.phase = match ended {
                    Ended::Completed(output) => Phase::Completed(output),
                    Ended::Failed(error) => Phase::Failed(error),
                    Ended::Cancelled(error) => Phase::Cancelled(error),
                };
            }
        }
        self.instance = Some(instance);
        let transition = self.log(now, events, Outcome::Stepped, commands, disarmed);
        Transition {
            updates: step.updates,
            #[cfg(feature = "testing")]
            called,
            ..transition
        }
    }

    /// What a run waits for by its state, and what is armed, where that is not the same.
    #[cfg(feature = "testing")]
    pub(crate) fn armed_otherwise(&self) -> Option<(Vec<OpId>, Vec<OpId>)> {
        let mut named = match (&self.record.phase, &self.instance) {
            // What is parked has its last state, and no instance.
            (Phase::Parked(_), _) | (Phase::Open, None) => return None,
            (Phase::Open, Some(instance)) => instance.frame().armed().into_owned(),
            _ => Vec::new(),
        };
        named.sort_unstable();
        let armed: Vec<OpId> = self.record.armed.iter().map(|armed| armed.op).collect();
        (named != armed).then_some((named, armed))
    }

    fn log(
        &mut self,
        at: Moment,
        events: Vec<EventRecord>,
        outcome: Outcome,
        commands: Vec<CommandRecord>,
        disarmed: Vec<Armed>,
    ) -> Transition {
        let seq = self.record.seq;
        self.record.seq = Seq(seq.0 + 1);
        self.record.updated = at;
        Transition {
            seq,
            entry: LogEntry { at, events, outcome, commands },
            disarmed,
            updates: Vec::new(),
            #[cfg(feature = "testing")]
            called: Vec::new(),
        }
    }

    /// Answers a query from the last committed state. On a parked run, the signals that were accepted since are
    /// handled on a copy first, up to the first that cannot be.
    pub(crate) fn query(
        &mut self,
        registry: &Registry,
        name: &str,
        args: &Payload,
    ) -> Result<Payload, QueryError> {
        let record = &self.record;
        let unreadable = |reason| QueryError::Unreadable { id: record.id.to_string(), reason };
        let Some(workflow) = registry.workflow(&record.workflow) else {
            return Err(unreadable(ParkReason::UnknownWorkflow { workflow: record.workflow.to_string() }));
        };
        if let Some(instance) = &self.instance {
            return ask(&**instance, &record.id, name, args);
        }
        let (instance, unordered) = unordered::watch(|| load_with_inbox(workflow, record));
        self.unordered |= unordered;
        let instance = instance.map_err(unreadable)?;
        let answer = ask(&*instance, &record.id, name, args);
        // With something handled that is not, in the stored state, it is of no other use.
        if record.inbox.is_empty() {
            self.instance = Some(instance);
        }
        answer
    }
}

/// What the run waits for by its state, and has not armed; and what is armed, and it does not wait for.
fn waits(record: &RunRecord, frame: &Sheet) -> Difference {
    if let Some(before) = record.frame.sheet() {
        return Difference::between(before, frame, Sheet::own_armed);
    }
    let now: BTreeSet<OpId> = frame.armed().iter().copied().collect();
    let gone = record.armed.iter().map(|armed| armed.op).filter(|op| !now.contains(op)).collect();
    let come = now.into_iter().filter(|op| record.armed.get(*op).is_none()).collect();
    Difference { gone, come }
}

/// What a run waits for is what its state names, no more and no less: gives both where it is not so. Of thousands, that is looked at
/// now and then.
fn not_as_named(record: &RunRecord, frame: &Sheet) -> Option<(Vec<OpId>, Vec<OpId>)> {
    const FEW: usize = 300;
    if record.armed.len() > FEW && !record.seq.0.is_multiple_of(100) {
        return None;
    }
    let mut named = frame.armed().into_owned();
    named.sort_unstable();
    let armed: Vec<OpId> = record.armed.iter().map(|armed| armed.op).collect();
    (named != armed).then_some((named, armed))
}

fn unknown_activity<'s>(registry: &Registry, stepped: &'s Stepped) -> Option<&'s str> {
    stepped.step.commands.iter().find_map(|command| match command {
        Command::StartActivity { op, activity, .. }
            if !registry.can_run(&activity.name) && stepped.instance.frame().armed().contains(op) =>
        {
            Some(&*activity.name)
        }
        _ => None,
    })
}

#[cfg(feature = "testing")]
fn activity_types(commands: &[Command]) -> Vec<crate::activity::ActivityType> {
    let of = |command: &Command| match command {
        Command::StartActivity { activity, .. } => Some(activity.clone()),
        Command::StartTimer { .. } | Command::Cancel { .. } => None,
    };
    commands.iter().filter_map(of).collect()
}

fn command_record(command: Command, now: Moment) -> CommandRecord {
    match command {
        Command::StartActivity { op, activity, input, options } => {
            CommandRecord::Activity { op, activity: activity.name.into(), input, options }
        }
        Command::Cancel { op } => CommandRecord::Cancel { op },
        // A deadline in the past is due now; so no timer is ever stored behind the clock.
        Command::StartTimer { op, deadline } => CommandRecord::Timer { op, deadline: deadline.max(now) },
    }
}

pub(super) fn armed_by(command: &CommandRecord) -> Option<Armed> {
    let (op, operation) = match command {
        CommandRecord::Activity { op, activity, .. } => (*op, Operation::Activity(activity.clone())),
        CommandRecord::Timer { op, deadline } => (*op, Operation::Timer(*deadline)),
        // It is armed already.
        CommandRecord::Cancel { .. } => return None,
    };
    Some(Armed { op, operation })
}

fn unread((op, resolution): (OpId, Resolution)) -> EventRecord {
    match resolution {
        Resolution::Activity(outcome) => EventRecord::Activity { op, outcome },
        Resolution::TimerFired => EventRecord::Timer { op },
    }
}

/// The message of a panic, as far as it has one.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "(a panic without a text)".to_owned(),
    }
}
