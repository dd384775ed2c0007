//! What goes into the log.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Asked, Broken, Called, Holds, Model, ModelRun, broken, holds, readable};
use crate::codec;
use crate::machine::OpId;
use crate::store::{
    Batch, CommandRecord, EventRecord, LogEntry, LogRow, Outcome, RunNo, Seq, StoredRun, Table, TaskId, Write,
};
use crate::testing::simulation::ask::{Ask, AskNo};
use crate::testing::simulation::{names, outside};
use crate::time::Moment;

/// A log entry, and which it is.
type Logged = (RunNo, Seq, LogEntry);

/// The log entries that are in a batch, as rows or within the records of runs; in the order of runs and transitions.
pub(in crate::testing::simulation) fn written(batch: &Batch) -> Holds<Vec<Logged>> {
    let mut written = Vec::new();
    for write in batch.writes() {
        let (run, entries) = match write.table {
            Table::Log => row(write)?,
            Table::Runs => stored(write).and_then(|(run, stored)| Ok((run, readable(stored.entries())?)))?,
            _ => continue,
        };
        written.extend(entries.into_iter().map(|(seq, entry)| (run, seq, entry)));
    }
    written.sort_by_key(|(run, seq, _)| (*run, *seq));
    Ok(written)
}

fn row(write: Write<'_>) -> Holds<(RunNo, Vec<(Seq, LogEntry)>)> {
    let LogRow { run, entries } = readable(LogRow::open(write.key, write.value.unwrap_or_default()))?;
    Ok((run, entries))
}

/// What is written of a run.
pub(super) fn stored(write: Write<'_>) -> Holds<(RunNo, StoredRun)> {
    let (Some(run), Some(bytes)) = (RunNo::from_key(write.key), write.value) else {
        return broken("G1", "a run was deleted");
    };
    Ok((run, readable(StoredRun::open(write.key, bytes))?))
}

impl Model {
    /// Which transitions now stand in a row.
    pub(super) fn take_row(&mut self, write: Write<'_>) -> Holds {
        let (run, entries) = row(write)?;
        if entries.len() > 1 {
            self.see("a row of several transitions");
        }
        self.in_rows.entry(run).or_default().extend(entries.into_iter().map(|(seq, _)| seq));
        Ok(())
    }

    /// Which transitions now stand in the record of a run.
    pub(super) fn take_tail(&mut self, run: RunNo, stored: &StoredRun) -> Holds {
        let entries = readable(stored.entries())?;
        if !entries.is_empty() {
            self.see("transitions in the record of their run");
        }
        self.in_records.insert(run, entries.into_iter().map(|(seq, _)| seq).collect());
        Ok(())
    }

    /// Each transition of a run stands in one place.
    pub(super) fn check_places(&self, run: RunNo) -> Holds {
        let places = |of: &BTreeMap<RunNo, Vec<Seq>>| of.get(&run).cloned().unwrap_or_default();
        let mut all = [places(&self.in_rows), places(&self.in_records)].concat();
        all.sort_unstable();
        let log = self.run(run)?.log.len() as u64;
        holds("G1", all.iter().map(|seq| seq.0).eq(0..log), || {
            format!("run {run} has had {log} transitions; stored are {all:?}")
        })
    }

