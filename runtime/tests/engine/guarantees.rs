//! One test or more for each guarantee, by its number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use longhaul::Moment;
use longhaul::core::{WorkflowType, fold};
use longhaul::engine::{Clock, ListFilter, RunStatus};
use longhaul::error::{EngineError, HandleError, QueryError, SignalError, StartError};
use longhaul::store::{
    Batch, CommitFault, DamageReason, MemoryDisk, MemoryStore, Row, RunNo, Store, StoreError, Table,
};

use crate::script::{Do, Script, Work, lower, raise};
use crate::support::{
    Notes, START, approvals, approve, builder, find, is_stored_as, log, noting, open, start,
};

#[tokio::test]
async fn g1_a_start_and_a_signal_that_were_acknowledged_are_there_after_a_crash_right_after() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Approvals(2)]).await;
    let after_start = disk.snapshot();
    approve(&run, "ann").await;
    let after_signal = disk.snapshot();

    let engine = open(&after_start).await;
    assert_eq!(find(&engine, "a").await.describe().await.unwrap().state, "AwaitApprovals");
    let engine = open(&after_signal).await;
    assert_eq!(approvals(&find(&engine, "a").await).await, ["ann"]);
}

#[tokio::test]
async fn g1_a_start_whose_commit_failed_is_not_acknowledged() {
    for (fault, there) in
        [(CommitFault::Lost, false), (CommitFault::Full, false), (CommitFault::AppliedButReported, true)]
    {
        let disk = MemoryDisk::new();
        let engine = open(&disk).await;
        disk.fail_commit(0, fault);
        let error = engine.start::<Script>([Do::Call(1)].into()).id("a").await.unwrap_err();
        assert!(matches!(error, StartError::Engine(EngineError::Poisoned(_))), "{error}");

        let engine = open(&disk.snapshot()).await;
        assert_eq!(engine.handle::<Script>("a").await.is_ok(), there, "{fault:?}");
        // Started again it is one run, whatever became of the first try.
        let again = start(&engine, "a", [Do::Call(1)]).await;
        assert_eq!(again.result().await.unwrap(), [10]);
        assert_eq!(engine.list(ListFilter::default()).await.unwrap().runs.len(), 1);
    }
}

