//! Updates: accepted or without a trace, answered once, through crashes.

use std::time::Duration;

use longhaul::core::{WorkflowType, fold};
use longhaul::engine::RunStatus;
use longhaul::error::{EngineError, UpdateError};
use longhaul::store::{CommitFault, EventRecord, MemoryDisk, ParkReason, Table};
use longhaul::{Engine, RunHandle, Update};

use crate::ledger::{Ledger, Mode};
use crate::script::{Work, lower, raise};
use crate::support::{Notes, builder, is_stored_as, log, no_attempt_runs};

type Run = RunHandle<Ledger>;

async fn open(disk: &MemoryDisk) -> Engine {
    builder().workflow::<Ledger>().open_store(disk.store()).await.expect("the engine opens")
}

/// An engine whose [`Work`] never ends.
async fn open_stuck(disk: &MemoryDisk) -> Engine {
    let stuck = builder().workflow::<Ledger>().play::<Work, _, _>(|_, _| std::future::pending());
    stuck.open_store(disk.store()).await.expect("the engine opens")
}

async fn start(engine: &Engine, mode: Mode) -> Run {
    engine.start::<Ledger>(mode).id("a").await.expect("the run starts")
}

async fn find(engine: &Engine) -> Run {
    engine.handle::<Ledger>("a").await.expect("the run is there")
}

fn add(run: &Run, number: u64) -> Update<u64, String> {
    run.try_update("add", (number,))
}

fn add_later(run: &Run, number: u64) -> Update<u64, String> {
    run.try_update("add_later", (number,))
}

async fn entries(run: &Run) -> Vec<u64> {
    run.query("entries", ()).await.expect("the query is answered")
}

/// What is left of it: events in the log, rows.
fn traces(disk: &MemoryDisk, run: &Run) -> (usize, usize) {
    let is_update = |event: &&EventRecord| matches!(event, EventRecord::Update { .. });
    let events = log(disk, run.run()).iter().flat_map(|entry| &entry.events).filter(is_update).count();
    (events, disk.rows(Table::Updates).len() + disk.rows(Table::Answers).len())
}

fn folds(disk: &MemoryDisk, run: &Run) {
    let record = fold(&WorkflowType::of::<Ledger>(), &log(disk, run.run())).expect("the log folds");
    assert!(is_stored_as(disk, run.run(), &record));
}

#[tokio::test]
async fn an_update_changes_the_run_and_gives_the_result_of_its_handler() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    assert_eq!(add(&run, 3).await.unwrap(), 3);
    assert_eq!(add(&run, 4).await.unwrap(), 7);
    assert_eq!(run.update::<usize>("count", ()).await.unwrap(), 2);
    // Accepted, and refused by the handler itself: that is an event like any other.
    let error = add(&run, 2_000).await.unwrap_err();
    assert!(matches!(error, UpdateError::Failed(reason) if reason == "2000 is too large"));
    assert_eq!(traces(&disk, &run), (4, 8));
    folds(&disk, &run);
    assert_eq!(entries(&run).await, [3, 4]);
}

#[tokio::test]
async fn what_its_validator_refuses_leaves_no_trace() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    add(&run, 3).await.unwrap();
    let (commits, before) = (disk.commits(), traces(&disk, &run));
    let error = add(&run, 3).id("again").await.unwrap_err();
    assert!(matches!(error, UpdateError::Rejected(reason) if reason == "3 is there already"));
    assert_eq!((disk.commits(), traces(&disk, &run)), (commits, before));
    // So its id is free.
    assert_eq!(add(&run, 4).id("again").await.unwrap(), 7);
    folds(&disk, &run);
}

#[tokio::test]
async fn unknown_names_and_other_arguments_are_refused_before_they_get_in() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    let commits = disk.commits();
    let unknown = run.update::<u64>("ad", (1,)).await.unwrap_err();
    assert!(matches!(unknown, UpdateError::Handler(_)) && unknown.to_string().contains("add_later"));
    let wrong = run.update::<u64>("add", ("three",)).await.unwrap_err();
    assert!(matches!(wrong, UpdateError::Handler(_)));
    for id in [String::new(), "x".repeat(1_025)] {
        assert!(matches!(add(&run, 1).id(id).await.unwrap_err(), UpdateError::BadId { .. }));
    }
    assert_eq!(disk.commits(), commits);
    assert_eq!(traces(&disk, &run), (0, 0));
}

