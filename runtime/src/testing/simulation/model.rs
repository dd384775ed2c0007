//! An independent, small model of the engine: from what was asked and what is durable it says what the durable state
//! must be. Maps, and no cleverness. It sees each batch when it lands, and each answer and order when it is let out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::ask::{Ask, AskNo};
use super::kit::{Folded, Kit};
use super::outside::End;
use crate::codec::{self, Payload};
use crate::core::Registry;
use crate::machine::OpId;
use crate::store::{
    self, AnswerRecord, Batch, CommandRecord, EventRecord, LogEntry, MarkRecord, Outcome, RunNo, RunRecord,
    Seq, Table, TaskId, TaskRecord, TimerKey, UpdateRecord, Write,
};
use crate::time::Moment;

/// A guarantee that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// Its number; or `asked`: nothing appears that was not asked; or `liveness`.
    pub(super) guarantee: &'static str,
    pub(super) what: String,
}

pub(super) type Holds<T = ()> = Result<T, Broken>;

pub(super) fn broken<T>(guarantee: &'static str, what: impl Into<String>) -> Holds<T> {
    Err(Broken { guarantee, what: what.into() })
}

pub(super) fn holds(guarantee: &'static str, condition: bool, what: impl FnOnce() -> String) -> Holds {
    if condition { Ok(()) } else { broken(guarantee, what()) }
}

/// A run, as far as it is durable.
#[derive(Clone)]
pub(super) struct ModelRun {
    pub(super) log: Vec<LogEntry>,
    /// A number that no other log has.
    key: u64,
    pub(super) folded: Rc<Folded>,
    /// The calls it has made.
    called: BTreeMap<OpId, Called>,
    /// The operations that have ended, in the log.
    resolved: BTreeSet<OpId>,
    /// Whether it has made a transition in this life.
    pub(super) has_moved: bool,
    /// The signals that were asked in this life and are not in the log, in order.
    signals: VecDeque<AskNo>,
}

#[derive(Clone)]
struct Called {
    activity: String,
    input: Payload,
    at: Moment,
    /// Whether the run asked for its cancellation.
    cancelled: bool,
}

impl ModelRun {
    pub(super) fn record(&self) -> &RunRecord {
        &self.folded.record
    }
}

/// A question of this life of the engine.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) ask: Ask,
    /// The run, as the client knew it.
    pub(super) run: Option<RunNo>,
    /// Whether its event is durable.
    pub(super) logged: bool,
}

/// An attempt of this life of the engine that has not ended.
#[derive(Clone)]
struct Begun {
    attempt: u32,
    running: bool,
}

/// By workflow, state before and state after.
pub(super) type Transitions = BTreeMap<(String, String, String), u64>;

/// What must be, from what was asked and what is durable.
#[derive(Clone)]
pub(super) struct Model {
    kit: Rc<Kit>,
    pub(super) runs: BTreeMap<RunNo, ModelRun>,
    pub(super) ids: BTreeMap<String, RunNo>,
    /// The runs that began in the last batch: what came before them in its turn did not find them.
    fresh: BTreeSet<RunNo>,
    timers: BTreeSet<TimerKey>,
    pub(super) tasks: BTreeMap<TaskId, TaskRecord>,
    pub(super) updates: BTreeMap<(RunNo, String), UpdateRecord>,
    pub(super) answers: BTreeMap<(RunNo, String), Payload>,
    /// The stored states.
    states: BTreeMap<RunNo, RunRecord>,
    pub(super) mark: MarkRecord,
    pub(super) asked: BTreeMap<AskNo, Asked>,
    begun: BTreeMap<TaskId, Begun>,
    /// What the engine was told of attempts in this life.
    told: BTreeMap<TaskId, Vec<End>>,
    /// Whether a read has failed in this life, so that something could not be had.
    pub(super) is_unreadable: bool,
    /// What the engine of this life knows.
    pub(super) registry: Registry,
    /// How often a run of a workflow went from one state to another.
    pub(super) transitions: Transitions,
    /// How often each of what can be in a log was in one.
    pub(super) seen: BTreeMap<String, u64>,
}