/// What a killed process leaves: its files as they are, without an orderly end.
fn copy_of(dir: &std::path::Path) -> tempfile::TempDir {
    fn copy(from: &std::path::Path, to: &std::path::Path) {
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                std::fs::create_dir(&to).unwrap();
                copy(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let copied = tempfile::tempdir().unwrap();
    copy(dir, copied.path());
    copied
}

#[tokio::test]
async fn g1_g5_on_disk_what_was_acknowledged_is_there_after_the_process_was_killed() {
    let open = async |path: &std::path::Path| builder().open(path).await.unwrap();
    let mut dir = tempfile::tempdir().unwrap();
    let mut sent = Vec::new();
    for life in 0..4u64 {
        let engine = open(dir.path()).await;
        assert_eq!(engine.recovered(), 50 * life);
        let run = start(&engine, "0/0", [Do::Sleep(1), Do::Approvals(4), Do::Call(1)]).await;
        approve(&run, &format!("in life {life}")).await;
        sent.push(format!("in life {life}"));
        assert_eq!(approvals(&run).await, sent);
        for n in 1..51 - u64::from(life == 0) {
            start(&engine, &format!("{life}/{n}"), [Do::Sleep(3_600_000 + n), Do::Call(n)]).await;
        }
        let killed = copy_of(dir.path());
        drop((run, engine));
        dir = killed;
    }
    let engine = open(dir.path()).await;
    assert_eq!(find(&engine, "0/0").await.result().await.unwrap(), [10]);
    assert_eq!(approvals(&find(&engine, "0/0").await).await, sent);
    assert_eq!(find(&engine, "3/50").await.result().await.unwrap(), [500]);
    assert_eq!(find(&engine, "0/49").await.result().await.unwrap(), [490]);
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn g2_no_activity_starts_when_the_transition_that_calls_it_was_not_committed() {
    let (disk, calls) = (MemoryDisk::new(), Notes::new());
    let engine = noting(&calls).open_store(disk.store()).await.unwrap();
    disk.fail_commit(1, CommitFault::Lost);
    let run = start(&engine, "a", [Do::Call(1), Do::Call(2)]).await;
    assert!(run.result().await.is_err());
    engine.shutdown().await.unwrap_err();
    assert_eq!(calls.all(), [1]);
}

#[tokio::test]
async fn g2_g3_at_the_start_of_each_activity_its_call_is_durable_and_the_one_before_is_done_for_good() {
    let (disk, crashes) = (MemoryDisk::new(), Notes::new());
    let (seen, at) = (crashes.clone(), disk.clone());
    let engine = builder()
        .play::<Work, _, _>(move |_, (n,)| {
            seen.add((n, at.snapshot()));
            async move { Ok(n * 10) }
        })
        .open_store(disk.store())
        .await
        .unwrap();
    let run = start(&engine, "a", (1..=4).map(Do::Call)).await;
    assert_eq!(run.result().await.unwrap(), [10, 20, 30, 40]);

    let crashes = crashes.all();
    assert_eq!(crashes.len(), 4);
    for (n, disk) in crashes {
        let calls = Notes::new();
        let engine = noting(&calls).open_store(disk.store()).await.unwrap();
        assert_eq!(find(&engine, "a").await.result().await.unwrap(), [10, 20, 30, 40]);
        assert_eq!(calls.all(), (n..=4).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn g3_a_completion_that_was_not_committed_lets_the_activity_run_again() {
    let (disk, calls) = (MemoryDisk::new(), Notes::new());
    let engine = noting(&calls).open_store(disk.store()).await.unwrap();
    disk.fail_commit(1, CommitFault::Lost);
    let run = start(&engine, "a", [Do::Call(1)]).await;
    assert!(run.result().await.is_err());
    drop((run, engine));
    let engine = noting(&calls).open_store(disk.store()).await.unwrap();
    assert_eq!(find(&engine, "a").await.result().await.unwrap(), [10]);
    assert_eq!(calls.all(), [1, 1]);
}

#[tokio::test]
async fn g11_a_shutdown_beside_a_commit_that_fails_is_told_why() {
    // Both may come into one turn, or each into its own.
    for _ in 0..200 {
        let disk = MemoryDisk::new();
        let engine = open(&disk).await;
        let run = start(&engine, "a", [Do::Approvals(2)]).await;
        disk.fail_commit(0, CommitFault::Full);
        let (signal, shutdown) = tokio::join!(run.signal("approve", ("bob",)), engine.shutdown());
        for told in [signal.unwrap_err().to_string(), shutdown.unwrap_err().to_string()] {
            assert!(told.contains("see to the disk") && !told.contains("panicked"), "{told}");
        }
    }
}

/// A store that counts what is read from table `runs`.
struct Counting {
    store: MemoryStore,
    runs_read: Arc<AtomicU64>,
}

impl Store for Counting {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.runs_read.fetch_add(u64::from(table == Table::Runs), Ordering::Relaxed);
        self.store.get(table, key)
    }
    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let rows = self.store.scan(table, from, limit)?;
        if table == Table::Runs {
            self.runs_read.fetch_add(rows.len() as u64, Ordering::Relaxed);
        }
        Ok(rows)
    }
    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.last_key(table)
    }
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        self.store.commit(batch)
    }
    fn close(&self) -> Result<(), StoreError> {
        self.store.close()
    }
}

#[tokio::test]
async fn g5_opening_reads_no_run_and_each_goes_on_from_its_last_transition() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    for n in 0..200u64 {
        start(&engine, &format!("run-{n}"), [Do::Call(n), Do::Approvals(1), Do::Call(1_000 + n)]).await;
    }
    engine.shutdown().await.unwrap();

    let (calls, runs_read) = (Notes::new(), Arc::new(AtomicU64::new(0)));
    let store = Counting { store: disk.store(), runs_read: runs_read.clone() };
    let engine = noting(&calls).open_store(store).await.unwrap();
    assert_eq!(engine.recovered(), 200);
    let run = find(&engine, "run-7").await;
    assert!(runs_read.load(Ordering::Relaxed) < 10, "{runs_read:?} runs were read");
    approve(&run, "ann").await;
    assert_eq!(run.result().await.unwrap(), [70, 10_070]);
    assert!(calls.all().contains(&1_007));
}

#[tokio::test]
async fn g6_folding_the_log_gives_the_stored_record_byte_for_byte() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    raise("g6");
    let scripts: [Vec<Do>; 5] = [
        vec![Do::Call(1), Do::Random, Do::Sleep(5), Do::CallAll(vec![1, 2, 3]), Do::Random],
        vec![Do::Race(1, 50), Do::BeginAndDrop(7), Do::Race(2, 50), Do::Approvals(1), Do::Random],
        vec![Do::Call(1), Do::PanicWhile("g6".into()), Do::Call(2)],
        vec![Do::Until(Moment(3)), Do::Fail("no more".into())],
        vec![Do::Approvals(9)],
    ];
    let mut runs = Vec::new();
    for (n, script) in scripts.into_iter().enumerate() {
        runs.push(start(&engine, &format!("run-{n}"), script).await);
    }
    for run in [&runs[1], &runs[2], &runs[4]] {
        approve(run, "ann").await;
    }
    assert!(runs[0].result().await.is_ok());
    assert!(runs[3].result().await.is_err());
    let parked = disk.snapshot();
    lower("g6");
    if runs[2].describe().await.unwrap().status == RunStatus::Parked {
        engine.redrive("run-2").await.unwrap();
    }
    assert_eq!(runs[2].result().await.unwrap(), [10, 20]);
    assert!(runs[1].result().await.is_ok());

    for disk in [parked, disk] {
        for run in runs.iter().map(crate::support::Run::run) {
            let record = fold(&WorkflowType::of::<Script>(), &log(&disk, run)).unwrap();
            assert!(is_stored_as(&disk, run, &record), "{record:?}");
        }
    }
}

