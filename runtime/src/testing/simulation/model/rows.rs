//! What is stored besides the log.

use super::{Holds, Model, broken, holds, log, open, readable};
use crate::store::{
    AnswerRecord, EventRecord, RunNo, RunRecord, StoredCall, TaskId, TimerKey, UpdateRecord, Write,
};

impl Model {
    pub(super) fn take_id(&mut self, write: Write<'_>) -> Holds {
        let id = String::from_utf8_lossy(write.key).into_owned();
        let run: RunNo = open(write)?;
        let is_it = self.runs.get(&run).is_some_and(|found| found.record().id == id);
        holds("G1", is_it, || format!("the id `{id}` is that of run {run}, whose log says otherwise"))?;
        let before = self.ids.insert(id.clone(), run);
        holds("G1", before.is_none(), || format!("the id `{id}` had run {before:?} and now has {run}"))
    }

    pub(super) fn take_timer(&mut self, write: Write<'_>) -> Holds<RunNo> {
        let Some(timer) = TimerKey::from_key(write.key) else {
            return broken("G8", "a key of the timers is no timer");
        };
        if write.value.is_some() {
            self.timers.insert(timer);
        } else {
            self.timers.remove(&timer);
        }
        Ok(timer.run)
    }

    pub(super) fn take_task(&mut self, write: Write<'_>) -> Holds<RunNo> {
        let Some(place) = TaskId::from_key(write.key) else {
            return broken("G3", "a key of the calls is no call");
        };
        let before = self.places.remove(&place);
        let Some(bytes) = write.value else {
            before.map(|task| self.tasks.remove(&task));
            return Ok(place.run);
        };
        let StoredCall { task, record: row, .. } = readable(StoredCall::open(write.key, bytes))?;
        if before != Some(task) {
            before.map(|ended| self.tasks.remove(&ended));
            if task != place {
                self.see("a call in the place of another");
            }
        }
        holds("G3", task.run == place.run && !self.places.values().any(|other| *other == task), || {
            format!("{task:?} is stored twice")
        })?;
        self.places.insert(place, task);
        if let Some(before) = self.tasks.insert(task, row.clone()) {
            holds("G3", before.attempt <= row.attempt, || {
                format!("the attempts at {task:?} went back from {} to {}", before.attempt, row.attempt)
            })?;
        }
        Ok(place.run)
    }

    pub(super) fn take_update(&mut self, write: Write<'_>) -> Holds {
        let key = update_key(write.key)?;
        let row: UpdateRecord = open(write)?;
        let event = EventRecord::Update { id: key.1.clone(), name: row.name.clone(), args: row.args.clone() };
        let last = self.run(key.0)?.log.last();
        holds("asked", last.is_some_and(|entry| entry.events.contains(&event)), || {
            format!("the update {key:?} is stored as accepted, but is not in the log")
        })?;
        let before = self.updates.insert(key.clone(), row);
        holds("G1", before.is_none(), || format!("the update {key:?} was accepted twice"))
    }

    pub(super) fn take_answer(&mut self, write: Write<'_>) -> Holds {
        let key = update_key(write.key)?;
        let row: AnswerRecord = open(write)?;
        let done = &self.run(key.0)?.folded.answers;
        holds("G6", done.contains(&(key.1.clone(), row.answer.clone())), || {
            format!("the update {key:?} has the answer {:?}, its code gave {done:?}", row.answer)
        })?;
        holds("G1", self.updates.contains_key(&key), || format!("{key:?} is done, but was not accepted"))?;
        let before = self.answers.insert(key.clone(), row.answer);
        holds("G1", before.is_none(), || format!("the update {key:?} was done twice"))
    }

    pub(super) fn take_state(&mut self, write: Write<'_>) -> Holds<RunNo> {
        let (run, found) = log::stored(write)?;
        self.take_tail(run, &found)?;
        let folded = self.run(run)?.record();
        let stored = found.record;
        // Without its code it has no newer state; how it stands is told with the last one.
        let expected = match (self.registry.workflow(&folded.workflow), self.states.get(&run)) {
            (None, Some(before)) if before.seq != folded.seq && stored.ahead.is_some() => {
                RunRecord { ahead: Some(Box::new(folded.phase.clone())), ..before.clone() }
            }
            _ => folded.clone(),
        };
        holds("G6", expected.is_stored_as(run, write.value.unwrap_or_default()), || {
            format!("run {run} is stored as {stored:?}; its log gives {folded:?}")
        })?;
        if stored.ahead.is_some() {
            self.see("a run that is ahead of its state");
        }
        self.states.insert(run, stored);
        Ok(run)
    }
}

fn update_key(key: &[u8]) -> Holds<(RunNo, String)> {
    match key.split_first_chunk::<8>() {
        Some((run, id)) => Ok((RunNo(u64::from_be_bytes(*run)), String::from_utf8_lossy(id).into_owned())),
        None => broken("asked", "a key of the updates is no update"),
    }
}
