//! How an engine says that it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use longhaul::engine::{Degraded, EngineBuilder, Health};
use longhaul::prelude::*;
use longhaul::store::{CommitFault, MemoryDisk, Table};
use longhaul::{Engine, EngineError};

use crate::gate::gated;
use crate::script::{Do, Script, Work, lower, raise};
use crate::support::{approve, builder, find, open, start};

fn reasons(engine: &Engine) -> Vec<Degraded> {
    match engine.health() {
        Health::Ready => Vec::new(),
        Health::Degraded(reasons) => {
            assert!(!reasons.is_empty());
            reasons
        }
        other => panic!("{other}"),
    }
}

/// What the engine says of a turn is seen after it.
async fn settled(engine: &Engine) -> Vec<Degraded> {
    for _ in 0..2 {
        engine.now().await.unwrap();
    }
    reasons(engine)
}

#[tokio::test]
async fn parked_runs_are_counted_exactly_also_after_a_restart() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    assert!(settled(&engine).await.is_empty());
    raise("health");
    for id in ["a", "b", "c"] {
        start(&engine, id, [Do::PanicWhile("health".into()), Do::Approvals(1)]).await;
    }
    start(&engine, "d", [Do::Approvals(1)]).await;
    assert_eq!(settled(&engine).await, [Degraded::ParkedRuns { runs: 3 }]);
    // A signal to one, and a try in vain, change nothing.
    approve(&find(&engine, "a").await, "ann").await;
    engine.redrive("a").await.unwrap_err();
    assert_eq!(settled(&engine).await, [Degraded::ParkedRuns { runs: 3 }]);
    find(&engine, "b").await.terminate("enough").await.unwrap();
    assert_eq!(settled(&engine).await, [Degraded::ParkedRuns { runs: 2 }]);
    assert_eq!(engine.health().to_string(), "degraded: runs are parked: 2");

    let engine = open(&disk.snapshot()).await;
    assert_eq!(reasons(&engine), [Degraded::ParkedRuns { runs: 2 }], "at once after the open");
    lower("health");
    engine.redrive("a").await.unwrap();
    approve(&find(&engine, "c").await, "bob").await;
    assert!(settled(&engine).await.is_empty());
    assert_eq!(engine.health().to_string(), "ready");
}

fn scripts() -> EngineBuilder {
    Engine::builder().workflow::<Script>().activity::<Work>()
}

#[tokio::test]
async fn a_commit_that_takes_long_and_a_full_queue_are_seen_while_they_last() {
    let disk = MemoryDisk::new();
    let slow = Duration::from_millis(5);
    let (engine, gate) = gated(scripts().slow_after(slow).max_queue(3), &disk).await;
    let run = start(&engine, "a", [Do::Approvals(20)]).await;
    gate.set(true);
    let mut all = tokio::task::JoinSet::new();
    for n in 0..20 {
        let run = run.clone();
        all.spawn(async move { run.signal("approve", (n.to_string(),)).await.unwrap() });
    }
    let (mut is_slow, mut is_full) = (false, false);
    while !is_slow || !is_full {
        tokio::task::yield_now().await;
        for reason in reasons(&engine) {
            match reason {
                Degraded::SlowCommit { time } => is_slow = time >= slow,
                Degraded::QueueFull { requests } => is_full = requests == 3,
                // The first turn, before its commit.
                other => assert!(matches!(other, Degraded::SlowTurn { .. }), "{other}"),
            }
        }
    }
    gate.set(false);
    all.join_all().await;
    run.result().await.unwrap();
    let after = settled(&engine).await;
    assert!(!after.iter().any(|reason| matches!(reason, Degraded::QueueFull { .. })), "{after:?}");
    // It is told of for some time, and then not any more.
    while !reasons(&engine).is_empty() {
        tokio::task::yield_now().await;
    }
}

static BLOCKED: AtomicBool = AtomicBool::new(true);

/// Its code waits for what it should not.
#[workflow]
async fn blocks(ctx: &Context) {
    ctx.sleep(Duration::ZERO).await;
    block();
}

fn block() {
    while BLOCKED.load(Ordering::Acquire) {
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn workflow_code_that_does_not_come_back_is_seen() {
    let engine = Engine::builder().workflow::<blocks>().slow_after(Duration::from_millis(5));
    let engine = engine.open_in_memory().await.unwrap();
    let run = engine.start::<blocks>(()).await.unwrap();
    while !matches!(reasons(&engine)[..], [Degraded::SlowTurn { time }] if time.as_millis() >= 5) {
        std::thread::yield_now();
    }
    BLOCKED.store(false, Ordering::Release);
    run.result().await.unwrap();
    settled(&engine).await;
    assert!(reasons(&engine).is_empty());
}

#[tokio::test]
async fn damage_that_is_met_is_seen() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Sleep(1_000)]).await;
    engine.clone().shutdown().await.unwrap();
    disk.write(Table::Runs, &run.run().key(), Some(&[1, 2, 3]));
    let engine = open(&disk).await;
    engine.advance(Duration::from_secs(2)).await.unwrap();
    assert_eq!(settled(&engine).await, [Degraded::Damaged { times: 1 }]);
}

#[tokio::test]
async fn an_engine_that_has_stopped_says_why() {
    let engine = builder().open_in_memory().await.unwrap();
    engine.clone().shutdown().await.unwrap();
    assert!(matches!(engine.health(), Health::Stopped(EngineError::Closed)));

    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    disk.fail_commit(0, CommitFault::Full);
    engine.start::<Script>([Do::Approvals(1)].into()).await.unwrap_err();
    let Health::Stopped(why @ EngineError::Poisoned(_)) = engine.health() else { panic!() };
    assert_eq!(engine.health().to_string(), format!("stopped: {why}"));
}
