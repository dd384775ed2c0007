//! Runs that a crash has left ahead of their stored state, in an engine that does not know their workflow.

use std::sync::Arc;
use std::time::Duration;

use longhaul::Engine;
use longhaul::engine::{Clock, EngineBuilder, ListFilter, RunStatus, WaitingFor};
use longhaul::error::{CancelError, QueryError, RedriveError};
use longhaul::store::{MemoryDisk, Outcome, ParkReason, Seq, Table};
use tokio::sync::Notify;

use crate::large::{is_stored, large};
use crate::script::{Do, Work};
use crate::support::{START, approvals, approve, builder, find, log, open, record, start};

fn without() -> EngineBuilder {
    Engine::builder().activity::<Work>().clock(Clock::virtual_from(START))
}

fn unknown() -> ParkReason {
    ParkReason::UnknownWorkflow { workflow: "Script".into() }
}

async fn of_status(engine: &Engine, status: RunStatus) -> usize {
    let page = engine.list(ListFilter { status: Some(status), ..ListFilter::default() }).await.unwrap();
    assert!(page.damaged.is_empty(), "{:?}", page.damaged);
    page.runs.len()
}

/// What a crash has left of a large run: its state is behind its log.
async fn crashed() -> (MemoryDisk, Vec<String>) {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = large(&engine, &disk).await;
    let expected = approvals(&run).await;
    (disk.snapshot(), expected)
}

