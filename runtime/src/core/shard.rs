//! A shard: the whole state of an engine, and what each input does to it.
//!
//! A turn is: for each input, hand in what it [needs](Shard::need) and [handle](Shard::handle) it; take up
//! the [due](Shard::fire) timers and retries; hand in what is [needed](Shard::need_run) of the [touched](Shard::touched_runs)
//! runs then; let them [settle](Shard::settle); commit; release the effects; and tell the shard so ([`Shard::committed`]).
//! All that happens to a run in one turn is one transition.

use std::collections::BTreeMap;

use super::describe::RunDescription;
use super::hot::{HotSet, Sizes};
use super::input::{Effect, Ending, Input, Need, NoEnding, Output, Reply, Starting, Target};
use super::instance::WorkflowType;
use super::loading::{Loaded, Loading};
use super::near::NearTimers;
use super::registry::Registry;
use super::run::Run;
use super::settle::{Question, Touch};
use super::start::started_with;
use super::tasks::Tasks;
use super::update::{KnownUpdates, UpdateReply};
use crate::codec::Payload;
use crate::error::{RedriveError, SignalError};
use crate::store::{
    self, Damage, DamageReason, EventRecord, LogEntry, MarkRecord, RunNo, RunRecord, Seq, StoreError, Table,
    TaskId, TimerKey,
};
use crate::time::Moment;

/// How much a shard keeps in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Runs.
    pub(crate) hot_runs: usize,
    /// Timers that are loaded at once.
    pub(crate) near_timers: usize,
    /// Up to how many bytes the state of a run is written at each transition.
    pub(crate) small_states: usize,
    /// Up to how many bytes of log entries stand in the record of a run.
    pub(crate) tail: usize,
    /// Attempts at activities that run at once.
    pub(crate) attempts: usize,
    /// Signals that a run has accepted and not handled.
    pub(crate) inbox: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            hot_runs: 10_000,
            near_timers: 10_000,
            small_states: 4_096,
            tail: 512,
            attempts: 10_000,
            inbox: 1_000,
        }
    }
}

/// How many timers fire in one turn at most; and how many calls of activities are due in it.
const DUE_A_TURN: usize = 1_024;

pub(crate) struct Shard {
    pub(super) registry: Registry,
    pub(super) hot: HotSet,
    pub(super) tasks: Tasks,
    pub(super) timers: NearTimers,
    /// Who waits for a run's end.
    pub(super) waiters: BTreeMap<RunNo, Vec<Reply<Result<Ending, NoEnding>>>>,
    /// Who waits for an accepted update's answer, by the update's own id.
    pub(super) update_waiters: BTreeMap<RunNo, BTreeMap<String, Vec<UpdateReply>>>,
    /// The first run that was not there when the store was opened.
    first_own: RunNo,
    pub(super) next_run: RunNo,
    pub(super) open_runs: u64,
    pub(super) parked_runs: u64,
    pub(super) sizes: Sizes,
    max_inbox: usize,

    // What follows is of one turn.
    pub(super) touched: BTreeMap<RunNo, Touch>,
    pub(super) questions: Vec<Question>,
    pub(super) damaged: BTreeMap<RunNo, Damage>,
    loading: Loading,
    /// Activity calls whose next attempt is due.
    pub(super) due: Vec<TaskId>,
    /// Activity calls whose row has changed.
    pub(super) changed: Vec<TaskId>,
    ids: BTreeMap<String, Result<Option<RunNo>, Damage>>,
    /// What runs were started with, where that was loaded or is not committed yet.
    pub(super) inputs: BTreeMap<RunNo, Result<Payload, Damage>>,
    pub(super) updates: KnownUpdates,
    /// Memory to encode in.
    pub(super) scratch: Vec<u8>,
}

