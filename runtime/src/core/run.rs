//! One run, and its transition: (state, events, time) → (state, commands, log entry). Pure.
//!
//! A transition handles the signals in the order of the inbox, then hands the resolutions to the machine and
//! steps it once. It stands or it does not: when workflow code panics or the machine reports a fault, the run keeps its
//! last state, the events go into its inbox, and it is *parked* with the reason.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use super::instance::{Instance, WorkflowType};
use super::registry::Registry;
use crate::codec::{CodecError, Payload};
use crate::error::QueryError;
use crate::machine::{Command, Context, Ended, OpId, Resolution, RunRng, Step, stored_state};
use crate::store::{
    Armed, CommandRecord, EventRecord, LogEntry, Operation, Outcome, ParkReason, Phase, RunRecord, Seq,
};
use crate::time::Moment;

/// A run: its record, and its instance while that is in memory.
pub(crate) struct Run {
    pub(crate) record: RunRecord,
    /// `None` until it is needed, and after a transition that did not stand.
    instance: Option<Box<dyn Instance>>,
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

/// What a step that stands leaves.
struct Stepped {
    instance: Box<dyn Instance>,
    value: Payload,
    poll: Poll<Ended<Payload, Payload>>,
    step: Step,
}

const START: &str = "Start";
const DONE: &str = "Done";

impl Run {
    /// A run before its first transition.
    pub(crate) fn start(
        workflow: &WorkflowType,
        id: String,
        input: &Payload,
        seed: u64,
        now: Moment,
    ) -> Result<Run, CodecError> {
        let made = catch_unwind(|| {
            let instance = (workflow.new)(input)?;
            let value = instance.value()?;
            Ok((instance, value))
        });
        let (instance, value) = made.unwrap_or_else(|panic| {
            Err(CodecError::Decode { type_name: workflow.name, reason: panic_text(&*panic) })
        })?;
        let record = RunRecord {
            id,
            workflow: workflow.name.to_owned(),
            phase: Phase::Open,
            seq: Seq(0),
            created: now,
            updated: now,
            state: START.to_owned(),
            value,
            frame: Payload::default(),
            input: Some(input.clone()),
            next_op: 0,
            rng: RunRng::new(seed),
            armed: Vec::new(),
            inbox: Vec::new(),
            cancelled: false,
        };
        Ok(Run { record, instance: Some(instance) })
    }

    /// A run as it was stored.
    pub(crate) fn stored(record: RunRecord) -> Run {
        Run { record, instance: None }
    }

    /// The operation, if the run waits for it and has not got it.
    pub(crate) fn waits_for(&self, op: OpId) -> Option<&Operation> {
        if self.record.inbox.iter().any(|event| event.resolves() == Some(op)) {
            return None;
        }
        let at = self.record.armed.binary_search_by_key(&op, |armed| armed.op).ok()?;
        Some(&self.record.armed[at].operation)
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
        let instance = self.instance.take();
        let record = &self.record;
        let stepped = registry
            .workflow(&record.workflow)
            .ok_or_else(|| ParkReason::UnknownWorkflow { workflow: record.workflow.clone() })
            .and_then(|workflow| {
                catch_unwind(AssertUnwindSafe(|| step(workflow, instance, record, &events, now)))
                    .unwrap_or_else(|panic| Err(ParkReason::Panic { message: panic_text(&*panic) }))
            })
            .and_then(|stepped| match unknown_activity(registry, &stepped) {
                Some(activity) => Err(ParkReason::UnknownActivity { activity: activity.to_owned() }),
                None => Ok(stepped),
            });
        match stepped {
            Ok(stepped) => self.stand(stepped, events, now),
            Err(reason) => self.park(reason, events, now),
        }
    }

    /// Puts `events` into the inbox and leaves the rest as it is.
    pub(crate) fn park(&mut self, reason: ParkReason, events: Vec<EventRecord>, now: Moment) -> Transition {
        self.instance = None;
        let started = |event: &&EventRecord| matches!(event, EventRecord::Started { .. });
        self.record.inbox.extend(events.iter().filter(|event| !started(event)).cloned());
        self.record.phase = Phase::Parked(reason.clone());
        self.log(now, events, Outcome::Parked(reason), Vec::new(), Vec::new())
    }