#[tokio::test]
async fn g7_signals_are_handled_once_each_in_the_order_in_which_they_were_accepted() {
    let mut disk = MemoryDisk::new();
    let mut sent = Vec::new();
    for life in 0..5 {
        let engine = open(&disk).await;
        let run = start(&engine, "a", [Do::Approvals(50), Do::Call(1)]).await;
        for n in 0..10 {
            let by = format!("{life}/{n}");
            approve(&run, &by).await;
            sent.push(by);
            // A query after an acknowledged signal sees it.
            assert_eq!(approvals(&run).await, sent);
        }
        disk = disk.snapshot();
    }
    let engine = open(&disk).await;
    let run = find(&engine, "a").await;
    assert_eq!(run.result().await.unwrap(), [10]);
    assert_eq!(approvals(&run).await, sent);
    let error = run.signal("approve", ("late",)).await.unwrap_err();
    assert!(matches!(error, SignalError::Closed { id } if id == "a"));
}

#[tokio::test]
async fn g8_a_timer_never_fires_early_fires_once_and_fires_after_downtime() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    start(&engine, "a", [Do::Sleep(60_000), Do::Approvals(1)]).await;
    engine.advance(std::time::Duration::from_micros(59_999_999)).await.unwrap();
    assert_eq!(find(&engine, "a").await.describe().await.unwrap().state, "AwaitSleep");
    let asleep = disk.snapshot();
    engine.advance(std::time::Duration::from_micros(1)).await.unwrap();
    let description = find(&engine, "a").await.describe().await.unwrap();
    assert_eq!((description.state.as_str(), description.transitions), ("AwaitApprovals", 2));
    assert_eq!(description.updated, Moment(START.0 + 60_000_000));
    assert!(disk.rows(Table::Timers).is_empty());

    // A year later.
    let later = Moment(START.0 + 365 * 24 * 3_600_000_000);
    let engine = builder().clock(Clock::virtual_from(later)).open_store(asleep.store()).await.unwrap();
    engine.advance(std::time::Duration::ZERO).await.unwrap();
    let description = find(&engine, "a").await.describe().await.unwrap();
    assert_eq!((description.state.as_str(), description.transitions), ("AwaitApprovals", 2));
    assert_eq!(description.updated, later);
}

#[tokio::test]
async fn g9_a_run_that_panics_is_parked_visible_and_can_be_driven_again_while_others_go_on() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    raise("g9");
    let bad = start(&engine, "bad", [Do::Call(1), Do::PanicWhile("g9".into()), Do::Call(2)]).await;
    let good = start(&engine, "good", [Do::Call(1), Do::Call(2)]).await;
    assert_eq!(good.result().await.unwrap(), [10, 20]);
    while bad.describe().await.unwrap().status == RunStatus::Open {
        tokio::task::yield_now().await;
    }
    let description = bad.describe().await.unwrap();
    assert_eq!(description.status, RunStatus::Parked);
    assert_eq!(description.unread, 1);
    assert!(description.parked.unwrap().to_string().contains("the flag g9 is up"));
    let parked = ListFilter { status: Some(RunStatus::Parked), ..ListFilter::default() };
    assert_eq!(engine.list(parked).await.unwrap().runs[0].id, "bad");
    lower("g9");
    engine.redrive("bad").await.unwrap();
    assert_eq!(bad.result().await.unwrap(), [10, 20]);
}