impl Shard {
    /// A shard over a store in which the next run gets number `next_run`.
    pub(crate) fn new(registry: Registry, limits: Limits, mark: &MarkRecord, next_run: RunNo) -> Self {
        Shard {
            registry,
            hot: HotSet::new(limits.hot_runs),
            tasks: Tasks::limited(limits.attempts),
            timers: NearTimers::new(mark.timers_from, limits.near_timers),
            waiters: BTreeMap::new(),
            update_waiters: BTreeMap::new(),
            first_own: next_run,
            next_run,
            open_runs: mark.open_runs,
            parked_runs: mark.parked_runs,
            sizes: Sizes { small: limits.small_states, tail: limits.tail },
            max_inbox: limits.inbox,
            loading: Loading::default(),
            touched: BTreeMap::new(),
            questions: Vec::new(),
            damaged: BTreeMap::new(),
            due: Vec::new(),
            changed: Vec::new(),
            ids: BTreeMap::new(),
            inputs: BTreeMap::new(),
            updates: KnownUpdates::default(),
            scratch: Vec::new(),
        }
    }

    /// The workflow of this name, if it is registered.
    pub(crate) fn workflow(&self, name: &str) -> Option<WorkflowType> {
        self.registry.workflow(name).copied()
    }

    /// What is missing to handle `input`; ask until it is nothing.
    pub(crate) fn need(&self, input: &Input) -> Option<Need> {
        match input {
            Input::Start(Starting { id, .. })
            | Input::Find { id, .. }
            | Input::Redrive { id, .. }
            | Input::Cancel { target: Target::Id(id), .. }
            | Input::Terminate { target: Target::Id(id), .. } => match self.run_of(id) {
                None => Some(Need::Id(id.clone())),
                Some(Ok(Some(run))) => self.need_run(run),
                Some(_) => None,
            },
            Input::Update { asked, .. } => self.need_run(asked.run).or_else(|| {
                let table = self.updates.missing(asked.run, &asked.id)?;
                Some(Need::Update(table, asked.run, asked.id.clone()))
            }),
            Input::Cancel { target: Target::Run(run), .. }
            | Input::Terminate { target: Target::Run(run), .. }
            | Input::Signal { run, .. }
            | Input::Query { run, .. }
            | Input::Describe { run, .. }
            | Input::Wait { run, .. } => self.need_run(*run),
            Input::Attempted { task, .. } => self.need_caller(*task),
            Input::Outside { token, .. } => self.need_caller(token.task),
            Input::Heartbeat { .. } | Input::Token { .. } | Input::NoMoreAttempts => None,
        }
    }

    /// The runs that something happened to in this turn. They have to be there to settle.
    pub(crate) fn touched_runs(&self) -> Vec<RunNo> {
        self.touched.keys().copied().collect()
    }

    /// What is missing of this run; ask until it is nothing.
    pub(crate) fn need_run(&self, run: RunNo) -> Option<Need> {
        let there = self.hot.contains(run) || self.damaged.contains_key(&run);
        (!there).then(|| self.loading.need(run))
    }

    /// The run whose first transition is missing to handle `input`, which [needs](Self::need) nothing else.
    pub(crate) fn need_start(&self, input: &Input) -> Option<RunNo> {
        let Input::Start(Starting { id, workflow, .. }) = input else { return None };
        let Some(Ok(Some(run))) = self.run_of(id) else { return None };
        let same = self.hot.get(run).is_some_and(|hot| hot.run.record.workflow == *workflow);
        (same && !self.inputs.contains_key(&run)).then_some(run)
    }

    /// The run of this id; the outer `None` when that is not known yet.
    pub(super) fn run_of(&self, id: &str) -> Option<Result<Option<RunNo>, Damage>> {
        match self.hot.by_id(id) {
            Some(run) => Some(Ok(Some(run))),
            None => self.ids.get(id).cloned(),
        }
    }

