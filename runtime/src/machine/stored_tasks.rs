//! The stored form of a run's tasks.

use serde::{Deserialize, Serialize};

use super::cancel::Cancel;
use super::sheet::{Draft, Sheet};
use super::spawned::Spawned;
use super::task;
use super::tasks::{Entry, Keeper, Origin, State, Tasks};
use super::wait::OpId;
use crate::codec::{Error, Payload};

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
    /// Writes the stored form: a list of records. Only what has changed since is encoded.
    pub(super) fn write(&mut self, draft: &mut Draft) -> Result<(), Error> {
        let Tasks { all, parts, .. } = self;
        draft.out.begin_list(all.len())?;
        let whole = parts.whole(&mut |numbers, draft| {
            let (first, last) = numbers.into_inner();
            let mut entries = all.range_mut(OpId(first)..=OpId(last));
            entries.try_for_each(|(op, entry)| {
                let sheet = match entry.stored.take() {
                    Some(sheet) => sheet,
                    None => record(*op, entry)?,
                };
                draft.include(op.0, &sheet)?;
                entry.stored = Some(sheet);
                Ok(())
            })
        })?;
        if let Some(whole) = whole {
            draft.share(0, whole)?;
        }
        draft.out.end();
        Ok(())
    }

    /// From the stored form.
    pub(super) fn from_records(records: Vec<EntryRecord>) -> Self {
        let mut tasks = Tasks::default();
        for record in records {
            let state = match record.state {
                StateRecord::Running { body, frame } => {
                    State::Running(Box::new(Spawned::stored(body, frame.0)))
                }
                StateRecord::Done(output) => State::Done(output),
                StateRecord::Cancelled => State::Cancelled,
                StateRecord::Trigger(value) => State::Trigger(value),
            };
            let EntryRecord { op, parent, shielded, cancel, keeper, named, .. } = record;
            let origin = Origin { parent, shielded, cancel: cancel.unwrap_or_default() };
            tasks.add(op, Entry { named, ..Entry::new(state, origin, keeper) });
        }
        tasks
    }
}

/// The stored form of an entry: an [`EntryRecord`], whose frame may be in parts.
fn record(op: OpId, entry: &Entry) -> Result<Sheet, Error> {
    let mut draft = Draft::default();
    let mut written = Ok(());
    let named = task::naming(&mut || written = write_record(op, entry, &mut draft));
    written?;
    draft.name(&named);
    Ok(draft.finish())
}

fn write_record(op: OpId, entry: &Entry, draft: &mut Draft) -> Result<(), Error> {
    let cancel = Some(entry.cancel).filter(|cancel| cancel.is_some());
    let optional =
        [entry.parent.is_some(), entry.shielded, cancel.is_some(), !entry.named.is_empty()].into_iter();
    draft.out.begin_map(3 + optional.filter(|is_there| *is_there).count())?;
    field(draft, "op", &op)?;
    draft.out.text("state");
    match &entry.state {
        State::Running(spawned) => {
            draft.out.begin_map(1)?;
            draft.out.text("Running");
            draft.out.begin_map(2)?;
            field(draft, "body", spawned.body())?;
            draft.out.text("frame");
            draft.include_bytes(0, &spawned.sheet);
            draft.out.end();
            draft.out.end();
        }
        State::Away => unreachable!("tasks are written when all have been stepped"),
        State::Done(output) => draft.out.part(&StateRecord::Done(output.clone()))?,
        State::Cancelled => draft.out.part(&StateRecord::Cancelled)?,
        State::Trigger(value) => draft.out.part(&StateRecord::Trigger(value.clone()))?,
    }
    if let Some(parent) = entry.parent {
        field(draft, "parent", &parent)?;
    }
    if entry.shielded {
        field(draft, "shielded", &true)?;
    }
    if let Some(cancel) = cancel {
        field(draft, "cancel", &cancel)?;
    }
    field(draft, "keeper", &entry.keeper)?;
    if !entry.named.is_empty() {
        field(draft, "named", &entry.named)?;
        task::note(&entry.named);
    }
    draft.out.end();
    Ok(())
}

fn field<T: Serialize + ?Sized>(draft: &mut Draft, name: &str, value: &T) -> Result<(), Error> {
    draft.out.text(name);
    draft.out.part(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;

    /// A table of one task, standing so.
    fn table(cancel: Cancel) -> Tasks {
        let spawned = Spawned::stored("run.Pack".to_owned(), vec![0xf6]);
        let mut tasks = Tasks::default();
        tasks.spawn(OpId(3), spawned, Origin { cancel, ..Origin::default() }, Keeper::Handle);
        tasks
    }

    fn written(tasks: &mut Tasks) -> Vec<u8> {
        let mut draft = Draft::default();
        tasks.write(&mut draft).unwrap();
        draft.finish().bytes().into_owned()
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