    /// Takes up what a step left.
    fn stand(&mut self, stepped: Stepped, events: Vec<EventRecord>, now: Moment) -> Transition {
        let Stepped { instance, value, poll, mut step } = stepped;
        let record = &mut self.record;
        let mut waits = match poll {
            Poll::Pending => instance.armed().to_vec(),
            Poll::Ready(_) => Vec::new(),
        };
        waits.sort_unstable();
        let is_waited_for = |op: OpId| waits.binary_search(&op).is_ok();

        let got = |op| record.inbox.iter().chain(&events).any(|event| event.resolves() == Some(op));
        let (mut armed, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut record.armed).into_iter().partition(|armed| is_waited_for(armed.op));
        let disarmed = gone.into_iter().filter(|armed| !got(armed.op)).collect();

        #[cfg(feature = "testing")]
        let called = activity_types(&step.commands);
        // What was begun and dropped in the same step is not set going at all.
        let begun = step.commands.into_iter().filter(|command| is_waited_for(command.op()));
        let mut commands: Vec<_> = begun.map(|command| command_record(command, now)).collect();
        commands.sort_unstable_by_key(CommandRecord::op);
        armed.extend(commands.iter().map(armed_by));
        armed.sort_unstable_by_key(|armed| armed.op);
        record.armed = armed;

        // A result that the machine has not taken up, though it waits for it, is for a later step.
        step.resolutions.retain(|op, _| is_waited_for(*op));
        record.inbox = step.resolutions.into_iter().map(unread).collect();

        record.cancelled |= step.cancelled;
        record.value = value;
        record.input = None;
        record.next_op = step.next_op;
        record.rng = step.rng;
        match poll {
            Poll::Pending => {
                record.frame.0.clear();
                record.frame.0.extend_from_slice(instance.frame());
                record.state = stored_state(instance.frame()).unwrap_or_default();
                record.phase = Phase::Open;
            }
            Poll::Ready(ended) => {
                record.frame = Payload::default();
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
        let unreadable = |reason| QueryError::Unreadable { id: record.id.clone(), reason };
        let Some(workflow) = registry.workflow(&record.workflow) else {
            return Err(unreadable(ParkReason::UnknownWorkflow { workflow: record.workflow.clone() }));
        };
        if self.instance.is_none() {
            let mut instance = load(workflow, record).map_err(unreadable)?;
            // What handlers begin is begun once the run goes on; here only what they change counts.
            let apart = || {
                let (next_op, rng) = (record.next_op, record.rng.clone());
                let step = Step { next_op, rng, cancelled: record.cancelled, ..Step::default() };
                Context::new(record.id.clone(), record.updated, step)
            };
            let mut handled = handle_signals(&mut *instance, &apart(), &record.inbox);
            // What the one that cannot be handled did before it failed is not to be seen.
            while let Err(before) = handled {
                instance = load(workflow, record).map_err(unreadable)?;
                handled = handle_signals(&mut *instance, &apart(), &record.inbox[..before]);
            }
            if !record.inbox.is_empty() {
                return ask(&*instance, &record.id, name, args);
            }
            self.instance = Some(instance);
        }
        match &self.instance {
            Some(instance) => ask(&**instance, &record.id, name, args),
            None => unreachable!("it was put there just now"),
        }
    }
}

/// The part of a transition that runs the user's code.
fn step(
    workflow: &WorkflowType,
    instance: Option<Box<dyn Instance>>,
    record: &RunRecord,
    events: &[EventRecord],
    now: Moment,
) -> Result<Stepped, ParkReason> {
    let mut instance = match instance {
        Some(instance) => instance,
        None => load(workflow, record)?,
    };
    let all = || record.inbox.iter().chain(events);
    let step = Step {
        next_op: record.next_op,
        rng: record.rng.clone(),
        resolutions: all().filter_map(resolution).collect(),
        cancelled: record.cancelled || all().any(|event| *event == EventRecord::Cancelled),
        ..Step::default()
    };
    let ctx = Context::new(record.id.clone(), now, step);
    all().try_for_each(|event| take_up(&mut *instance, &ctx, event))?;
    let poll = instance.step(&ctx);
    let mut step = ctx.into_step();
    if let Some(fault) = step.fault.take() {
        return Err(ParkReason::Fault(fault));
    }
    let value = instance.value().map_err(|error| ParkReason::BadValue { reason: error.to_string() })?;
    Ok(Stepped { instance, value, poll, step })
}

/// What an event resolves, and how.
fn resolution(event: &EventRecord) -> Option<(OpId, Resolution)> {
    match event {
        EventRecord::Activity { op, outcome } => Some((*op, Resolution::Activity(outcome.clone()))),
        EventRecord::Timer { op } => Some((*op, Resolution::TimerFired)),
        _ => None,
    }
}

/// Lets the handler of an event run, if it has one.
fn take_up(instance: &mut dyn Instance, ctx: &Context, event: &EventRecord) -> Result<(), ParkReason> {
    let (name, handled) = match event {
        EventRecord::Signal { name, args } => (name, instance.signal(ctx, name, args)),
        EventRecord::Update { id, name, args } => (name, instance.update(ctx, id, name, args)),
        _ => return Ok(()),
    };
    handled.map_err(|error| ParkReason::BadSignal { name: name.clone(), reason: error.to_string() })
}

fn load(workflow: &WorkflowType, record: &RunRecord) -> Result<Box<dyn Instance>, ParkReason> {
    let loaded = catch_unwind(AssertUnwindSafe(|| match &record.input {
        Some(input) => (workflow.new)(input),
        None => (workflow.load)(&record.value, record.frame.0.clone()),
    }));
    match loaded {
        Ok(Ok(instance)) => Ok(instance),
        Ok(Err(error)) => Err(ParkReason::BadValue { reason: error.to_string() }),
        Err(panic) => Err(ParkReason::BadValue { reason: panic_text(&*panic) }),
    }
}

/// Lets the instance handle the signals among `events`; at one that cannot be handled, gives its place.
fn handle_signals(instance: &mut dyn Instance, ctx: &Context, events: &[EventRecord]) -> Result<(), usize> {
    for (at, event) in events.iter().enumerate() {
        match catch_unwind(AssertUnwindSafe(|| take_up(instance, ctx, event))) {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(at),
        }
    }
    Ok(())
}

fn ask(instance: &dyn Instance, id: &str, name: &str, args: &Payload) -> Result<Payload, QueryError> {
    match catch_unwind(AssertUnwindSafe(|| instance.query(name, args))) {
        Ok(answer) => Ok(answer?),
        Err(panic) => Err(QueryError::Panicked {
            id: id.to_owned(),
            name: name.to_owned(),
            message: panic_text(&*panic),
        }),
    }
}

fn unknown_activity(registry: &Registry, stepped: &Stepped) -> Option<&'static str> {
    stepped.step.commands.iter().find_map(|command| match command {
        Command::StartActivity { op, activity, .. }
            if !registry.can_run(activity.name) && stepped.instance.armed().contains(op) =>
        {
            Some(activity.name)
        }
        _ => None,
    })
}

#[cfg(feature = "testing")]
fn activity_types(commands: &[Command]) -> Vec<crate::activity::ActivityType> {
    let of = |command: &Command| match command {
        Command::StartActivity { activity, .. } => Some(*activity),
        Command::StartTimer { .. } => None,
    };
    commands.iter().filter_map(of).collect()
}

fn command_record(command: Command, now: Moment) -> CommandRecord {
    match command {
        Command::StartActivity { op, activity, input } => {
            CommandRecord::Activity { op, activity: activity.name.to_owned(), input }
        }
        // A deadline in the past is due now; so no timer is ever stored behind the clock.
        Command::StartTimer { op, deadline } => CommandRecord::Timer { op, deadline: deadline.max(now) },
    }
}

fn armed_by(command: &CommandRecord) -> Armed {
    match command {
        CommandRecord::Activity { op, activity, .. } => {
            Armed { op: *op, operation: Operation::Activity(activity.clone()) }
        }
        CommandRecord::Timer { op, deadline } => Armed { op: *op, operation: Operation::Timer(*deadline) },
    }
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
