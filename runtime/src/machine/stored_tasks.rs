//! The stored form of a run's tasks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tasks::{Entry, Keeper, Spawned, State, Tasks};
use super::wait::OpId;
use crate::codec::Payload;

/// The stored form of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EntryRecord {
    op: OpId,
    state: StateRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<OpId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shielded: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cancelled: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dropped: bool,
    keeper: Keeper,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    named: Vec<OpId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum StateRecord {
    Running { body: String, frame: Payload },
    Done(Payload),
    Cancelled,
    Trigger(Option<Payload>),
}

impl Tasks {
    /// The stored form.
    pub(super) fn records(&self) -> Vec<EntryRecord> {
        let record = |(op, entry): (&OpId, &Entry)| {
            let state = match &entry.state {
                State::Running(spawned) => StateRecord::Running {
                    body: spawned.body().to_owned(),
                    frame: Payload(spawned.encoded.clone()),
                },
                State::Away => return None,
                State::Done(output) => StateRecord::Done(output.clone()),
                State::Cancelled => StateRecord::Cancelled,
                State::Trigger(value) => StateRecord::Trigger(value.clone()),
            };
            Some(EntryRecord {
                op: *op,
                state,
                parent: entry.parent,
                shielded: entry.shielded,
                cancelled: entry.cancelled,
                dropped: entry.dropped,
                keeper: entry.keeper.clone(),
                named: entry.named.clone(),
            })
        };
        self.all.iter().filter_map(record).collect()
    }

    /// From the stored form.
    pub(super) fn from_records(records: Vec<EntryRecord>) -> Self {
        let entry = |record: EntryRecord| {
            let state = match record.state {
                StateRecord::Running { body, frame } => {
                    State::Running(Box::new(Spawned::stored(body, frame.0)))
                }
                StateRecord::Done(output) => State::Done(output),
                StateRecord::Cancelled => State::Cancelled,
                StateRecord::Trigger(value) => State::Trigger(value),
            };
            let EntryRecord { op, parent, shielded, cancelled, dropped, keeper, named, .. } = record;
            // Which of them have begun others follows.
            (op, Entry { state, parent, shielded, cancelled, keeper, named, has_begun: false, dropped })
        };
        let mut all: BTreeMap<OpId, Entry> = records.into_iter().map(entry).collect();
        let parents: Vec<OpId> = all.values().filter_map(|entry| entry.parent).collect();
        for parent in parents {
            if let Some(parent) = all.get_mut(&parent) {
                parent.has_begun = true;
            }
        }
        Tasks { all }
    }
}
