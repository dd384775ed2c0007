//! An independent, small model of the engine: from what was asked and what is durable it says what the durable state
//! must be. Maps, and no cleverness. It sees each batch when it lands, and each answer and order when it is let out.

mod checks;
mod log;
mod rows;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::ask::{Ask, AskNo};
use super::kit::{Folded, Kit};
use super::names;
use super::outside::End;
use crate::codec::Payload;
use crate::core::{Registry, Token};
use crate::machine::OpId;
use crate::store::{
    self, Batch, Damage, DamageReason, LogEntry, MarkRecord, RunNo, RunRecord, Seq, Table, TaskId,
    TaskRecord, TimerKey, UpdateRecord, Write,
};
use crate::time::Moment;

pub(super) use checks::Started;
pub(super) use log::written;

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
    /// As it was before its last transition; none where that is its first.
    pub(super) before: Option<Rc<Folded>>,
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

/// What somebody outside told of an attempt.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) token: Token,
    /// The activity at which they said that it is.
    pub(super) activity: &'static str,
    /// How it has ended; `None` where it goes on.
    pub(super) end: Option<End>,
    /// Whether it was one who may tell.
    pub(super) has_token: bool,
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
    /// Which call's row stands in the place of which.
    places: BTreeMap<TaskId, TaskId>,
    pub(super) updates: BTreeMap<(RunNo, String), UpdateRecord>,
    pub(super) answers: BTreeMap<(RunNo, String), Payload>,
    /// The stored states.
    states: BTreeMap<RunNo, RunRecord>,
    /// The transitions that stand in rows of the log, and those that stand in the records of runs.
    in_rows: BTreeMap<RunNo, Vec<Seq>>,
    in_records: BTreeMap<RunNo, Vec<Seq>>,
    pub(super) mark: MarkRecord,
    pub(super) asked: BTreeMap<AskNo, Asked>,
    begun: BTreeMap<TaskId, Begun>,
    /// What the engine was told of attempts in this life.
    told: BTreeMap<TaskId, Vec<End>>,
    /// What somebody outside has told, and was not answered.
    pub(super) tellings: BTreeMap<AskNo, Told>,
    /// The updates that were asked of each run in this life, answered or not.
    pub(super) updates_asked: BTreeMap<RunNo, u64>,
    /// Whether a read has failed in this life, so that something could not be had.
    pub(super) is_unreadable: bool,
    /// Whether what is taken note of has landed in a process that ends with it: nobody was told what it answered since.
    pub(super) is_ending: bool,
    /// What is damaged in this life.
    pub(super) damaged: Option<(Table, Vec<u8>)>,
    /// How many signals that it has not handled a parked run may have.
    pub(super) max_inbox: usize,
    /// What the engine of this life knows.
    pub(super) registry: Registry,
    /// How often a run of a workflow went from one state to another.
    pub(super) transitions: Transitions,
    /// How often each of what can be in a log was in one.
    pub(super) seen: BTreeMap<String, u64>,
}

impl Model {
    pub(super) fn new(kit: Rc<Kit>, max_inbox: usize) -> Self {
        Model {
            runs: BTreeMap::new(),
            ids: BTreeMap::new(),
            fresh: BTreeSet::new(),
            timers: BTreeSet::new(),
            tasks: BTreeMap::new(),
            places: BTreeMap::new(),
            updates: BTreeMap::new(),
            answers: BTreeMap::new(),
            states: BTreeMap::new(),
            in_rows: BTreeMap::new(),
            in_records: BTreeMap::new(),
            mark: MarkRecord::default(),
            asked: BTreeMap::new(),
            begun: BTreeMap::new(),
            told: BTreeMap::new(),
            tellings: BTreeMap::new(),
            updates_asked: BTreeMap::new(),
            is_unreadable: false,
            is_ending: false,
            damaged: None,
            registry: kit.registry.clone(),
            max_inbox,
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
        if let (Ask::Update { .. }, Some(run)) = (ask, run) {
            *self.updates_asked.entry(run).or_default() += 1;
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
        self.tellings.clear();
        self.updates_asked.clear();
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
        for (run, seq, entry) in log::written(batch)? {
            self.take_entry(run, seq, entry)?;
            touched.insert(run);
        }
        for write in of(Table::Log) {
            self.take_row(write)?;
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

    pub(super) fn has_work(&self) -> bool {
        !self.tasks.is_empty() || !self.timers.is_empty()
    }

    /// The transition at which a run's stored state is.
    pub(super) fn stored_at(&self, run: RunNo) -> Option<Seq> {
        self.states.get(&run).map(|state| state.seq)
    }

    /// Whether there is this damage, or a read has failed.
    pub(super) fn is_damaged(&mut self, damage: &Damage) -> bool {
        if matches!(damage.reason, DamageReason::Unreadable(_)) {
            return self.is_unreadable;
        }
        let is_it =
            |(table, key): &(Table, Vec<u8>)| *damage == Damage::new(*table, key, damage.reason.clone());
        let is_it = self.damaged.as_ref().is_some_and(is_it);
        if is_it {
            self.see(names::damage(&damage.table));
        }
        is_it
    }

    /// Whether what a run needs to be loaded is damaged.
    pub(super) fn lacks(&self, run: RunNo) -> bool {
        let of_run = |(table, key): &(Table, Vec<u8>)| {
            matches!(table, Table::Runs | Table::Log) && key.starts_with(&run.key())
        };
        self.damaged.as_ref().is_some_and(of_run)
    }

    pub(super) fn see(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }
}

/// Whether this says of the run that the store did not give what it had of it.
pub(super) fn is_unread(run: RunNo, damage: &Damage) -> bool {
    // The key of a log entry begins with that of its run.
    let of_run = Damage::new(damage.table, &run.key(), damage.reason.clone());
    matches!(damage.table, Table::Runs | Table::Log)
        && matches!(damage.reason, DamageReason::Unreadable(_))
        && damage.key.starts_with(&of_run.key)
}

/// The record that is written.
fn open<T: serde::de::DeserializeOwned>(write: Write<'_>) -> Holds<T> {
    readable(store::open(write.table, write.key, write.value.unwrap_or_default()))
}

/// What is written can be read.
fn readable<T>(opened: Result<T, Damage>) -> Holds<T> {
    opened.or_else(|damage| broken("G10", format!("what is written cannot be read: {damage}")))
}
