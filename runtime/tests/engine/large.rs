//! Runs with a large state: it is not written at each transition.

#![allow(clippy::disallowed_types)] // Some have a `HashMap`.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use longhaul::Engine;
use longhaul::engine::{ListFilter, RunStatus};
use longhaul::error::EngineError;
use longhaul::prelude::*;
use longhaul::store::{MemoryDisk, Seq, Table};

use crate::script::{Do, Script, Work, lower, raise};
use crate::support::{Run, approvals, approve, builder, find, log, open, record, start};

/// A run with a large state and, when this returns, a stored state that is behind it.
pub(crate) async fn large(engine: &Engine, disk: &MemoryDisk) -> Run {
    let run = start(engine, "a", [Do::Approvals(200), Do::Call(1)]).await;
    for n in 0..50 {
        approve(&run, &format!("{n:>200}")).await;
    }
    while is_stored(disk, &run) {
        approve(&run, "one more").await;
    }
    run
}

/// Whether the newest state is stored.
pub(crate) fn is_stored(disk: &MemoryDisk, run: &Run) -> bool {
    record(disk, run.run()).seq == Seq(log(disk, run.run()).len() as u64)
}

#[tokio::test]
async fn g5_g6_a_large_run_goes_on_after_a_crash_from_its_last_transition() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = large(&engine, &disk).await;
    engine.verify("a").await.unwrap();
    let (expected, described) = (approvals(&run).await, run.describe().await.unwrap());

    let disk = disk.snapshot();
    let engine = open(&disk).await;
    // A list reads what is stored, and what is newer.
    let page = engine.list(ListFilter::default()).await.unwrap();
    assert_eq!(page.runs, std::slice::from_ref(&described));
    assert!(page.damaged.is_empty());
    let run = find(&engine, "a").await;
    assert_eq!(run.describe().await.unwrap(), described);
    assert_eq!(approvals(&run).await, expected);
    assert_eq!(engine.verify("a").await.unwrap(), expected.len() + 1);
    for _ in expected.len()..200 {
        approve(&run, "bob").await;
    }
    assert_eq!(run.result().await.unwrap(), [10]);
    assert!(is_stored(&disk, &run));
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn an_orderly_shutdown_and_leaving_memory_store_the_newest_state() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = large(&engine, &disk).await;
    drop(run);
    engine.shutdown().await.unwrap();
    let engine = builder().hot_runs(1).open_store(disk.store()).await.unwrap();
    let run = find(&engine, "a").await;
    assert!(is_stored(&disk, &run));
    while is_stored(&disk, &run) {
        approve(&run, "one more").await;
    }
    start(&engine, "b", [Do::Approvals(1)]).await;
    engine.now().await.unwrap();
    assert!(is_stored(&disk, &run), "it had to make room");
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn how_a_large_run_stands_is_always_stored() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = large(&engine, &disk).await;
    raise("large");
    run.signal("panic_while", ("large",)).await.unwrap();
    while run.describe().await.unwrap().status != RunStatus::Parked {}
    assert!(is_stored(&disk, &run));
    lower("large");
    engine.redrive("a").await.unwrap();
    assert!(is_stored(&disk, &run));
    let filter = |status| ListFilter { status: Some(status), ..ListFilter::default() };
    assert_eq!(engine.list(filter(RunStatus::Open)).await.unwrap().runs.len(), 1);
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn g10_what_cannot_be_made_again_is_refused_and_nothing_is_overwritten() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = large(&engine, &disk).await;
    let disk = disk.snapshot();
    let key = run.run().log_key(record(&disk, run.run()).seq);
    disk.write(Table::Log, &key, Some(&[1, 2, 3]));
    let rows = disk.rows(Table::Runs);
    let engine = open(&disk).await;
    let page = engine.list(ListFilter::default()).await.unwrap();
    assert_eq!((page.runs.len(), page.damaged.len()), (0, 1));
    let error = engine.handle::<Script>("a").await.unwrap_err().to_string();
    assert!(error.contains("log"), "{error}");
    assert!(matches!(run_error(&engine).await, EngineError::Damaged(_)));
    engine.shutdown().await.unwrap();
    assert_eq!(disk.rows(Table::Runs), rows);
}

/// The code makes something else of the last transitions than it did.
#[tokio::test]
async fn a_large_run_waits_for_the_binary_that_wrote_it() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = large(&engine, &disk).await;
    let stored = record(&disk, run.run()).seq;
    run.signal("panic_while", ("another binary",)).await.unwrap();
    assert_eq!(record(&disk, run.run()).seq, stored, "the signal is not in the stored state");
    let expected = approvals(&run).await;
    let disk = disk.snapshot();
    raise("another binary");
    let engine = open(&disk).await;
    let error = engine.handle::<Script>("a").await.unwrap_err().to_string();
    assert!(error.contains("the binary that wrote it"), "{error}");
    engine.shutdown().await.unwrap();
    lower("another binary");
    let engine = open(&disk).await;
    assert_eq!(approvals(&find(&engine, "a").await).await, expected);
    engine.verify("a").await.unwrap();
}