    /// A log entry was written: one that is new, or one that has changed its place.
    pub(super) fn take_entry(&mut self, run: RunNo, Seq(seq): Seq, entry: LogEntry) -> Holds {
        let at = usize::try_from(seq).unwrap_or(usize::MAX);
        if let Some(before) = self.runs.get(&run).and_then(|run| run.log.get(at)) {
            return holds("G6", *before == entry, || {
                format!("transition {seq} of run {run} was {before:?}, and is now {entry:?}")
            });
        }
        if at == 0 && !self.runs.contains_key(&run) {
            self.take_start(run, &entry)?;
        }
        let Some(found) = self.runs.get(&run) else {
            return broken("G1", format!("run {run} has transition {seq}, but was never started"));
        };
        holds("G1", found.log.len() == at, || {
            format!("run {run} has {} transitions, and now one with number {seq}", found.log.len())
        })?;
        holds("G8", entry.at == self.mark.moment, || {
            format!("transition {seq} of run {run} is of {}, its batch of {}", entry.at, self.mark.moment)
        })?;
        let closed = at > 0 && found.record().phase.is_closed();
        holds("G3", !closed, || format!("run {run} has ended, and now has transition {seq}"))?;
        for event in &entry.events {
            self.take_event(run, &entry, event)?;
        }
        self.take_outcome(run, &entry)?;
        let kit = Rc::clone(&self.kit);
        for command in &entry.commands {
            self.see(names::command(command));
        }
        let Some(found) = self.runs.get_mut(&run) else { return Ok(()) };
        let from = if found.log.is_empty() { "Start".to_owned() } else { found.record().state.clone() };
        found.has_moved = true;
        let cancelled = found.take_commands(&entry);
        let bytes =
            codec::encode(&entry).map_err(|error| Broken { guarantee: "G6", what: error.to_string() })?;
        found.key = xxh3_64_with_seed(&bytes.0, found.key);
        found.log.push(entry);
        let before = Rc::clone(&found.folded);
        found.folded = match kit.fold(found.key, &found.log) {
            Ok(folded) => folded,
            Err(why) => return broken("G6", format!("run {run}: {why}")),
        };
        found.before = (at > 0).then_some(before);
        let record = found.record();
        let taken = (record.workflow.to_string(), from, record.state.clone());
        *self.transitions.entry(taken).or_default() += 1;
        for activity in cancelled {
            if let Some(options) = kit.options.get(activity.as_str()) {
                self.see(names::cancelled_call(&options.cancellation));
            }
        }
        Ok(())
    }

    fn take_start(&mut self, run: RunNo, entry: &LogEntry) -> Holds {
        let Some(EventRecord::Started { id, workflow, input, seed }) = entry.events.first() else {
            return broken("asked", format!("run {run} does not begin with its start"));
        };
        holds("asked", self.runs.last_key_value().is_none_or(|(last, _)| *last < run), || {
            format!("run {run} has the number of an older one")
        })?;
        holds("G1", !self.ids.contains_key(id.as_str()), || {
            format!("the id `{id}` has a second run, {run}")
        })?;
        let is_it = |ask: &Ask| {
            matches!(ask, Ask::Start { workflow: name, id: asked, input: with, seed: drawn }
                if name == workflow && asked == id && with == input && drawn == seed)
        };
        holds("asked", self.asked.values().any(|asked| is_it(&asked.ask)), || {
            format!("nobody asked for run `{id}` of {workflow} with {input:?}")
        })?;
        let folded = match self.kit.fold(0, std::slice::from_ref(entry)) {
            Ok(folded) => folded,
            Err(why) => return broken("G6", format!("run {run}: {why}")),
        };
        self.fresh.insert(run);
        let run_of_it = ModelRun {
            log: Vec::new(),
            key: 0,
            folded,
            before: None,
            called: BTreeMap::new(),
            resolved: BTreeSet::new(),
            has_moved: true,
            signals: VecDeque::new(),
        };
        self.runs.insert(run, run_of_it);
        Ok(())
    }