#[tokio::test]
async fn g10_a_damaged_record_is_refused_with_its_key_and_is_not_overwritten_and_others_go_on() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let hurt = start(&engine, "hurt", [Do::Approvals(1)]).await.run();
    let timed = start(&engine, "timed", [Do::Sleep(1_000)]).await.run();
    let called = start(&engine, "called", [Do::Call(1), Do::Approvals(1)]).await.run();
    start(&engine, "well", [Do::Sleep(2_000), Do::Approvals(1), Do::Call(1)]).await;
    engine.shutdown().await.unwrap();
    let mut before = Vec::new();
    for run in [hurt, timed, called] {
        let mut bytes = disk.read(Table::Runs, &run.key()).unwrap();
        bytes[20] ^= 1;
        disk.write(Table::Runs, &run.key(), Some(&bytes));
        before.push(bytes);
    }

    let engine = open(&disk).await;
    let error = engine.handle::<Script>("hurt").await.unwrap_err();
    let HandleError::Engine(EngineError::Damaged(damage)) = error else { panic!("{error}") };
    assert_eq!((damage.table, damage.reason), (Table::Runs, DamageReason::Checksum));
    assert_eq!(damage.key, "0x0000000000000000");
    let well = find(&engine, "well").await;
    approve(&well, "ann").await;
    assert_eq!(well.result().await.unwrap(), [10]);
    let page = engine.list(ListFilter::default()).await.unwrap();
    assert_eq!((page.runs.len(), page.damaged.len()), (1, 3));
    engine.shutdown().await.unwrap();
    for (run, before) in [hurt, timed, called].into_iter().zip(before) {
        assert_eq!(disk.read(Table::Runs, &run.key()), Some(before));
    }
    assert_eq!(disk.rows(Table::Timers).len(), 1, "the timer of the damaged run is still there");
}

#[tokio::test]
async fn g10_a_record_of_a_newer_version_is_refused_as_such() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    start(&engine, "a", [Do::Approvals(1)]).await;
    engine.shutdown().await.unwrap();
    let key = RunNo(0).key();
    let mut bytes = disk.read(Table::Runs, &key).unwrap();
    bytes[0] = 9;
    disk.write(Table::Runs, &key, Some(&bytes));
    let error = open(&disk).await.handle::<Script>("a").await.unwrap_err();
    assert!(error.to_string().contains("format version 9"), "{error}");
}

#[tokio::test]
async fn g11_after_a_failed_sync_nothing_is_acknowledged_and_nothing_acknowledged_is_missing() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Approvals(2)]).await;
    approve(&run, "ann").await;
    disk.fail_commit(0, CommitFault::Full);
    let error = run.signal("approve", ("bob",)).await.unwrap_err();
    assert!(error.to_string().contains("see to the disk"), "{error}");
    let commits = disk.commits();

    let poisoned = |error: &EngineError| matches!(error, EngineError::Poisoned(_));
    let error = engine.start::<Script>([].into()).await.unwrap_err();
    assert!(matches!(error, StartError::Engine(error) if poisoned(&error)));
    let error = run.query::<Vec<String>>("approvals", ()).await.unwrap_err();
    assert!(matches!(error, QueryError::Engine(error) if poisoned(&error)));
    assert!(poisoned(&run.describe().await.unwrap_err()));
    assert!(poisoned(&engine.list(ListFilter::default()).await.unwrap_err()));
    assert!(poisoned(&engine.shutdown().await.unwrap_err()));
    assert_eq!(disk.commits(), commits, "the commit is not tried again");
    drop(run);

    let engine = open(&disk).await;
    let run = find(&engine, "a").await;
    assert_eq!(approvals(&run).await, ["ann"]);
    approve(&run, "bob").await;
    assert!(run.result().await.unwrap().is_empty());
}