impl Model {
    pub(super) fn new(kit: Rc<Kit>) -> Self {
        Model {
            runs: BTreeMap::new(),
            ids: BTreeMap::new(),
            fresh: BTreeSet::new(),
            timers: BTreeSet::new(),
            tasks: BTreeMap::new(),
            updates: BTreeMap::new(),
            answers: BTreeMap::new(),
            states: BTreeMap::new(),
            mark: MarkRecord::default(),
            asked: BTreeMap::new(),
            begun: BTreeMap::new(),
            told: BTreeMap::new(),
            is_unreadable: false,
            registry: kit.registry.clone(),
            kit,
            transitions: Transitions::new(),
            seen: BTreeMap::new(),
        }
    }

    pub(super) fn kit(&self) -> &Kit {
        &self.kit
    }

    pub(super) fn run(&self, run: RunNo) -> Holds<&ModelRun> {
        self.runs.get(&run).map_or_else(|| broken("G1", format!("run {run} is not durable")), Ok)
    }

    /// The run of this id.
    pub(super) fn run_of(&self, id: &str) -> Option<(RunNo, &ModelRun)> {
        let no = *self.ids.get(id)?;
        Some((no, self.runs.get(&no)?))
    }

    /// Whether there may have been no run of this id yet when it was looked for.
    pub(super) fn may_be_missing(&self, id: &str) -> bool {
        self.ids.get(id).is_none_or(|run| self.fresh.contains(run))
    }

    /// The engine is asked this now.
    pub(super) fn ask(&mut self, no: AskNo, ask: &Ask, run: Option<RunNo>) {
        if let (Ask::Signal { .. }, Some(run)) = (ask, run)
            && let Some(run) = self.runs.get_mut(&run)
        {
            run.signals.push_back(no);
        }
        self.asked.insert(no, Asked { ask: ask.clone(), run, logged: false });
    }

    /// A question was answered: nothing else comes of it.
    pub(super) fn forget(&mut self, no: AskNo) -> Option<Asked> {
        let asked = self.asked.remove(&no)?;
        if !asked.logged
            && let Some(run) = asked.run.and_then(|run| self.runs.get_mut(&run))
        {
            run.signals.retain(|other| *other != no);
        }
        Some(asked)
    }

    /// The engine is told now that an attempt has ended so.
    pub(super) fn tell(&mut self, task: TaskId, end: End) {
        self.told.entry(task).or_default().push(end);
    }

    /// The process is gone: what was not durable never happened.
    pub(super) fn crash(&mut self) {
        self.asked.clear();
        self.begun.clear();
        self.told.clear();
        self.is_unreadable = false;
        for run in self.runs.values_mut() {
            run.signals.clear();
            run.has_moved = false;
        }
    }

    /// A batch is durable: takes it up, and checks that it is what may follow.
    pub(super) fn land(&mut self, batch: &Batch) -> Holds {
        self.take_mark(batch)?;
        self.fresh.clear();
        let of = |table: Table| batch.writes().filter(move |write| write.table == table);
        let mut touched = BTreeSet::new();
        for write in of(Table::Log) {
            touched.insert(self.take_entry(write)?);
        }
        for write in of(Table::Ids) {
            self.take_id(write)?;
        }
        for write in of(Table::Timers) {
            touched.insert(self.take_timer(write)?);
        }
        for write in of(Table::Tasks) {
            touched.insert(self.take_task(write)?);
        }
        for write in of(Table::Updates) {
            self.take_update(write)?;
        }
        for write in of(Table::Answers) {
            self.take_answer(write)?;
        }
        for write in of(Table::Runs) {
            touched.insert(self.take_state(write)?);
        }
        for run in touched {
            self.check_run(run)?;
        }
        self.check_mark()
    }

