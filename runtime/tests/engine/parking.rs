//! Runs that cannot go on as things are.

use longhaul::Engine;
use longhaul::engine::{Clock, RunStatus};
use longhaul::error::{QueryError, RedriveError, SignalError};
use longhaul::machine::OpId;
use longhaul::store::{MemoryDisk, ParkReason, Table, TaskId};

use crate::script::{Do, Extra, Work, lower, raise};
use crate::support::{Run, START, approvals, approve, builder, find, open, start};

async fn parked(run: &Run) -> ParkReason {
    loop {
        let description = run.describe().await.unwrap();
        match description.status {
            RunStatus::Parked => return description.parked.expect("a parked run says why"),
            RunStatus::Open => tokio::task::yield_now().await,
            closed => panic!("it is {closed:?}"),
        }
    }
}

#[tokio::test]
async fn a_parked_run_takes_signals_which_survive_and_are_handled_when_it_is_driven_again() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    raise("inbox");
    let run = start(&engine, "a", [Do::Approvals(1), Do::PanicWhile("inbox".into()), Do::Call(1)]).await;
    approve(&run, "ann").await;
    assert!(matches!(parked(&run).await, ParkReason::Panic { .. }));
    approve(&run, "bob").await;
    assert_eq!(approvals(&run).await, ["ann", "bob"]);
    let error = engine.redrive("a").await.unwrap_err();
    assert!(matches!(error, RedriveError::StillParked { reason: ParkReason::Panic { .. }, .. }));

    let engine = open(&disk.snapshot()).await;
    let run = find(&engine, "a").await;
    assert_eq!(run.describe().await.unwrap().unread, 2);
    lower("inbox");
    engine.redrive("a").await.unwrap();
    assert_eq!(run.result().await.unwrap(), [10]);
    assert_eq!(approvals(&run).await, ["ann", "bob"]);
}

#[tokio::test]
async fn a_run_whose_first_step_panics_is_started_and_parked() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    raise("first");
    let run = start(&engine, "a", [Do::PanicWhile("first".into()), Do::Call(1)]).await;
    parked(&run).await;
    assert!(approvals(&run).await.is_empty());
    approve(&run, "ann").await;
    lower("first");
    // In a new engine the next thing that happens to it drives it.
    let engine = open(&disk.snapshot()).await;
    let run = find(&engine, "a").await;
    approve(&run, "bob").await;
    assert_eq!(run.result().await.unwrap(), [10]);
    assert_eq!(approvals(&run).await, ["ann", "bob"]);
}

#[tokio::test]
async fn a_signal_handler_that_panics_parks_the_run_and_the_signal_is_not_lost() {
    let engine = open(&MemoryDisk::new()).await;
    raise("handler");
    let run = start(&engine, "a", [Do::Approvals(3)]).await;
    approve(&run, "ann").await;
    run.signal("panic_while", ("handler",)).await.unwrap();
    parked(&run).await;
    approve(&run, "bob").await;
    assert_eq!(approvals(&run).await, ["ann"], "what comes behind the bad signal is not handled yet");
    lower("handler");
    engine.redrive("a").await.unwrap();
    assert!(run.result().await.unwrap().is_empty());
    assert_eq!(approvals(&run).await, ["ann", "no handler", "bob"]);
}

#[tokio::test]
async fn a_call_of_an_unregistered_activity_parks_the_run_until_an_engine_has_it() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Call(1), Do::CallExtra(1)]).await;
    assert_eq!(parked(&run).await, ParkReason::UnknownActivity { activity: "extra".into() });
    engine.redrive("a").await.unwrap_err();
    let engine = builder().activity::<Extra>().open_store(disk.snapshot().store()).await.unwrap();
    engine.redrive("a").await.unwrap();
    assert_eq!(find(&engine, "a").await.result().await.unwrap(), [10, 2]);
}

#[tokio::test]
async fn a_pending_call_of_an_activity_that_the_next_engine_lacks_parks_the_run_until_one_has_it() {
    let disk = MemoryDisk::new();
    let engine =
        builder().play::<Extra, _, _>(|_, _| std::future::pending()).open_store(disk.store()).await.unwrap();
    start(&engine, "a", [Do::CallExtra(1)]).await;
    let disk = disk.snapshot();
    for _ in 0..2 {
        let engine = open(&disk).await;
        let run = find(&engine, "a").await;
        assert_eq!(parked(&run).await, ParkReason::UnknownActivity { activity: "extra".into() });
        engine.redrive("a").await.unwrap_err();
        assert_eq!(run.describe().await.unwrap().transitions, 2, "it is parked once");
    }
    let engine = builder().activity::<Extra>().open_store(disk.store()).await.unwrap();
    assert_eq!(find(&engine, "a").await.result().await.unwrap(), [2]);
}

#[tokio::test]
async fn a_run_of_an_unregistered_workflow_is_parked_when_something_happens_to_it() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    start(&engine, "a", [Do::Sleep(1_000), Do::Call(1)]).await;
    engine.shutdown().await.unwrap();

    let without = || Engine::builder().activity::<Work>().clock(Clock::virtual_from(START));
    let engine = without().open_store(disk.store()).await.unwrap();
    engine.advance(std::time::Duration::from_secs(2)).await.unwrap();
    let run = find(&engine, "a").await;
    assert_eq!(parked(&run).await, ParkReason::UnknownWorkflow { workflow: "Script".into() });
    let error = run.query::<Vec<String>>("approvals", ()).await.unwrap_err();
    assert!(matches!(error, QueryError::Unreadable { .. }), "{error}");
    engine.shutdown().await.unwrap();

    let engine = open(&disk).await;
    engine.redrive("a").await.unwrap();
    assert_eq!(find(&engine, "a").await.result().await.unwrap(), [10]);
}

#[tokio::test]
async fn a_pending_call_whose_row_is_damaged_parks_its_run_and_is_kept() {
    let disk = MemoryDisk::new();
    let engine =
        builder().play::<Work, _, _>(|_, _| std::future::pending()).open_store(disk.store()).await.unwrap();
    let run = start(&engine, "a", [Do::Call(1)]).await;
    let disk = disk.snapshot();
    let key = TaskId { run: run.run(), op: OpId(0) }.key();
    disk.write(Table::Tasks, &key, Some(&[1, 2, 3]));

    let engine = open(&disk).await;
    let run = find(&engine, "a").await;
    assert!(matches!(parked(&run).await, ParkReason::Damaged { .. }));
    engine.redrive("a").await.unwrap_err();
    assert_eq!(disk.read(Table::Tasks, &key), Some(vec![1, 2, 3]));
}

#[tokio::test]
async fn a_wrong_signal_or_query_reaches_the_caller_and_leaves_no_trace() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Approvals(1)]).await;
    let commits = disk.commits();
    let unknown = run.signal("aprove", ("ann",)).await.unwrap_err();
    assert!(matches!(&unknown, SignalError::Handler(_)));
    assert!(unknown.to_string().contains("aprove"));
    let wrong = run.signal("approve", (7,)).await.unwrap_err();
    assert!(matches!(wrong, SignalError::Handler(_)));
    let unknown = run.query::<()>("aprovals", ()).await.unwrap_err();
    assert!(matches!(unknown, QueryError::Handler(_)));
    let panicked = run.query::<()>("panics", ()).await.unwrap_err();
    assert!(matches!(panicked, QueryError::Panicked { .. }));
    assert_eq!(disk.commits(), commits);
    assert_eq!(run.describe().await.unwrap().status, RunStatus::Open);
}