#[tokio::test]
async fn the_same_id_is_the_same_update() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    // At once: the engine may have both in one turn or not.
    let (one, other) = tokio::join!(async { add(&run, 3).id("x").await.unwrap() }, async {
        add(&run, 3).id("x").await.unwrap()
    },);
    assert_eq!((one, other), (3, 3));
    assert_eq!(add(&run, 3).id("x").await.unwrap(), 3);
    let other = add(&run, 4).id("x").await.unwrap_err();
    assert!(matches!(other, UpdateError::IdInUse { difference: "other arguments", .. }), "{other}");
    let other = add_later(&run, 3).id("x").await.unwrap_err();
    assert!(matches!(other, UpdateError::IdInUse { difference: "another name", .. }), "{other}");
    assert_eq!(entries(&run).await, [3]);

    // After a crash, and after the run has ended.
    let engine = open(&disk.snapshot()).await;
    let run = find(&engine).await;
    assert_eq!(add(&run, 3).id("x").await.unwrap(), 3);
    run.signal("close", ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), [3]);
    assert_eq!(add(&run, 3).id("x").await.unwrap(), 3);
    assert!(matches!(add(&run, 4).id("y").await.unwrap_err(), UpdateError::Closed { id } if id == "a"));
}

#[tokio::test]
async fn g1_an_accepted_update_is_done_after_a_crash() {
    let disk = MemoryDisk::new();
    let engine = open_stuck(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    let accepted = add_later(&run, 3).id("x").accepted().await.unwrap();
    assert_eq!(accepted.id(), "x");
    let disk = disk.snapshot();

    let engine = open(&disk).await;
    let run = find(&engine).await;
    assert_eq!(add_later(&run, 3).id("x").await.unwrap(), 30);
    assert_eq!(add_later(&run, 3).id("x").accepted().await.unwrap().result().await.unwrap(), 30);
    assert_eq!(entries(&run).await, [30]);
    assert_eq!(traces(&disk, &run), (1, 2));
    folds(&disk, &run);
}

#[tokio::test]
async fn a_commit_that_fails_accepts_nothing() {
    for fault in [CommitFault::Lost, CommitFault::AppliedButReported] {
        let disk = MemoryDisk::new();
        let engine = open(&disk).await;
        let run = start(&engine, Mode::Plain).await;
        disk.fail_commit(0, fault);
        let error = add(&run, 3).id("x").await.unwrap_err();
        assert!(matches!(error, UpdateError::Engine(EngineError::Poisoned(_))), "{error}");
        drop((run, engine));
        // Whoever asks again has it done once in all.
        let engine = open(&disk).await;
        let run = find(&engine).await;
        assert_eq!(add(&run, 3).id("x").await.unwrap(), 3, "{fault:?}");
        assert_eq!(entries(&run).await, [3], "{fault:?}");
    }
}

#[tokio::test]
async fn a_run_that_ends_fails_the_updates_that_are_not_done() {
    let disk = MemoryDisk::new();
    let engine = open_stuck(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    let accepted = add_later(&run, 3).id("x").accepted().await.unwrap();
    let waiting = tokio::spawn({
        let run = run.clone();
        async move { add_later(&run, 3).id("x").await }
    });
    tokio::task::yield_now().await;
    run.signal("close", ()).await.unwrap();
    assert!(run.result().await.unwrap().is_empty());
    let unfinished = |error| matches!(error, UpdateError::Unfinished { update, .. } if update == "x");
    assert!(unfinished(waiting.await.unwrap().unwrap_err()));
    assert!(unfinished(accepted.result().await.unwrap_err()));
    no_attempt_runs(&engine).await; // the activity of the handler is told
    let engine = open(&disk.snapshot()).await;
    assert!(unfinished(add_later(&find(&engine).await, 3).id("x").await.unwrap_err()));
}

#[tokio::test]
async fn a_run_that_waits_for_its_handlers_finishes_them() {
    let engine = open(&MemoryDisk::new()).await;
    let run = start(&engine, Mode::Patient).await;
    let accepted = add_later(&run, 3).accepted().await.unwrap();
    run.signal("close", ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), [30]);
    assert_eq!(accepted.result().await.unwrap(), 30);
}

#[tokio::test]
async fn an_update_that_cannot_be_handled_is_not_accepted_and_harms_nobody() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    raise("update");
    let before = (disk.commits(), traces(&disk, &run));
    let error = run.update::<()>("panic_while", ("update",)).id("x").await.unwrap_err();
    let panicked = matches!(&error, UpdateError::NotHandled { reason: ParkReason::Panic { .. }, .. });
    assert!(panicked, "{error}");
    let error = run.update::<()>("validator_panics_while", ("update",)).await.unwrap_err();
    assert!(matches!(error, UpdateError::Panicked { .. }), "{error}");
    assert_eq!((disk.commits(), traces(&disk, &run)), before);
    assert_eq!(run.describe().await.unwrap().status, RunStatus::Open);
    lower("update");
    run.update::<()>("panic_while", ("update",)).id("x").await.unwrap();
    assert_eq!(entries(&run).await, [0]);
    folds(&disk, &run);
}