async fn run_error(engine: &Engine) -> EngineError {
    match engine.verify("a").await.unwrap_err() {
        longhaul::HistoryError::Engine(error) => error,
        other => panic!("{other}"),
    }
}

/// Runs a fan-out whose results come one by one, and gives the bytes that were written for it.
async fn bytes_of_a_fan_out(width: u64) -> usize {
    let disk = MemoryDisk::new();
    let (written, turns) = (Arc::new(Mutex::new(0)), Arc::new(tokio::sync::Semaphore::new(0)));
    let gate = Arc::clone(&turns);
    let one_by_one = builder().play::<Work, _, _>(move |_, (n,)| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.expect("it is never closed").forget();
            Ok(n)
        }
    });
    let store = Counting { store: disk.store(), bytes: Arc::clone(&written) };
    let engine = one_by_one.small_states(256).open_store(store).await.unwrap();
    let run = start(&engine, "a", [Do::CallAll((0..width).collect())]).await;
    for done in 0..width {
        turns.add_permits(1);
        while done + 1 < width && run.describe().await.unwrap().transitions < done + 2 {
            tokio::task::yield_now().await;
        }
    }
    let results: BTreeSet<u64> = run.result().await.unwrap().into_iter().collect();
    assert_eq!(results.len() as u64, width);
    engine.verify("a").await.unwrap();
    let written = written.lock().unwrap_or_else(PoisonError::into_inner);
    *written
}

struct Counting {
    store: longhaul::store::MemoryStore,
    bytes: Arc<Mutex<usize>>,
}

impl longhaul::store::Store for Counting {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, longhaul::store::StoreError> {
        self.store.get(table, key)
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        limit: usize,
    ) -> Result<Vec<longhaul::store::Row>, longhaul::store::StoreError> {
        self.store.scan(table, from, limit)
    }

    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, longhaul::store::StoreError> {
        self.store.last_key(table)
    }

    fn commit(&self, batch: &longhaul::store::Batch) -> Result<(), longhaul::store::StoreError> {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) += batch.bytes();
        self.store.commit(batch)
    }

    fn close(&self) -> Result<(), longhaul::store::StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_fan_out_writes_bytes_in_proportion_to_its_width() {
    let (narrow, wide) = (bytes_of_a_fan_out(40).await, bytes_of_a_fan_out(400).await);
    assert!(wide <= 11 * narrow, "40 calls write {narrow} bytes, 400 write {wide}");
}

/// What it does next is up to the order of a `HashMap`, which is another each time that it is read.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Shuffled {
    stock: HashMap<String, u64>,
    waited: Vec<u64>,
}

#[workflow]
impl Shuffled {
    #[run]
    async fn run(&mut self, ctx: &Context, size: u64) -> u64 {
        self.stock = (1..=size).map(|n| (format!("item number {n}"), n)).collect();
        for n in 0..30 {
            let first = self.stock.values().next().copied().unwrap_or_default();
            self.waited.push(first);
            ctx.sleep(seconds(600 + first)).await;
            self.stock.insert(format!("round {n}"), n);
        }
        self.waited.iter().sum()
    }

    #[query]
    fn waited(&self) -> Vec<u64> {
        self.waited.clone()
    }
}

#[tokio::test]
async fn g5_a_large_run_whose_code_goes_by_the_order_of_a_hash_map_goes_on_after_a_crash() {
    let mut disk = MemoryDisk::new();
    let engine = builder().workflow::<Shuffled>().open_store(disk.store()).await.unwrap();
    engine.start::<Shuffled>(400).id("a").await.unwrap();
    let mut last = Vec::new();
    for _ in 0..6 {
        let engine = builder().workflow::<Shuffled>().open_store(disk.store()).await.unwrap();
        let run = engine.handle::<Shuffled>("a").await.unwrap();
        let waited = run.waited().await.unwrap();
        assert!(waited.starts_with(&last), "{waited:?} after {last:?}");
        last = waited;
        for _ in 0..5 {
            engine.advance(seconds(1_000)).await.unwrap();
        }
        // It crashes: of what an orderly end would write, nothing is there.
        disk = disk.snapshot();
    }
    let engine = builder().workflow::<Shuffled>().open_store(disk.store()).await.unwrap();
    let run = engine.handle::<Shuffled>("a").await.unwrap();
    engine.advance(seconds(30_000)).await.unwrap();
    let waited = run.waited().await.unwrap();
    assert!(waited.starts_with(&last) && last.len() > 20, "{waited:?} after {last:?}");
    assert_eq!(run.result().await.unwrap(), waited.iter().sum::<u64>());
}