    /// Hands in what was [needed](Self::need): the stored bytes.
    pub(crate) fn admit(&mut self, need: Need, found: Result<Option<Vec<u8>>, StoreError>) {
        let (table, key) = need.place();
        let found =
            found.map_err(|error| Damage::new(table, &key, DamageReason::Unreadable(error.to_string())));
        let missing = || Damage::new(table, &key, DamageReason::Missing);
        match need {
            Need::Id(id) => {
                let run = found
                    .and_then(|bytes| bytes.map(|bytes| store::open(Table::Ids, &key, &bytes)).transpose());
                self.ids.insert(id, run);
            }
            Need::Run(run) => {
                let stored = found.and_then(|bytes| self.loading.state(run, &bytes.ok_or_else(missing)?));
                // A run leaves memory with all of it in its stored state; only a crash leaves one ahead of that.
                let is_all = run >= self.first_own;
                let loaded = stored.map(|()| if is_all { self.loading.end(run, &self.tasks) } else { None });
                self.load(run, loaded);
            }
            Need::Tail(run, seq) => {
                let known = (&self.registry, &self.tasks);
                let loaded = found.and_then(|bytes| self.loading.entry(known, run, seq, bytes.as_deref()));
                self.load(run, loaded);
            }
            Need::Timer(timer) => {
                let loaded = found.map(|bytes| self.loading.timer(timer, bytes.is_some()));
                self.load(timer.run, loaded);
            }
            Need::Update(table, run, id) => self.updates.admit(table, run, id, found),
        }
    }

    /// Hands in the [first transition](Self::need_start) of a run.
    pub(crate) fn admit_start(&mut self, run: RunNo, found: Result<Result<LogEntry, Damage>, StoreError>) {
        let damage = |reason| Damage::new(Table::Log, &run.log_key(Seq(0)), reason);
        let found = found.unwrap_or_else(|error| Err(damage(DamageReason::Unreadable(error.to_string()))));
        let input = found.and_then(|entry| {
            started_with(&entry.events).cloned().ok_or_else(|| damage(DamageReason::Missing))
        });
        self.inputs.insert(run, input);
    }

    /// Takes up a run, once all of it is there.
    fn load(&mut self, run: RunNo, loaded: Result<Option<Loaded>, Damage>) {
        match loaded {
            Ok(None) => {}
            Ok(Some(Loaded { run: loaded, written, tail, .. })) => {
                self.hot.insert(run, loaded, written, tail);
            }
            Err(damage) => {
                self.loading.give_up(run);
                self.damaged.insert(run, damage);
            }
        }
    }

    /// Takes up one input.
    pub(crate) fn handle(&mut self, now: Moment, input: Input, out: &mut Output) {
        match input {
            Input::Start(starting) => self.start(now, starting, out),
            Input::Find { workflow, id, reply } => {
                out.effects.push(reply.with(self.find(workflow, id)));
            }
            Input::Signal { run, name, args, reply } => {
                if let Err(error) = self.takes_signals(run) {
                    return out.effects.push(reply.with(Err(error)));
                }
                let touch = self.touch(run);
                touch.events.push(EventRecord::Signal { name, args });
                touch.acks.push(reply.with(Ok(())));
            }
            Input::Update { asked, stage, reply } => self.update(asked, stage, reply, out),
            Input::Cancel { target, reply } => self.cancel(&target, reply, out),
            Input::Terminate { target, reason, reply } => self.terminate(&target, reason, reply, out),
            Input::Query { run, name, args, reply } => {
                self.questions.push(Question::Query { run, name, args, reply });
            }
            Input::Describe { run, reply } => self.questions.push(Question::Describe { run, reply }),
            Input::Wait { run, reply } => self.questions.push(Question::Wait { run, reply }),
            Input::Redrive { id, reply } => match self.run_of(&id) {
                Some(Ok(Some(run))) => self.touch(run).redrive.push(reply),
                Some(Err(damage)) => out.effects.push(reply.with(Err(damage.into()))),
                Some(Ok(None)) | None => {
                    out.effects.push(reply.with(Err(RedriveError::NotFound { id })));
                }
            },
            Input::Attempted { task, attempt, end, details } => {
                self.attempted(now, task, attempt, end, details, out);
            }
            Input::Heartbeat { task, attempt, details } => self.heartbeat(now, task, attempt, details),
            Input::Token { task, attempt, secret } => self.hand_out(task, attempt, secret),
            Input::Outside { token, told, reply } => self.outside(now, &token, told, reply, out),
            Input::NoMoreAttempts => self.tasks.slots.close(),
        }
    }

