//! Engines for tests.

use std::sync::{Arc, Mutex, PoisonError};

use longhaul::engine::{Clock, EngineBuilder};
use longhaul::store::{LogEntry, LogRow, MemoryDisk, RunNo, RunRecord, StoredRun, Table};
use longhaul::{Engine, Moment, RunHandle};

use crate::script::{Do, Script, Work};

/// When virtual time begins.
pub(crate) const START: Moment = Moment(1_000_000_000);

pub(crate) type Run = RunHandle<Script>;

/// An engine with virtual time that runs [`Script`] and [`Work`].
pub(crate) fn builder() -> EngineBuilder {
    Engine::builder().workflow::<Script>().activity::<Work>().clock(Clock::virtual_from(START))
}

pub(crate) async fn open(disk: &MemoryDisk) -> Engine {
    builder().open_store(disk.store()).await.expect("the engine opens")
}

pub(crate) async fn start(engine: &Engine, id: &str, script: impl IntoIterator<Item = Do>) -> Run {
    engine.start::<Script>(script.into_iter().collect()).id(id).await.expect("the run starts")
}

pub(crate) async fn find(engine: &Engine, id: &str) -> Run {
    engine.handle::<Script>(id).await.expect("the run is there")
}

pub(crate) async fn approve(run: &Run, by: &str) {
    run.signal("approve", (by,)).await.expect("the signal is accepted");
}

pub(crate) async fn approvals(run: &Run) -> Vec<String> {
    run.query("approvals", ()).await.expect("the query is answered")
}

/// Takes note of something on any thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes<T>(Arc<Mutex<Vec<T>>>);

impl<T: Clone> Notes<T> {
    pub(crate) fn add(&self, note: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<T> Notes<T> {
    pub(crate) fn new() -> Self {
        Notes(Arc::default())
    }
}

/// A builder whose [`Work`] takes note of its argument.
pub(crate) fn noting(calls: &Notes<u64>) -> EngineBuilder {
    let calls = calls.clone();
    builder().play::<Work, _, _>(move |_, (n,)| {
        calls.add(n);
        async move { Ok(n * 10) }
    })
}

fn stored(disk: &MemoryDisk, run: RunNo) -> StoredRun {
    let key = run.key();
    StoredRun::open(&key, &disk.read(Table::Runs, &key).expect("the run has a record")).expect("it is whole")
}

pub(crate) fn record(disk: &MemoryDisk, run: RunNo) -> RunRecord {
    stored(disk, run).record
}

/// The run's log, in order.
pub(crate) fn log(disk: &MemoryDisk, run: RunNo) -> Vec<LogEntry> {
    let rows = disk.rows(Table::Log).into_iter().filter(|(key, _)| key[..8] == run.key());
    let rows = rows.flat_map(|(key, value)| LogRow::open(&key, &value).expect("it is whole").entries);
    let mut entries: Vec<_> = rows.chain(stored(disk, run).entries().expect("they are whole")).collect();
    entries.sort_by_key(|(seq, _)| *seq);
    let numbers = entries.iter().map(|(seq, _)| seq.0);
    assert!(numbers.eq(0..entries.len() as u64), "each transition stands in one place");
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// Whether the record of a run is as this one.
pub(crate) fn is_stored_as(disk: &MemoryDisk, run: RunNo, record: &RunRecord) -> bool {
    disk.read(Table::Runs, &run.key()).is_some_and(|stored| record.is_stored_as(run, &stored))
}

/// Turns until no attempt at an activity runs any more: one that is given up ends when its own thread gets to it.
pub(crate) async fn no_attempt_runs(engine: &Engine) {
    for _ in 0..100_000 {
        engine.now().await.unwrap();
        if engine.running_activities() == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{} attempts still run", engine.running_activities());
}
