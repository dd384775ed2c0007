//! Recovering: what an engine must know of a store before its first turn. It reads no run that has nothing to do.

use std::sync::Arc;

use super::driver::Driver;
use super::flights::{Flights, View};
use super::logged::Logged;
use crate::core::{Limits, Registry, Shard};
use crate::error::OpenError;
use crate::machine::OpId;
use crate::store::{
    self, Damage, DamageReason, LogEntry, MARK_KEY, MarkRecord, RunNo, Seq, Store, StoreError, StoredCall,
    StoredRun, Table, TaskId, Text,
};

/// How many rows are read at a time.
const PAGE: usize = 1_024;

/// A driver that is ready for its first turn.
pub(crate) struct Recovered {
    pub(crate) driver: Driver,
    /// The number that the next new run gets.
    pub(crate) next_run: RunNo,
}

/// Takes up what a store holds.
pub(crate) fn recover(
    store: Arc<dyn Store>,
    registry: Registry,
    limits: Limits,
) -> Result<Recovered, OpenError> {
    let last_run = store.last_key(Table::Runs)?;
    let mark: MarkRecord = match store.get(Table::Meta, MARK_KEY)? {
        Some(bytes) => store::open(Table::Meta, MARK_KEY, &bytes)?,
        None if last_run.is_none() => MarkRecord::default(),
        // It was written with the first run.
        None => return Err(Damage::new(Table::Meta, MARK_KEY, DamageReason::Missing).into()),
    };
    let next_run = match last_run {
        None => RunNo(0),
        Some(key) => {
            let Some(last) = RunNo::from_key(&key) else {
                let reason = DamageReason::Undecodable("its key is no run number".to_owned());
                return Err(Damage::new(Table::Runs, &key, reason).into());
            };
            RunNo(last.0 + 1)
        }
    };
    let mut shard = Shard::new(registry, limits, &mark, next_run);
    recover_tasks(&*store, &mut shard, RunNo(mark.tasks_from))?;
    let mut driver = Driver::new(shard, store, mark.moment);
    driver.load_timers()?;
    Ok(Recovered { driver, next_run })
}

/// Reads the activity calls that have not ended. Their number is that of the work in flight, not of the runs.
fn recover_tasks(store: &dyn Store, shard: &mut Shard, from: RunNo) -> Result<(), OpenError> {
    let mut from = TaskId { run: from, op: OpId(0) }.key().to_vec();
    let flights = Flights::default();
    let view = View { store, flights: &flights };
    // A transition may have called many: its entry is read once.
    let mut last_entry: Option<((RunNo, Seq), Result<LogEntry, Damage>)> = None;
    let mut last_run: Option<(RunNo, Caller<'_>)> = None;
    loop {
        let rows = store.scan(Table::Tasks, &from, PAGE)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        // The least key after the last one.
        from.clone_from(last);
        from.push(0);
        for (key, bytes) in rows {
            let Some(place) = TaskId::from_key(&key) else {
                let reason = DamageReason::Undecodable("its key is no activity call".to_owned());
                tracing::error!("{}", Damage::new(Table::Tasks, &key, reason));
                continue;
            };
            let call = match StoredCall::open(&key, &bytes) {
                Ok(call) => call,
                Err(damage) => {
                    shard.lose(place, &damage);
                    continue;
                }
            };
            let (_, caller) = match last_run.take() {
                Some(known) if known.0 == place.run => last_run.insert(known),
                _ => last_run.insert((place.run, Caller::read(view, place.run))),
            };
            let called = (place.run, call.record.seq);
            let (_, entry) = match last_entry.take() {
                Some(entry) if entry.0 == called => last_entry.insert(entry),
                _ => last_entry.insert((called, caller.entry(called.0, called.1))),
            };
            match entry {
                Ok(entry) => shard.recover(call, entry, caller.workflow.as_deref()),
                Err(damage) => shard.lose(place, damage),
            }
        }
    }
}

/// A run that has calls which have not ended.
struct Caller<'a> {
    log: Logged<'a>,
    /// Its workflow; none where its record cannot be read, which is told when the run is loaded.
    workflow: Option<Text>,
}

impl<'a> Caller<'a> {
    fn read(view: View<'a>, run: RunNo) -> Self {
        let key = run.key();
        let damage = |reason| Damage::new(Table::Runs, &key, reason);
        let stored = view
            .get(Table::Runs, &key)
            .map_err(|error| damage(DamageReason::Unreadable(error.to_string())))
            .and_then(|stored| StoredRun::open(&key, &stored.ok_or_else(|| damage(DamageReason::Missing))?));
        let log = Logged::with(view, run, stored.as_ref());
        Caller { log, workflow: stored.ok().map(|stored| stored.record.workflow) }
    }

    fn entry(&self, run: RunNo, seq: Seq) -> Result<LogEntry, Damage> {
        let unreadable = |error: StoreError| DamageReason::Unreadable(error.to_string());
        let damage = |error| Damage::new(Table::Log, &run.log_key(seq), unreadable(error));
        self.log.entry(seq).unwrap_or_else(|error| Err(damage(error)))
    }
}