    /// Whether the run takes one more signal.
    fn takes_signals(&self, no: RunNo) -> Result<(), SignalError> {
        let run = self.loaded(no)?;
        let id = || run.record.id.to_string();
        if run.record.phase.is_closed() {
            return Err(SignalError::Closed { id: id() });
        }
        if run.parked().is_some() {
            let signals = |events: &[EventRecord]| {
                events.iter().filter(|event| matches!(event, EventRecord::Signal { .. })).count()
            };
            let now = self.touched.get(&no).map_or(0, |touch| signals(&touch.events));
            if signals(&run.record.inbox) + now >= self.max_inbox {
                return Err(SignalError::InboxFull { id: id(), limit: self.max_inbox });
            }
        }
        Ok(())
    }

    /// Takes up the timers and retries whose time has come.
    pub(crate) fn fire(&mut self, now: Moment, out: &mut Output) {
        for timer in self.timers.due(now, DUE_A_TURN) {
            out.tally.note(|tally| tally.lateness.push(now.since(timer.deadline)));
            self.touch(timer.run).timers.push(timer);
        }
        self.attempts_due(now, DUE_A_TURN, out);
    }

    /// Where to scan table `timers` next, and for how many. Ask between turns.
    pub(crate) fn wants_timers(&self) -> Option<(TimerKey, usize)> {
        self.timers.wants()
    }

    /// Hands in the keys that the scan gave.
    pub(crate) fn admit_timers(&mut self, keys: impl ExactSizeIterator<Item = Vec<u8>>, out: &mut Output) {
        let found = keys.len();
        let (mut timers, mut last) = (Vec::with_capacity(found), Vec::new());
        for key in keys {
            last.clone_from(&key);
            if let Some(timer) = TimerKey::from_key(&key) {
                timers.push(timer);
            } else {
                let reason = DamageReason::Undecodable("its key is no timer".to_owned());
                out.effects.push(Effect::Damaged(Damage::new(Table::Timers, &key, reason)));
            }
        }
        self.timers.admit(timers, found, &last);
    }

    /// When something is due next; exact when no timers are [wanted](Self::wants_timers).
    pub(crate) fn next_deadline(&self) -> Option<Moment> {
        let timer = self.timers.next();
        let retry = self.tasks.next();
        timer.into_iter().chain(retry).min()
    }

    /// Whether somebody waits for the end of a run.
    pub(crate) fn is_awaited(&self) -> bool {
        let updates = self.update_waiters.values().flat_map(BTreeMap::values).flatten();
        self.waiters.values().flatten().any(|waiter| !waiter.is_gone())
            || updates.into_iter().any(|waiter| !waiter.is_gone())
    }

    /// How many runs have not ended.
    pub(crate) fn open_runs(&self) -> u64 {
        self.open_runs
    }

    /// How many runs are parked.
    pub(crate) fn parked_runs(&self) -> u64 {
        self.parked_runs
    }

    /// How many runs are in memory.
    pub(crate) fn hot_runs(&self) -> usize {
        self.hot.len()
    }

    /// Whether a run has something to do without any further input.
    pub(crate) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Whether a run is in memory.
    pub(crate) fn is_hot(&self, run: RunNo) -> bool {
        self.hot.contains(run)
    }

    /// What there is to tell about a run that stands as it is stored.
    pub(crate) fn describe_stored(&self, run: RunNo, record: &RunRecord) -> RunDescription {
        super::describe::describe(run, record, &self.tasks)
    }

    /// What there is to tell about a run, once it needs nothing.
    pub(crate) fn describe(&self, run: RunNo) -> Result<RunDescription, Damage> {
        Ok(self.loaded(run)?.describe(run, &self.tasks))
    }

    /// Forgets what is of this turn only. What was written in it can be read from now on, durable or not.
    pub(crate) fn end_turn(&mut self) {
        self.ids.clear();
        self.inputs.clear();
        self.updates.clear();
        self.damaged.clear();
        self.hot.trim();
    }

    pub(super) fn touch(&mut self, run: RunNo) -> &mut Touch {
        self.touched.entry(run).or_default()
    }

    pub(super) fn loaded(&self, run: RunNo) -> Result<&Run, Damage> {
        match (self.hot.get(run), self.damaged.get(&run)) {
            (Some(hot), _) => Ok(&hot.run),
            (None, Some(damage)) => Err(damage.clone()),
            (None, None) => Err(Damage::new(Table::Runs, &run.key(), DamageReason::Missing)),
        }
    }
}
