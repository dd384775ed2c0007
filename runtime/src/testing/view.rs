//! A run's record, its events and commands, as one reads them in a report.

use std::collections::BTreeMap;

use cbor4ii::core::Value;

use super::tree::{parts, show, text, tree};
use crate::activity::ActivityOutcome;
use crate::codec::{self, Payload};
use crate::core::Refusal;
use crate::error::UpdateError;
use crate::store::{Armed, CommandRecord, EventRecord, LogEntry, Operation, Outcome, Phase, RunRecord};

/// All that a transition left behind, as one tree.
pub(super) fn result(record: &RunRecord, entry: &LogEntry) -> Value {
    let (phase, output) = match &record.phase {
        Phase::Open => ("open".to_owned(), Value::Null),
        Phase::Parked(reason) => (format!("parked: {reason}"), Value::Null),
        Phase::Completed(output) => ("completed".to_owned(), tree(output)),
        Phase::Failed(error) => ("failed".to_owned(), tree(error)),
        Phase::Terminated(reason) => (format!("terminated: {reason}"), Value::Null),
        Phase::Cancelled(error) => ("cancelled".to_owned(), error.as_ref().map_or(Value::Null, tree)),
    };
    // What the user wrote comes first: a report is read from the top.
    parts([
        ("self", tree(&record.value)),
        ("run", tree(&record.frame.payload())),
        ("output", output),
        ("commands", commands(entry)),
        ("phase", text(phase)),
        ("state", text(&record.state)),
        ("waits_for", Value::Array(record.armed.iter().map(|armed| text(waits_for(armed))).collect())),
        ("unread", Value::Array(record.inbox.iter().map(|unread| text(event(unread))).collect())),
        ("operations_begun", Value::Integer(record.next_op.into())),
        ("random_numbers", random(record)),
    ])
}

/// What the log has of a transition, as one tree.
pub(super) fn entry(entry: &LogEntry) -> Value {
    parts([("commands", commands(entry)), ("outcome", text(outcome(entry)))])
}

/// The answers of updates, as one tree.
pub(super) fn answers(answers: &[(String, Payload)]) -> Value {
    let answers = answers.iter().map(|(id, answer)| (text(id), tree(answer)));
    parts([("answers", Value::Map(answers.collect()))])
}

/// The updates that were refused, and how, as one tree.
pub(super) fn refusals(refused: &BTreeMap<usize, Refusal>) -> Value {
    let shown = |refusal: &Refusal| match refusal {
        UpdateError::Rejected(answer) => tree(answer),
        other => text(format!("{other:?}")),
    };
    let refused = refused.iter().map(|(at, refusal)| (Value::Integer(*at as i128), shown(refusal)));
    parts([("refused", Value::Map(refused.collect()))])
}

fn commands(entry: &LogEntry) -> Value {
    Value::Array(entry.commands.iter().map(command).collect())
}

pub(super) fn outcome(entry: &LogEntry) -> String {
    match &entry.outcome {
        Outcome::Stepped => "stepped".to_owned(),
        Outcome::Parked(reason) => format!("parked: {reason}"),
        Outcome::Terminated(reason) => format!("terminated: {reason}"),
    }
}

fn random(record: &RunRecord) -> Value {
    match codec::encode(&record.rng) {
        Ok(payload) => tree(&payload),
        Err(error) => text(error.to_string()),
    }
}

fn command(command: &CommandRecord) -> Value {
    match command {
        CommandRecord::Activity { activity, input, .. } => {
            parts([("call", text(activity.as_str())), ("arguments", tree(input))])
        }
        CommandRecord::Timer { deadline, .. } => parts([("timer", text(deadline.to_string()))]),
        CommandRecord::Cancel { op } => parts([("cancel", text(op.0.to_string()))]),
    }
}

fn waits_for(Armed { op, operation }: &Armed) -> String {
    match operation {
        Operation::Activity(name) => format!("{name} #{}", op.0),
        Operation::Timer(deadline) => format!("timer #{} until {deadline}", op.0),
    }
}

/// One transition in words: what went in, and where it led.
pub(super) fn transition(entry: &LogEntry, state: &str) -> String {
    let events: Vec<String> = entry.events.iter().map(event).collect();
    let led_to = match &entry.outcome {
        Outcome::Stepped => state,
        Outcome::Parked(_) | Outcome::Terminated(_) => &outcome(entry),
    };
    let mut lines = vec![format!("{}  {} → {led_to}", entry.at, events.join(", "))];
    lines.extend(entry.commands.iter().map(|command| match command {
        CommandRecord::Activity { op, activity, input, .. } => {
            format!("calls {activity} #{} with {}", op.0, shown(input))
        }
        CommandRecord::Timer { op, deadline } => format!("sets timer #{} to {deadline}", op.0),
        CommandRecord::Cancel { op } => format!("tells activity #{} that it is cancelled", op.0),
    }));
    lines.join("\n       ")
}

fn event(event: &EventRecord) -> String {
    match event {
        EventRecord::Started { seed, .. } => format!("started (seed {seed})"),
        EventRecord::Signal { name, args } => format!("signal {name} {}", shown(args)),
        EventRecord::Update { name, args, .. } => format!("update {name} {}", shown(args)),
        EventRecord::Cancelled => "asked to cancel".to_owned(),
        EventRecord::Timer { op } => format!("timer #{} fires", op.0),
        EventRecord::Activity { op, outcome } => {
            let how = match outcome {
                ActivityOutcome::Completed(output) => format!("gives {}", shown(output)),
                ActivityOutcome::Failed(error) => format!("fails with {}", shown(error)),
                ActivityOutcome::TimedOut(timed_out) => timed_out.to_string(),
                ActivityOutcome::Panicked(message) => format!("panics: {message}"),
                ActivityOutcome::Cancelled => "is cancelled".to_owned(),
            };
            format!("activity #{} {how}", op.0)
        }
    }
}

/// An encoded value, as text.
pub(super) fn shown(payload: &Payload) -> String {
    show(&tree(payload))
}