    fn take_mark(&mut self, batch: &Batch) -> Holds {
        let mark = batch.writes().find(|write| write.table == Table::Meta);
        // The last batch before the end of an engine has states alone.
        let Some(mark) = mark else { return Ok(()) };
        let mark: MarkRecord = open(mark)?;
        holds("G8", mark.moment >= self.mark.moment, || {
            format!("the engine's clock went back from {} to {}", self.mark.moment, mark.moment)
        })?;
        self.mark = mark;
        Ok(())
    }

    fn take_entry(&mut self, write: Write<'_>) -> Holds<RunNo> {
        let Some(TaskId { run, op: OpId(seq) }) = TaskId::from_key(write.key) else {
            return broken("asked", "a key of the log is no transition");
        };
        let entry: LogEntry = open(write)?;
        let at = usize::try_from(seq).unwrap_or(usize::MAX);
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
            self.see(match command {
                CommandRecord::Activity { .. } => "command: activity",
                CommandRecord::Timer { .. } => "command: timer",
                CommandRecord::Cancel { .. } => "command: cancel",
            });
        }
        let Some(found) = self.runs.get_mut(&run) else { return Ok(run) };
        let from = if found.log.is_empty() { "Start".to_owned() } else { found.record().state.clone() };
        found.has_moved = true;
        found.take_commands(&entry);
        found.key = xxh3_64_with_seed(write.value.unwrap_or_default(), found.key);
        found.log.push(entry);
        found.folded = match kit.fold(found.key, &found.log) {
            Ok(folded) => folded,
            Err(why) => return broken("G6", format!("run {run}: {why}")),
        };
        let record = found.record();
        let taken = (record.workflow.clone(), from, record.state.clone());
        *self.transitions.entry(taken).or_default() += 1;
        Ok(run)
    }

    fn take_start(&mut self, run: RunNo, entry: &LogEntry) -> Holds {
        let Some(EventRecord::Started { id, workflow, input, seed }) = entry.events.first() else {
            return broken("asked", format!("run {run} does not begin with its start"));
        };
        holds("asked", self.runs.last_key_value().is_none_or(|(last, _)| *last < run), || {
            format!("run {run} has the number of an older one")
        })?;
        holds("G1", !self.ids.contains_key(id), || format!("the id `{id}` has a second run, {run}"))?;
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
            called: BTreeMap::new(),
            resolved: BTreeSet::new(),
            has_moved: true,
            signals: VecDeque::new(),
        };
        self.runs.insert(run, run_of_it);
        Ok(())
    }

    fn take_event(&mut self, run: RunNo, entry: &LogEntry, event: &EventRecord) -> Holds {
        self.see(event_name(event));
        let Some(found) = self.runs.get_mut(&run) else { return Ok(()) };
        match event {
            EventRecord::Started { .. } => {
                holds("asked", found.log.is_empty(), || format!("run {run} is started a second time"))
            }
            EventRecord::Signal { name, args } => {
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
                let id = found.record().id.clone();
                let id = if found.log.is_empty() { started_id(entry) } else { id };
                let mut is_asked = false;
                for asked in self.asked.values_mut() {
                    if matches!(&asked.ask, Ask::Cancel { id: of } if *of == id) {
                        asked.logged = true;
                        is_asked = true;
                    }
                }
                holds("asked", is_asked, || format!("run {run} is cancelled, which nobody asked for"))
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
                holds("G3", super::outside::explains(told, outcome, waited, called.cancelled), || {
                    format!("call {} of run {run} ended with {outcome:?}; its attempts with {told:?}", op.0)
                })
            }
        }
    }

    fn take_outcome(&mut self, run: RunNo, entry: &LogEntry) -> Holds {
        let name = match &entry.outcome {
            Outcome::Stepped => "stepped".to_owned(),
            Outcome::Parked(reason) => {
                let reason = format!("{reason:?}");
                format!("parked: {}", reason.split([' ', '(', '{']).next().unwrap_or_default())
            }
            Outcome::Terminated(_) => "terminated".to_owned(),
        };
        self.see(name);
        let Outcome::Terminated(reason) = &entry.outcome else { return Ok(()) };
        let id = match self.runs.get(&run) {
            Some(found) if !found.log.is_empty() => found.record().id.clone(),
            _ => started_id(entry),
        };
        let is_asked = self.asked.values().any(|asked| {
            matches!(&asked.ask, Ask::Terminate { id: of, reason: why } if *of == id && why == reason)
        });
        holds("asked", is_asked, || format!("run `{id}` was terminated: {reason}, which nobody asked for"))
    }

    fn take_id(&mut self, write: Write<'_>) -> Holds {
        let id = String::from_utf8_lossy(write.key).into_owned();
        let run: RunNo = open(write)?;
        let is_it = self.runs.get(&run).is_some_and(|found| found.record().id == id);
        holds("G1", is_it, || format!("the id `{id}` is that of run {run}, whose log says otherwise"))?;
        let before = self.ids.insert(id.clone(), run);
        holds("G1", before.is_none(), || format!("the id `{id}` had run {before:?} and now has {run}"))
    }

    fn take_timer(&mut self, write: Write<'_>) -> Holds<RunNo> {
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

    fn take_task(&mut self, write: Write<'_>) -> Holds<RunNo> {
        let Some(task) = TaskId::from_key(write.key) else {
            return broken("G3", "a key of the calls is no call");
        };
        if write.value.is_some() {
            let row: TaskRecord = open(write)?;
            if let Some(before) = self.tasks.insert(task, row.clone()) {
                holds("G3", before.attempt <= row.attempt, || {
                    format!("the attempts at {task:?} went back from {} to {}", before.attempt, row.attempt)
                })?;
            }
        } else {
            self.tasks.remove(&task);
        }
        Ok(task.run)
    }

    fn take_update(&mut self, write: Write<'_>) -> Holds {
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

    fn take_answer(&mut self, write: Write<'_>) -> Holds {
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

    fn take_state(&mut self, write: Write<'_>) -> Holds<RunNo> {
        let (Some(run), Some(bytes)) = (RunNo::from_key(write.key), &write.value) else {
            return broken("G1", "a run was deleted");
        };
        let folded = self.run(run)?.record();
        let stored: RunRecord = open(write)?;
        // Without its code it has no newer state; how it stands is told with the last one.
        let expected = match (self.registry.workflow(&folded.workflow), self.states.get(&run)) {
            (None, Some(before)) if before.seq != folded.seq && stored.ahead.is_some() => {
                RunRecord { ahead: Some(folded.phase.clone()), ..before.clone() }
            }
            _ => folded.clone(),
        };
        holds("G6", expected.to_stored(run) == *bytes, || {
            format!("run {run} is stored as {stored:?}; its log gives {folded:?}")
        })?;
        if stored.ahead.is_some() {
            self.see("a run that is ahead of its state");
        }
        self.states.insert(run, stored);
        Ok(run)
    }

    /// What is stored of a run besides its log, against what its log says.
    fn check_run(&self, run: RunNo) -> Holds {
        let found = self.run(run)?;
        let record = found.record();
        let id = &record.id;
        holds("G1", self.ids.get(id) == Some(&run), || {
            format!("run {run} is not to be found by its id `{id}`")
        })?;
        let Some(stored) = self.states.get(&run) else {
            return broken("G1", format!("run {run} has no stored state"));
        };
        holds("G5", *stored.stands() == record.phase, || {
            format!("run {run} is {:?}, but as stored it is {:?}", record.phase, stored.stands())
        })?;
        let unread: BTreeSet<OpId> = record.inbox.iter().filter_map(EventRecord::resolves).collect();
        let waits = record.armed.iter().filter(|armed| !unread.contains(&armed.op));
        let (mut timers, mut calls) = (BTreeSet::new(), BTreeSet::new());
        for armed in waits {
            match &armed.operation {
                store::Operation::Timer(deadline) => {
                    timers.insert(TimerKey { deadline: *deadline, run, op: armed.op });
                }
                store::Operation::Activity(_) => {
                    calls.insert(TaskId { run, op: armed.op });
                }
            }
        }
        let rows: BTreeSet<_> = self.timers.iter().filter(|timer| timer.run == run).copied().collect();
        holds("G8", rows == timers, || format!("run {run} waits for {timers:?}; stored are {rows:?}"))?;
        let rows = self.tasks.iter().filter(|(task, row)| task.run == run && !row.abandoned);
        let rows: BTreeSet<_> = rows.map(|(task, _)| *task).collect();
        holds("G3", rows == calls, || format!("run {run} waits for {calls:?}; stored are {rows:?}"))?;
        let accepted = |entry: &LogEntry| {
            let ids = entry.events.iter().filter_map(|event| match event {
                EventRecord::Update { id, .. } => Some(id.clone()),
                _ => None,
            });
            ids.collect::<Vec<_>>()
        };
        let accepted = found.log.last().map(accepted).unwrap_or_default();
        let stored = |id: &String| self.updates.contains_key(&(run, id.clone()));
        holds("G1", accepted.iter().all(stored), || {
            format!("one of {accepted:?} is not stored as accepted")
        })?;
        let done = |(id, _): &(String, Payload)| self.answers.contains_key(&(run, id.clone()));
        holds("G1", found.folded.answers.iter().all(done), || {
            format!("one of {:?} is not stored as done", found.folded.answers)
        })
    }

    /// The operations that a run waits for by the rows that are stored.
    pub(super) fn rows_of(&self, run: RunNo) -> BTreeSet<OpId> {
        let timers = self.timers.iter().filter(|timer| timer.run == run).map(|timer| timer.op);
        let tasks = self.tasks.iter().filter(|(task, row)| task.run == run && !row.abandoned);
        timers.chain(tasks.map(|(task, _)| task.op)).collect()
    }

    fn check_mark(&self) -> Holds {
        let open = self.runs.values().filter(|run| !run.record().phase.is_closed()).count();
        holds("G5", self.mark.open_runs == open as u64, || {
            format!("{open} runs are open, the mark says {}", self.mark.open_runs)
        })?;
        let first = self.timers.first().map(|timer| timer.deadline);
        holds("G8", first.is_none_or(|first| self.mark.timers_from <= first), || {
            format!("a timer of {first:?} is before {}, from where timers are read", self.mark.timers_from)
        })?;
        let first = self.tasks.first_key_value().map(|(task, _)| task.run);
        holds("G3", first.is_none_or(|first| self.mark.tasks_from <= first.0), || {
            format!("a call of run {first:?} is before {}, from where calls are read", self.mark.tasks_from)
        })
    }

    /// An attempt is let out.
    pub(super) fn begin(&mut self, order: &Started<'_>) -> Holds {
        let Started { task, attempt, activity, run_id, input, now } = *order;
        let what = || format!("attempt {attempt} at `{activity}`, {task:?}");
        let Some(row) = self.tasks.get(&task) else {
            let ended = self.runs.get(&task.run).is_some_and(|run| run.resolved.contains(&task.op));
            let (guarantee, why) = if ended { ("G3", "has ended") } else { ("G2", "is not durable") };
            return broken(guarantee, format!("{} began, but its call {why}", what()));
        };
        let found = self.run(task.run)?;
        let called = found.called.get(&task.op);
        let is_it = called.is_some_and(|called| called.activity == activity && called.input == *input);
        holds("G2", is_it && found.record().id == run_id, || format!("{} is not what was called", what()))?;
        holds("G2", row.attempt == attempt, || {
            format!("{} began, but stored is attempt {}", what(), row.attempt)
        })?;
        holds("G3", now >= row.due, || format!("{} began at {now}, before {}", what(), row.due))?;
        let before = self.begun.insert(task, Begun { attempt, running: true });
        let twice = before.is_some_and(|before| before.running);
        holds("G3", !twice, || format!("{} began while another was running", what()))
    }

    /// An attempt is stopped, or has ended.
    pub(super) fn end(&mut self, task: TaskId, attempt: u32) {
        if let Some(begun) = self.begun.get_mut(&task).filter(|begun| begun.attempt == attempt) {
            begun.running = false;
        }
    }

    pub(super) fn has_begun(&self, task: TaskId, attempt: u32) -> Holds {
        let begun = self.begun.get(&task).is_some_and(|begun| begun.attempt == attempt);
        holds("G2", begun, || format!("attempt {attempt} at {task:?} is stopped, but did not begin"))
    }

    pub(super) fn has_work(&self) -> bool {
        !self.tasks.is_empty() || !self.timers.is_empty()
    }

    /// The transition at which a run's stored state is.
    pub(super) fn stored_at(&self, run: RunNo) -> Option<Seq> {
        self.states.get(&run).map(|state| state.seq)
    }

    pub(super) fn see(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }
}

/// An attempt that is let out.
#[derive(Clone, Copy)]
pub(super) struct Started<'a> {
    pub(super) task: TaskId,
    pub(super) attempt: u32,
    pub(super) activity: &'a str,
    pub(super) run_id: &'a str,
    pub(super) input: &'a Payload,
    pub(super) now: Moment,
}

impl ModelRun {
    fn deadline(&self, op: OpId) -> Option<Moment> {
        let commands = self.log.iter().flat_map(|entry| &entry.commands);
        commands.into_iter().find_map(|command| match command {
            CommandRecord::Timer { op: of, deadline } if *of == op => Some(*deadline),
            _ => None,
        })
    }

    fn take_commands(&mut self, entry: &LogEntry) {
        for command in &entry.commands {
            match command {
                CommandRecord::Activity { op, activity, input, .. } => {
                    let (activity, input) = (activity.clone(), input.clone());
                    self.called.insert(*op, Called { activity, input, at: entry.at, cancelled: false });
                }
                CommandRecord::Cancel { op } => {
                    if let Some(called) = self.called.get_mut(op) {
                        called.cancelled = true;
                    }
                }
                CommandRecord::Timer { .. } => {}
            }
        }
    }
}

fn started_id(entry: &LogEntry) -> String {
    match entry.events.first() {
        Some(EventRecord::Started { id, .. }) => id.clone(),
        _ => String::new(),
    }
}

fn event_name(event: &EventRecord) -> String {
    match event {
        EventRecord::Started { .. } => "event: started".to_owned(),
        EventRecord::Signal { .. } => "event: signal".to_owned(),
        EventRecord::Update { .. } => "event: update".to_owned(),
        EventRecord::Cancelled => "event: cancelled".to_owned(),
        EventRecord::Timer { .. } => "event: timer".to_owned(),
        EventRecord::Activity { outcome, .. } => {
            let outcome = format!("{outcome:?}");
            format!("event: activity {}", outcome.split('(').next().unwrap_or_default())
        }
    }
}

fn update_key(key: &[u8]) -> Holds<(RunNo, String)> {
    match key.split_first_chunk::<8>() {
        Some((run, id)) => Ok((RunNo(u64::from_be_bytes(*run)), String::from_utf8_lossy(id).into_owned())),
        None => broken("asked", "a key of the updates is no update"),
    }
}

/// The record that is written.
fn open<T: serde::de::DeserializeOwned>(write: Write<'_>) -> Holds<T> {
    let bytes = write.value.unwrap_or_default();
    store::open(write.table, write.key, bytes)
        .or_else(|damage| broken("G10", format!("what is written cannot be read: {damage}")))
}