    fn take_event(&mut self, run: RunNo, entry: &LogEntry, event: &EventRecord) -> Holds {
        self.see(names::event(event));
        let Some(found) = self.runs.get_mut(&run) else { return Ok(()) };
        match event {
            EventRecord::Started { .. } => {
                holds("asked", found.log.is_empty(), || format!("run {run} is started a second time"))
            }
            EventRecord::Signal { name, args } => {
                let is_it = |no: &AskNo| {
                    matches!(self.asked.get(no).map(|asked| &asked.ask), Some(Ask::Signal { name: sent, args: with, .. })
                        if sent == name && with == args)
                };
                // One before may have been refused, since a read had failed or the inbox was full, and the process have ended before that was told.
                while self.is_ending && found.signals.front().is_some_and(|no| !is_it(no)) {
                    found.signals.pop_front();
                }
                let next = found.signals.pop_front().and_then(|no| self.asked.get_mut(&no));
                let Some(asked) = next else {
                    return broken("G7", format!("run {run} got `{name}`, which nobody sent (again)"));
                };
                asked.logged = true;
                let is_it = matches!(&asked.ask, Ask::Signal { name: sent, args: with, .. }
                    if sent == name && with == args);
                holds("G7", is_it, || {
                    format!("run {run} got `{name}` {args:?}, but {:?} was sent before", asked.ask)
                })
            }
            EventRecord::Update { id, name, args } => {
                let mut is_asked = false;
                for asked in self.asked.values_mut().filter(|asked| asked.run == Some(run)) {
                    if let Ask::Update { update, name: sent, args: with, .. } = &asked.ask
                        && (update, *sent) == (id, name.as_str())
                        && codec::same(with, args)
                    {
                        asked.logged = true;
                        is_asked = true;
                    }
                }
                holds("asked", is_asked, || format!("run {run} got the update `{id}`, which nobody sent"))
            }
            EventRecord::Cancelled => {
                let before = found.log.iter().flat_map(|entry| &entry.events);
                let once = !before.into_iter().any(|event| *event == EventRecord::Cancelled);
                holds("asked", once, || format!("run {run} is asked to cancel a second time"))?;
                let id = found.record().id.to_string();
                let id = if found.log.is_empty() { started_id(entry) } else { id };
                let is_it = |asked: &&mut Asked| matches!(&asked.ask, Ask::Cancel { id: of } if *of == id);
                let mut asked: Vec<_> = self.asked.values_mut().filter(is_it).collect();
                // Of several who ask for it one may be refused, and which one it was is not known.
                if let [only] = &mut asked[..] {
                    only.logged = true;
                }
                holds("asked", !asked.is_empty(), || {
                    format!("run {run} is cancelled, which nobody asked for")
                })
            }
            EventRecord::Timer { op } => {
                let deadline = found.deadline(*op);
                let once = found.resolved.insert(*op);
                let Some(deadline) = deadline else {
                    return broken("G8", format!("run {run} has no timer {}, but it fired", op.0));
                };
                holds("G8", once, || format!("timer {} of run {run} fired twice", op.0))?;
                holds("G8", entry.at >= deadline, || {
                    format!("timer {} of run {run} fired at {}, before {deadline}", op.0, entry.at)
                })
            }
            EventRecord::Activity { op, outcome } => {
                let Some(called) = found.called.get(op).cloned() else {
                    return broken(
                        "G3",
                        format!("run {run} has an end of call {}, which it never made", op.0),
                    );
                };
                let once = found.resolved.insert(*op);
                holds("G3", once, || format!("call {} of run {run} ended twice", op.0))?;
                let task = TaskId { run, op: *op };
                let told = self.told.get(&task).map(Vec::as_slice).unwrap_or_default();
                let waited = entry.at.since(called.at);
                holds("G3", outside::explains(told, outcome, waited, called.cancelled), || {
                    format!("call {} of run {run} ended with {outcome:?}; its attempts with {told:?}", op.0)
                })
            }
        }
    }

    fn take_outcome(&mut self, run: RunNo, entry: &LogEntry) -> Holds {
        self.see(names::outcome(&entry.outcome));
        let Outcome::Terminated(reason) = &entry.outcome else { return Ok(()) };
        let id = match self.runs.get(&run) {
            Some(found) if !found.log.is_empty() => found.record().id.to_string(),
            _ => started_id(entry),
        };
        let is_asked = self.asked.values().any(|asked| {
            matches!(&asked.ask, Ask::Terminate { id: of, reason: why } if *of == id && why == reason)
        });
        holds("asked", is_asked, || format!("run `{id}` was terminated: {reason}, which nobody asked for"))
    }
}

impl ModelRun {
    fn deadline(&self, op: OpId) -> Option<Moment> {
        let commands = self.log.iter().flat_map(|entry| &entry.commands);
        commands.into_iter().find_map(|command| match command {
            CommandRecord::Timer { op: of, deadline } if *of == op => Some(*deadline),
            _ => None,
        })
    }

    /// Takes up calls. Gives the activities whose calls are cancelled.
    fn take_commands(&mut self, entry: &LogEntry) -> Vec<String> {
        let mut cancelled = Vec::new();
        for command in &entry.commands {
            match command {
                CommandRecord::Activity { op, activity, input, .. } => {
                    let (activity, input) = (activity.clone(), input.clone());
                    self.called.insert(
                        *op,
                        Called { activity: activity.into(), input, at: entry.at, cancelled: false },
                    );
                }
                CommandRecord::Cancel { op } => {
                    if let Some(called) = self.called.get_mut(op) {
                        called.cancelled = true;
                        cancelled.push(called.activity.clone());
                    }
                }
                CommandRecord::Timer { .. } => {}
            }
        }
        cancelled
    }
}

fn started_id(entry: &LogEntry) -> String {
    match entry.events.first() {
        Some(EventRecord::Started { id, .. }) => id.to_string(),
        _ => String::new(),
    }
}
