//! History as JSON, for people and their tools. Its form is in `docs/OPERATING.md`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::history::{History, HistoryEntry};
use crate::activity::{ActivityOutcome, CallOptions, TimedOut};
use crate::codec::{Payload, hex};
use crate::machine::OpId;
use crate::store::{Armed, CommandRecord, EventRecord, LogEntry, Operation, Outcome, Seq};

impl History {
    /// The history as JSON: `id`, `run`, `workflow`, and `transitions`, each as
    /// [`HistoryEntry::to_json`] shows it.
    pub fn to_json(&self) -> Value {
        let mut called = BTreeMap::new();
        let transitions = self.transitions.iter().enumerate().map(|(seq, transition)| {
            let shown = entry(Seq(seq as u64), transition, &called);
            called.extend(transition.commands.iter().filter_map(|command| match command {
                CommandRecord::Activity { op, activity, .. } => Some((*op, activity.to_string())),
                _ => None,
            }));
            shown
        });
        let transitions: Vec<_> = transitions.collect();
        json!({ "id": self.id, "run": self.run.0, "workflow": self.workflow, "transitions": transitions })
    }
}

impl HistoryEntry {
    /// The transition as JSON: its number, when it was, what became of it, its events and commands by their kinds, with what was
    /// encoded decoded. `docs/OPERATING.md` lists the fields; more may come.
    pub fn to_json(&self) -> Value {
        entry(self.seq, &self.transition, &self.activities)
    }
}

fn entry(seq: Seq, transition: &LogEntry, activities: &BTreeMap<OpId, String>) -> Value {
    let LogEntry { at, events, outcome, commands } = transition;
    let mut shown = object(json!({ "seq": seq.0, "at": at.to_string() }));
    match outcome {
        Outcome::Stepped => shown.insert("outcome".to_owned(), "Stepped".into()),
        Outcome::Parked(reason) => {
            shown.insert("reason".to_owned(), reason.to_string().into());
            shown.insert("outcome".to_owned(), "Parked".into())
        }
        Outcome::Terminated(reason) => {
            shown.insert("reason".to_owned(), reason.clone().into());
            shown.insert("outcome".to_owned(), "Terminated".into())
        }
    };
    shown.insert("events".to_owned(), events.iter().map(|shown| event(shown, activities)).collect());
    shown.insert("commands".to_owned(), commands.iter().map(command).collect());
    shown.into()
}

/// An event by its kind.
pub(super) fn event(event: &EventRecord, activities: &BTreeMap<OpId, String>) -> Value {
    match event {
        EventRecord::Started { id, workflow, input, seed } => json!({
            "kind": "Started",
            "id": id,
            "workflow": workflow,
            "input": payload(input),
            // A text, since many readers of JSON have no whole numbers of 64 bits.
            "seed": seed.to_string(),
        }),
        EventRecord::Signal { name, args } => {
            json!({ "kind": "Signal", "name": name, "args": payload(args) })
        }
        EventRecord::Update { id, name, args } => {
            json!({ "kind": "Update", "id": id, "name": name, "args": payload(args) })
        }
        EventRecord::Cancelled => json!({ "kind": "Cancelled" }),
        EventRecord::Activity { op, outcome } => {
            let mut shown = object(ended(outcome));
            shown.insert("op".to_owned(), op.0.into());
            if let Some(name) = activities.get(op) {
                shown.insert("activity".to_owned(), name.clone().into());
            }
            shown.into()
        }
        EventRecord::Timer { op } => json!({ "kind": "TimerFired", "op": op.0 }),
    }
}

fn ended(outcome: &ActivityOutcome) -> Value {
    match outcome {
        ActivityOutcome::Completed(output) => {
            json!({ "kind": "ActivityCompleted", "output": payload(output) })
        }
        ActivityOutcome::Failed(error) => json!({ "kind": "ActivityFailed", "error": payload(error) }),
        ActivityOutcome::TimedOut(timed_out) => {
            let TimedOut { timeout, after, .. } = timed_out;
            json!({
                "kind": "ActivityTimedOut",
                "timeout": format!("{timeout:?}"),
                "after_seconds": seconds(*after),
                "details": timed_out.encoded_details().map(payload),
            })
        }
        ActivityOutcome::Panicked(message) => json!({ "kind": "ActivityPanicked", "message": message }),
        ActivityOutcome::Cancelled => json!({ "kind": "ActivityCancelled" }),
    }
}

/// A command by its kind.
fn command(command: &CommandRecord) -> Value {
    match command {
        CommandRecord::Activity { op, activity, input, options } => {
            let mut shown = object(json!({
                "kind": "Activity", "op": op.0, "activity": activity, "input": payload(input),
            }));
            if let Some(options) = options {
                shown.insert("options".to_owned(), call(options));
            }
            shown.into()
        }
        CommandRecord::Timer { op, deadline } => {
            json!({ "kind": "Timer", "op": op.0, "deadline": deadline.to_string() })
        }
        CommandRecord::Cancel { op } => json!({ "kind": "Cancel", "op": op.0 }),
    }
}

/// What a call says of its own; what it leaves to its activity is not there.
fn call(options: &CallOptions) -> Value {
    let CallOptions { start_to_close, schedule_to_close, schedule_to_start, heartbeat, .. } = options;
    let times = [
        ("start_to_close_seconds", start_to_close),
        ("schedule_to_close_seconds", schedule_to_close),
        ("schedule_to_start_seconds", schedule_to_start),
        ("heartbeat_seconds", heartbeat),
    ];
    let mut shown: Map<String, Value> =
        times.into_iter().filter_map(|(name, time)| Some((name.to_owned(), seconds((*time)?)))).collect();
    if let Some(retry) = &options.retry {
        let policy = json!({
            "initial_seconds": seconds(retry.initial),
            "coefficient": retry.coefficient,
            "max_interval_seconds": retry.max_interval.map(seconds),
            "max_attempts": retry.max_attempts,
            "jitter": retry.jitter,
        });
        shown.insert("retry".to_owned(), policy);
    }
    if let Some(cancellation) = options.cancellation {
        shown.insert("cancellation".to_owned(), format!("{cancellation:?}").into());
    }
    shown.into()
}

/// What is waited for.
pub(super) fn armed(armed: &Armed) -> Value {
    match &armed.operation {
        Operation::Activity(activity) => {
            json!({ "op": armed.op.0, "kind": "Activity", "activity": activity })
        }
        Operation::Timer(deadline) => {
            json!({ "op": armed.op.0, "kind": "Timer", "deadline": deadline.to_string() })
        }
    }
}

/// What was encoded; bytes that are no value are shown as they are.
pub(super) fn payload(payload: &Payload) -> Value {
    payload.to_json().unwrap_or_else(|_| json!({ "undecodable_bytes": hex(payload.as_bytes()) }))
}

fn seconds(time: Duration) -> Value {
    time.as_secs_f64().into()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
