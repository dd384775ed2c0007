//! The stored form of a run's tasks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cancel::Cancel;
use super::spawned::Spawned;
use super::tasks::{Entry, Keeper, State, Tasks};
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cancel: Option<Cancel>,
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
                cancel: Some(entry.cancel).filter(|cancel| cancel.is_some()),
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
            let EntryRecord { op, parent, shielded, cancel, keeper, named, .. } = record;
            let cancel = cancel.unwrap_or_default();
            // Which of them have begun others follows.
            (op, Entry { state, parent, shielded, cancel, keeper, named, has_begun: false })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    fn entry(cancel: Cancel) -> (OpId, Entry) {
        let state = State::Running(Box::new(Spawned::stored("run.Pack".to_owned(), vec![0xf6])));
        let (parent, shielded, keeper, named) = (None, false, Keeper::Handle, Vec::new());
        (OpId(3), Entry { state, parent, shielded, cancel, keeper, named, has_begun: false })
    }

    /// One task, standing so, as `docs/STORAGE_FORMAT.md` has it.
    fn stored(cancel: Cancel) -> String {
        let records = Tasks { all: BTreeMap::from([entry(cancel)]) }.records();
        String::from_utf8_lossy(&codec::encode(&records).unwrap().0).into_owned()
    }

    #[test]
    fn how_a_task_is_cancelled_is_one_field_and_none_where_it_is_not() {
        assert!(!stored(Cancel::Not).contains("cancel"));
        assert!(stored(Cancel::Told).contains("fcanceldTold"));
        assert!(stored(Cancel::Dropped).contains("fcancelgDropped"));
    }

    #[test]
    fn a_task_reads_back_as_it_was_cancelled() {
        for cancel in [Cancel::Not, Cancel::Told, Cancel::Dropped] {
            let records = Tasks { all: BTreeMap::from([entry(cancel)]) }.records();
            let back: Vec<EntryRecord> = codec::decode(&codec::encode(&records).unwrap()).unwrap();
            assert_eq!(back, records);
            assert_eq!(Tasks::from_records(back).all[&OpId(3)].cancel, cancel);
        }
    }
}
