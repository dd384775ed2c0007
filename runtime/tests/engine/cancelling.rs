//! Cancelling and terminating runs.

use longhaul::core::{WorkflowType, fold};
use longhaul::engine::{ListFilter, RunStatus};
use longhaul::error::{CancelError, RunError, SignalError};
use longhaul::store::{EventRecord, MemoryDisk, Outcome, RunNo, Table};
use longhaul::{Engine, RunHandle};

use crate::ledger::{Ledger, Mode};
use crate::script::{Do, Script, Work, lower, raise};
use crate::support::{builder, is_stored_as, log, no_attempt_runs, start};

async fn open(disk: &MemoryDisk) -> Engine {
    builder().workflow::<Ledger>().open_store(disk.store()).await.expect("the engine opens")
}

async fn ledger(engine: &Engine, mode: Mode) -> RunHandle<Ledger> {
    engine.start::<Ledger>(mode).id("a").await.expect("the run starts")
}

fn requests(disk: &MemoryDisk, run: RunNo) -> usize {
    let log = log(disk, run);
    log.iter().flat_map(|entry| &entry.events).filter(|event| **event == EventRecord::Cancelled).count()
}

async fn is_listed(engine: &Engine, status: RunStatus, id: &str) -> bool {
    let filter = ListFilter { status: Some(status), ..ListFilter::default() };
    let page = engine.list(filter).await.unwrap();
    page.runs.iter().map(|run| run.id.as_str()).eq([id])
}

#[tokio::test]
async fn g1_a_request_to_cancel_is_durable_and_ends_the_run() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = ledger(&engine, Mode::Plain).await;
    run.cancel().await.unwrap();
    let disk = disk.snapshot();
    let engine = open(&disk).await;
    let run = engine.handle::<Ledger>("a").await.unwrap();
    assert!(matches!(run.result().await, Err(RunError::Cancelled(None))));
    assert_eq!(requests(&disk, run.run()), 1);
    assert!(is_listed(&engine, RunStatus::Cancelled, "a").await);
    let history = engine.history("a").await.unwrap();
    assert_eq!(engine.verify("a").await.unwrap(), history.transitions.len());
    // It is over.
    assert!(matches!(run.cancel().await, Err(CancelError::Closed { id }) if id == "a"));
    assert!(matches!(engine.cancel("a").await, Err(CancelError::Closed { .. })));
    assert!(matches!(engine.cancel("b").await, Err(CancelError::NotFound { id }) if id == "b"));
    assert!(matches!(run.signal("close", ()).await, Err(SignalError::Closed { .. })));
}

#[tokio::test]
async fn what_a_run_makes_of_a_cancellation_is_how_it_ends() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = ledger(&engine, Mode::Completes).await;
    engine.cancel("a").await.unwrap();
    assert!(run.result().await.unwrap().is_empty());
    assert!(is_listed(&engine, RunStatus::Completed, "a").await);

    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = ledger(&engine, Mode::Fails).await;
    run.cancel().await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Cancelled(Some(reason)) if reason == "it was cancelled"));
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn an_activity_that_is_given_up_is_told() {
    let disk = MemoryDisk::new();
    let stuck = builder().play::<Work, _, _>(|_, _| std::future::pending());
    let engine = stuck.open_store(disk.store()).await.unwrap();
    let run = start(&engine, "a", [Do::Call(1), Do::Sleep(5)]).await;
    // What is counted is so at the end of a turn.
    engine.now().await.unwrap();
    assert_eq!(engine.running_activities(), 1);
    run.cancel().await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Cancelled(Some(_))), "{error}");
    no_attempt_runs(&engine).await;
    assert!(disk.rows(Table::Tasks).is_empty());
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn asking_again_changes_nothing_and_a_parked_run_takes_note() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = ledger(&engine, Mode::Plain).await;
    raise("cancelled");
    run.signal("signal_panics_while", ("cancelled",)).await.unwrap();
    while run.describe().await.unwrap().status != RunStatus::Parked {}
    assert!(!run.describe().await.unwrap().cancel_requested);
    run.cancel().await.unwrap();
    let disk = disk.snapshot();
    let engine = open(&disk).await;
    let run = engine.handle::<Ledger>("a").await.unwrap();
    run.cancel().await.unwrap();
    let described = run.describe().await.unwrap();
    assert_eq!((described.status, described.cancel_requested), (RunStatus::Parked, true));
    assert_eq!(requests(&disk, run.run()), 1);
    lower("cancelled");
    engine.redrive("a").await.unwrap();
    assert!(matches!(run.result().await, Err(RunError::Cancelled(None))));
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn a_terminated_run_ends_at_once_and_runs_no_code() {
    let disk = MemoryDisk::new();
    let stuck = builder().play::<Work, _, _>(|_, _| std::future::pending());
    let engine = stuck.open_store(disk.store()).await.unwrap();
    let run = start(&engine, "a", [Do::Race(1, 60_000)]).await;
    let waiting = tokio::spawn({
        let run = run.clone();
        async move { run.result().await }
    });
    tokio::task::yield_now().await;
    run.signal("approve", ("ann",)).await.unwrap();
    run.terminate("a duplicate").await.unwrap();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, RunError::Terminated { reason } if reason == "a duplicate"));
    no_attempt_runs(&engine).await;
    assert!(disk.rows(Table::Tasks).is_empty() && disk.rows(Table::Timers).is_empty());
    assert_eq!(run.query::<Vec<String>>("approvals", ()).await.unwrap(), ["ann"]);
    assert!(matches!(run.terminate("again").await, Err(CancelError::Closed { .. })));
    assert!(is_listed(&engine, RunStatus::Terminated, "a").await);
    assert_eq!(run.describe().await.unwrap().terminated.as_deref(), Some("a duplicate"));
    let last = log(&disk, run.run()).pop().unwrap();
    assert_eq!(last.outcome, Outcome::Terminated("a duplicate".to_owned()));
    engine.verify("a").await.unwrap();
}

#[tokio::test]
async fn a_parked_run_can_be_terminated_and_its_unread_signals_are_seen() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    raise("terminated");
    let run = start(&engine, "a", [Do::PanicWhile("terminated".into())]).await;
    while run.describe().await.unwrap().status != RunStatus::Parked {}
    run.signal("approve", ("ann",)).await.unwrap();
    engine.terminate("a", "hopeless").await.unwrap();
    lower("terminated");
    assert!(matches!(run.result().await, Err(RunError::Terminated { .. })));
    let disk = disk.snapshot();
    let engine = open(&disk).await;
    let run = engine.handle::<Script>("a").await.unwrap();
    assert_eq!(run.query::<Vec<String>>("approvals", ()).await.unwrap(), ["ann"]);
    assert!(matches!(run.result().await, Err(RunError::Terminated { .. })));
    assert_eq!(engine.recovered(), 0);
    let record = fold(&WorkflowType::of::<Script>(), &log(&disk, run.run())).unwrap();
    assert!(is_stored_as(&disk, run.run(), &record));
}
