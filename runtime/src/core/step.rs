//! The part of a transition that runs the user's code.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use super::instance::{Instance, WorkflowType};
use super::offers::Offers;
use super::run::panic_text;
use crate::codec::Payload;
use crate::error::QueryError;
use crate::machine::{Context, Ended, OpId, Resolution, Step};
use crate::store::{EventRecord, ParkReason, Phase, RunRecord};
use crate::time::Moment;

/// What user code came to, where it did not fail.
pub(super) enum Came {
    /// A step that stands, once the engine can do what it asks for.
    Stepped(Box<Stepped>),
    /// All there was are updates, and none was accepted: nothing has happened.
    Idle(Box<dyn Instance>),
}

/// What a step leaves.
pub(super) struct Stepped {
    pub(super) instance: Box<dyn Instance>,
    pub(super) value: Payload,
    pub(super) poll: Poll<Ended<Payload, Payload>>,
    pub(super) step: Step,
}

/// Handles what is in the inbox, then `events` but for the offers that are refused, and steps the machine.
pub(super) fn step(
    workflow: &WorkflowType,
    instance: Option<Box<dyn Instance>>,
    record: &RunRecord,
    events: &[EventRecord],
    offers: &mut Offers,
    now: Moment,
) -> Result<Came, ParkReason> {
    let mut instance = match instance {
        Some(instance) => instance,
        None => load(workflow, record)?,
    };
    let all = || record.inbox.iter().chain(events);
    // Mostly there is one. To collect them would put them into a list and sort it first.
    let mut resolutions = BTreeMap::new();
    all().filter_map(resolution).for_each(|(op, resolution)| drop(resolutions.insert(op, resolution)));
    let step = Step {
        workflow: workflow.name,
        next_op: record.next_op,
        rng: record.rng.clone(),
        resolutions,
        cancelled: record.cancelled || all().any(is_cancel),
        ..Step::default()
    };
    let ctx = Context::new(record.id.clone(), now, step);
    record.inbox.iter().try_for_each(|event| take_up(&mut *instance, &ctx, event))?;
    for (at, event) in events.iter().enumerate() {
        if offers.accepts(at, event, &*instance, &record.id) {
            offers.handling(Some(at));
            take_up(&mut *instance, &ctx, event)?;
        }
    }
    offers.handling(None);
    if offers.refused_all(events) && record.phase == Phase::Open {
        return Ok(Came::Idle(instance));
    }
    let poll = instance.step(&ctx);
    let mut step = ctx.into_step();
    if let Some(fault) = step.fault.take() {
        return Err(ParkReason::Fault(fault));
    }
    let value = instance.value().map_err(|error| ParkReason::BadValue { reason: error.to_string() })?;
    Ok(Came::Stepped(Box::new(Stepped { instance, value, poll, step })))
}

/// What an event resolves, and how.
fn resolution(event: &EventRecord) -> Option<(OpId, Resolution)> {
    match event {
        EventRecord::Activity { op, outcome } => Some((*op, Resolution::Activity(outcome.clone()))),
        EventRecord::Timer { op } => Some((*op, Resolution::TimerFired)),
        _ => None,
    }
}

fn is_cancel(event: &EventRecord) -> bool {
    *event == EventRecord::Cancelled
}

/// Lets the handler of an event run, if it has one.
fn take_up(instance: &mut dyn Instance, ctx: &Context, event: &EventRecord) -> Result<(), ParkReason> {
    match event {
        EventRecord::Signal { name, args } => instance
            .signal(ctx, name, args)
            .map_err(|error| ParkReason::BadSignal { name: name.clone(), reason: error.to_string() }),
        EventRecord::Update { id, name, args } => instance
            .update(ctx, id, name, args)
            .map_err(|error| ParkReason::BadUpdate { name: name.clone(), reason: error.to_string() }),
        _ => Ok(()),
    }
}

/// The run's instance as it was stored.
pub(super) fn load(workflow: &WorkflowType, record: &RunRecord) -> Result<Box<dyn Instance>, ParkReason> {
    let loaded = catch_unwind(AssertUnwindSafe(|| match &record.input {
        Some(input) => (workflow.new)(input),
        None => (workflow.load)(&record.value, record.frame.bytes().into_owned()),
    }));
    match loaded {
        Ok(Ok(instance)) => Ok(instance),
        Ok(Err(error)) => Err(ParkReason::BadValue { reason: error.to_string() }),
        Err(panic) => Err(ParkReason::BadValue { reason: panic_text(&*panic) }),
    }
}

/// The run's instance with what is in its inbox handled, up to the first that cannot be.
///
/// What handlers begin is begun once the run goes on; here only what they change counts.
pub(super) fn load_with_inbox(
    workflow: &WorkflowType,
    record: &RunRecord,
) -> Result<Box<dyn Instance>, ParkReason> {
    let cancelled = record.cancelled || record.inbox.iter().any(is_cancel);
    let apart = || {
        let (next_op, rng) = (record.next_op, record.rng.clone());
        let step = Step { workflow: workflow.name, next_op, rng, cancelled, ..Step::default() };
        Context::new(record.id.clone(), record.updated, step)
    };
    let mut instance = load(workflow, record)?;
    let mut handled = handle(&mut *instance, &apart(), &record.inbox);
    // What the one that cannot be handled did before it failed is not to be seen.
    while let Err(before) = handled {
        instance = load(workflow, record)?;
        handled = handle(&mut *instance, &apart(), &record.inbox[..before]);
    }
    Ok(instance)
}

/// Lets the instance handle `events`; at one that cannot be handled, gives its place.
fn handle(instance: &mut dyn Instance, ctx: &Context, events: &[EventRecord]) -> Result<(), usize> {
    for (at, event) in events.iter().enumerate() {
        match catch_unwind(AssertUnwindSafe(|| take_up(instance, ctx, event))) {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(at),
        }
    }
    Ok(())
}

/// Asks the instance of run `id` a query.
pub(super) fn ask(
    instance: &dyn Instance,
    id: &str,
    name: &str,
    args: &Payload,
) -> Result<Payload, QueryError> {
    match catch_unwind(AssertUnwindSafe(|| instance.query(name, args))) {
        Ok(answer) => Ok(answer?),
        Err(panic) => Err(QueryError::Panicked {
            id: id.to_owned(),
            name: name.to_owned(),
            message: panic_text(&*panic),
        }),
    }
}