#[tokio::test]
async fn a_parked_run_takes_no_update_and_goes_on_with_those_it_had() {
    let disk = MemoryDisk::new();
    let engine = open_stuck(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    add_later(&run, 3).id("x").accepted().await.unwrap();
    raise("parked update");
    run.signal("signal_panics_while", ("parked update",)).await.unwrap();
    while run.describe().await.unwrap().status != RunStatus::Parked {}
    let before = (disk.commits(), traces(&disk, &run));
    let error = add(&run, 1).await.unwrap_err();
    assert!(matches!(error, UpdateError::Parked { reason: ParkReason::Panic { .. }, .. }), "{error}");
    assert_eq!((disk.commits(), traces(&disk, &run)), before);

    // Under virtual time nobody waits for what nothing drives on.
    let disk = disk.snapshot();
    let engine = open(&disk).await;
    let run = find(&engine).await;
    let error = add_later(&run, 3).id("x").await.unwrap_err();
    assert!(matches!(error, UpdateError::Parked { .. }), "{error}");
    lower("parked update");
    engine.redrive("a").await.unwrap();
    assert_eq!(add_later(&run, 3).id("x").await.unwrap(), 30);
    assert_eq!(add(&run, 1).await.unwrap(), 31);
    folds(&disk, &run);
}

#[tokio::test]
async fn a_parked_run_that_can_go_on_again_is_driven_by_an_update() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, Mode::Plain).await;
    raise("fixed");
    run.signal("signal_panics_while", ("fixed",)).await.unwrap();
    while run.describe().await.unwrap().status != RunStatus::Parked {}
    lower("fixed");
    let engine = open(&disk.snapshot()).await;
    assert_eq!(add(&find(&engine).await, 5).await.unwrap(), 5);
}

#[tokio::test]
async fn virtual_time_passes_while_an_update_is_awaited() {
    let calls = Notes::new();
    let noted = calls.clone();
    let flaky = builder().workflow::<Ledger>().play::<Work, _, _>(move |ctx, (n,)| {
        noted.add(ctx.attempt);
        async move { if ctx.attempt == 1 { Err("not yet".to_owned()) } else { Ok(n) } }
    });
    let engine = flaky.open_store(MemoryDisk::new().store()).await.unwrap();
    let run = start(&engine, Mode::Plain).await;
    let before = engine.now().await.unwrap();
    assert_eq!(add_later(&run, 7).await.unwrap(), 7);
    assert_eq!(calls.all(), [1, 2]);
    assert_eq!(engine.now().await.unwrap(), before.after(Duration::from_millis(100)));
}