#[tokio::test]
async fn g5_g9_a_run_ahead_of_its_state_is_parked_where_its_workflow_is_not_registered_and_goes_on_where_it_is()
 {
    let (disk, mut expected) = crashed().await;
    let engine = without().open_store(disk.store()).await.unwrap();
    let run = find(&engine, "a").await;
    let described = run.describe().await.unwrap();
    assert_eq!((described.status, described.transitions), (RunStatus::Open, expected.len() as u64 + 1));
    assert_eq!(of_status(&engine, RunStatus::Open).await, 1);
    let stored = record(&disk, run.run());

    // What happens to it parks it, and is not lost.
    for by in ["ann", "bob"] {
        approve(&run, by).await;
        expected.push(by.to_owned());
    }
    let described = run.describe().await.unwrap();
    assert_eq!(
        (described.status, described.parked, described.unread),
        (RunStatus::Parked, Some(unknown()), 2)
    );
    assert_eq!(
        (of_status(&engine, RunStatus::Open).await, of_status(&engine, RunStatus::Parked).await),
        (0, 1)
    );
    assert_eq!(engine.health().to_string(), "degraded: runs are parked: 1");
    let error = run.query::<Vec<String>>("approvals", ()).await.unwrap_err();
    assert!(matches!(error, QueryError::Unreadable { .. }), "{error}");
    let error = engine.redrive("a").await.unwrap_err();
    assert!(matches!(error, RedriveError::StillParked { .. }), "{error}");
    let history = engine.history("a").await.unwrap();
    let described = run.describe().await.unwrap();
    assert_eq!(history.transitions.len() as u64, described.transitions);

    // Its state is as it was: it is still the one to begin from.
    let now = record(&disk, run.run());
    assert_eq!((now.seq, &now.value, now.frame.bytes()), (stored.seq, &stored.value, stored.frame.bytes()));
    engine.shutdown().await.unwrap();

    // The same again, from what that engine has left.
    let engine = without().open_store(disk.snapshot().store()).await.unwrap();
    assert_eq!(of_status(&engine, RunStatus::Parked).await, 1);
    assert_eq!(find(&engine, "a").await.describe().await.unwrap().unread, 2);
    drop(engine);

    let engine = open(&disk).await;
    assert_eq!(of_status(&engine, RunStatus::Parked).await, 1);
    let run = find(&engine, "a").await;
    assert_eq!(approvals(&run).await, expected);
    engine.redrive("a").await.unwrap();
    assert_eq!(approvals(&run).await, expected);
    assert_eq!(engine.health().to_string(), "ready");
    engine.verify("a").await.unwrap();
    for _ in expected.len()..200 {
        approve(&run, "col").await;
    }
    assert_eq!(run.result().await.unwrap(), [10]);
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn g5_leaving_memory_a_run_ahead_of_its_state_loses_nothing() {
    let (disk, mut expected) = crashed().await;
    let engine = without().hot_runs(0).open_store(disk.store()).await.unwrap();
    let run = find(&engine, "a").await;
    for n in 0..5 {
        approve(&run, &n.to_string()).await;
        expected.push(n.to_string());
    }
    assert_eq!(run.describe().await.unwrap().unread, 5);
    let parked = |entry: &&longhaul::store::LogEntry| matches!(entry.outcome, Outcome::Parked(_));
    assert_eq!(log(&disk, run.run()).iter().filter(parked).count(), 5);
    engine.shutdown().await.unwrap();
    let engine = open(&disk).await;
    engine.redrive("a").await.unwrap();
    assert_eq!(approvals(&find(&engine, "a").await).await, expected);
    engine.shutdown().await.unwrap();
    let seq = record(&disk, run.run()).seq;
    assert!(record(&disk, run.run()).ahead.is_none() && seq == Seq(log(&disk, run.run()).len() as u64));
}

#[tokio::test]
async fn a_run_ahead_of_its_state_is_cancelled_where_its_workflow_is_not_registered() {
    let (disk, _) = crashed().await;
    let engine = without().open_store(disk.store()).await.unwrap();
    engine.cancel("a").await.unwrap();
    engine.cancel("a").await.unwrap();
    let described = find(&engine, "a").await.describe().await.unwrap();
    assert_eq!((described.cancel_requested, described.unread), (true, 1));
    engine.shutdown().await.unwrap();
    let engine = open(&disk).await;
    let _ = engine.redrive("a").await;
    let error = find(&engine, "a").await.result().await.unwrap_err().to_string();
    assert!(error.contains("cancel"), "{error}");
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn a_run_ahead_of_its_state_is_terminated_where_its_workflow_is_not_registered() {
    let disk = MemoryDisk::new();
    let pending = || builder().play::<Work, _, _>(|_, _| std::future::pending());
    let engine = pending().open_store(disk.store()).await.unwrap();
    let run = start(&engine, "a", [Do::Race(1, 1_000_000)]).await;
    for n in 0..50 {
        approve(&run, &format!("{n:>200}")).await;
    }
    while is_stored(&disk, &run) {
        approve(&run, "one more").await;
    }
    let disk = disk.snapshot();
    let timers = disk.rows(Table::Timers).len();
    assert!(timers > 0);
    let engine = without().open_store(disk.store()).await.unwrap();
    let run = find(&engine, "a").await;
    let waits = run.describe().await.unwrap().waits_for;
    let of_timers = waits.iter().filter(|wait| matches!(wait.what, WaitingFor::Timer { .. }));
    assert_eq!(of_timers.count(), timers);
    engine.terminate("a", "enough").await.unwrap();
    assert!(disk.rows(Table::Timers).is_empty() && disk.rows(Table::Tasks).is_empty());
    assert_eq!(of_status(&engine, RunStatus::Terminated).await, 1);
    assert!(matches!(engine.cancel("a").await, Err(CancelError::Closed { .. })));
    assert_eq!(engine.health().to_string(), "ready");
    engine.shutdown().await.unwrap();
    for engine in [without().open_store(disk.store()).await.unwrap(), open(&disk).await] {
        let described = find(&engine, "a").await.describe().await.unwrap();
        assert_eq!(
            (described.status, described.terminated.as_deref()),
            (RunStatus::Terminated, Some("enough"))
        );
        assert!(described.waits_for.is_empty(), "{described:?}");
        engine.advance(Duration::from_secs(5)).await.unwrap();
    }
    open(&disk).await.verify("a").await.unwrap();
}

#[tokio::test]
async fn what_a_run_ahead_of_its_state_waits_for_is_told_without_the_timers_that_it_gave_up() {
    let disk = MemoryDisk::new();
    let done = Arc::new(Notify::new());
    let engine = {
        let done = Arc::clone(&done);
        builder().play::<Work, _, _>(move |_, (n,)| {
            let done = Arc::clone(&done);
            async move {
                done.notified().await;
                Ok(n)
            }
        })
    };
    let engine = engine.open_store(disk.store()).await.unwrap();
    let run = start(&engine, "a", [Do::Race(1, 1_000_000), Do::Approvals(200)]).await;
    for n in 0..50 {
        approve(&run, &format!("{n:>200}")).await;
    }
    // The stored state has the race, and the end of it is behind that.
    while !is_stored(&disk, &run) {
        approve(&run, "one more").await;
    }
    approve(&run, "and one").await;
    let racing = run.describe().await.unwrap();
    assert!(!is_stored(&disk, &run) && !disk.rows(Table::Timers).is_empty());
    done.notify_one();
    while run.describe().await.unwrap().transitions == racing.transitions {
        tokio::task::yield_now().await;
    }
    assert!(!is_stored(&disk, &run) && disk.rows(Table::Timers).is_empty());

    let engine = without().open_store(disk.snapshot().store()).await.unwrap();
    let waits = find(&engine, "a").await.describe().await.unwrap().waits_for;
    assert!(!waits.iter().any(|wait| matches!(wait.what, WaitingFor::Timer { .. })), "{waits:?}");
}
