//! The stored form of a run's tasks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cancel::Cancel;
use super::spawned::Spawned;
use super::tasks::{Entry, Keeper, State, Tasks};
use super::wait::OpId;
use crate::codec::{self, Payload, Writer};

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
    /// Writes the stored form: a list of records. Only what has changed since is encoded, the rest is copied.
    pub(super) fn write(&mut self, out: &mut Writer) {
        let mut records = Vec::new();
        let mut count = 0;
        for (op, entry) in &mut self.all {
            if entry.stored.is_empty() {
                let Some(record) = record(*op, entry) else { continue };
                entry.stored = codec::encode(&record).expect("a record is plain data").0;
            }
            debug_assert_eq!(
                Some(&entry.stored),
                record(*op, entry)
                    .map(|record| codec::encode(&record).expect("a record is plain data").0)
                    .as_ref(),
                "what changes an entry lets go of its stored form"
            );
            count += 1;
            records.extend_from_slice(&entry.stored);
        }
        out.list(count, &records);
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
            let (has_begun, stored) = (false, Vec::new());
            (op, Entry { state, parent, shielded, cancel, keeper, named, has_begun, stored })
        };
        let mut all: BTreeMap<OpId, Entry> = records.into_iter().map(entry).collect();
        let parents: Vec<OpId> = all.values().filter_map(|entry| entry.parent).collect();
        for parent in parents {
            if let Some(parent) = all.get_mut(&parent) {
                parent.has_begun = true;
            }
        }
        let has_ended = |entry: &Entry| matches!(entry.state, State::Done(_) | State::Cancelled);
        let ended = all.iter().filter(|(_, entry)| has_ended(entry)).map(|(op, _)| *op).collect();
        Tasks { all, ended }
    }
}

/// The stored form of an entry; none while it is being stepped.
fn record(op: OpId, entry: &Entry) -> Option<EntryRecord> {
    let state = match &entry.state {
        State::Running(spawned) => {
            StateRecord::Running { body: spawned.body().to_owned(), frame: Payload(spawned.encoded.clone()) }
        }
        State::Away => return None,
        State::Done(output) => StateRecord::Done(output.clone()),
        State::Cancelled => StateRecord::Cancelled,
        State::Trigger(value) => StateRecord::Trigger(value.clone()),
    };
    Some(EntryRecord {
        op,
        state,
        parent: entry.parent,
        shielded: entry.shielded,
        cancel: Some(entry.cancel).filter(|cancel| cancel.is_some()),
        keeper: entry.keeper.clone(),
        named: entry.named.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tasks::Origin;
    use super::*;

    /// A table of one task, standing so.
    fn table(cancel: Cancel) -> Tasks {
        let spawned = Spawned::stored("run.Pack".to_owned(), vec![0xf6]);
        let mut tasks = Tasks::default();
        tasks.spawn(OpId(3), spawned, Origin { cancel, ..Origin::default() }, Keeper::Handle);
        tasks
    }

    fn written(tasks: &mut Tasks) -> Vec<u8> {
        let mut out = Writer::default();
        tasks.write(&mut out);
        out.into_bytes()
    }

    /// One task, standing so, as `docs/STORAGE_FORMAT.md` has it.
    fn stored(cancel: Cancel) -> String {
        String::from_utf8_lossy(&written(&mut table(cancel))).into_owned()
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
            let bytes = written(&mut table(cancel));
            let records: Vec<EntryRecord> = codec::decode_slice(&bytes).unwrap();
            let mut back = Tasks::from_records(records);
            assert_eq!(back.all[&OpId(3)].cancel, cancel);
            assert_eq!(written(&mut back), bytes);
        }
    }

    #[test]
    fn what_changes_is_written_anew_and_the_rest_as_it_was() {
        let mut tasks = table(Cancel::Not);
        tasks.spawn(
            OpId(4),
            Spawned::stored("run.Pack".to_owned(), Vec::new()),
            Origin::default(),
            Keeper::Handle,
        );
        let before = written(&mut tasks);
        assert!(tasks.cancel(OpId(4)));
        let after = written(&mut tasks);
        let records: Vec<EntryRecord> = codec::decode_slice(&after).unwrap();
        assert_eq!(records[1].cancel, Some(Cancel::Told));
        // The same as a table that never wrote anything before.
        assert_eq!(written(&mut Tasks::from_records(records)), after);
        assert_ne!(before, after);
    }
}
