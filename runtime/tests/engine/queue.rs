//! What waits for an engine that is busy: its askers, and what it commits at once.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use longhaul::engine::{EngineBuilder, ListFilter, RunStatus};
use longhaul::store::{CommitFault, MemoryDisk, RunNo, Table};
use longhaul::{Engine, EngineError, SignalError};

use crate::gate::gated;
use crate::script::{Do, Script, Work};
use crate::support::{Run, approvals, builder, find, open, start};

fn scripts() -> EngineBuilder {
    Engine::builder().workflow::<Script>().activity::<Work>()
}

fn asked_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn batches_that_wait_for_a_commit_are_committed_together() {
    let disk = MemoryDisk::new();
    let (engine, gate) = gated(scripts().max_batch(1), &disk).await;
    let run = start(&engine, "a", [Do::Approvals(12)]).await;
    gate.set(true);
    let mut all = tokio::task::JoinSet::new();
    for n in 0..12 {
        let mut signal = {
            let run = run.clone();
            Box::pin(async move { run.signal("approve", (n.to_string(),)).await })
        };
        assert!(asked_once(signal.as_mut()).is_pending());
        all.spawn(signal);
        if n == 0 {
            gate.wait();
        }
    }
    // The engine's thread itself waits for the first commit. The second it hands over, and goes on.
    gate.let_through();
    while engine.queued_requests() > 4 {
        tokio::task::yield_now().await;
    }
    gate.set(false);
    for answer in all.join_all().await {
        answer.unwrap();
    }
    run.result().await.unwrap();
    assert!(gate.most_together() > 1, "each had a commit of its own");
}

#[tokio::test]
async fn who_asks_a_busy_engine_waits_for_a_place_in_its_queue_and_all_are_answered() {
    let disk = MemoryDisk::new();
    let (engine, gate) = gated(scripts().max_queue(4), &disk).await;
    let run = start(&engine, "a", [Do::Approvals(50)]).await;
    gate.set(true);
    // Two commits are under way at most, with a request each; and the engine's thread waits for the first.
    let mut begun = Vec::new();
    for n in 0..50 {
        let run = run.clone();
        let mut signal = Box::pin(async move { run.signal("approve", (n.to_string(),)).await });
        assert!(asked_once(signal.as_mut()).is_pending());
        begun.push(signal);
        if n == 0 {
            gate.wait();
        }
        assert!(engine.queued_requests() <= 4);
    }
    let taken = || begun.len() - 4;
    assert_eq!((engine.queued_requests(), taken()), (4, 46), "the others are not sent");
    gate.set(false);
    let mut all = tokio::task::JoinSet::new();
    for signal in begun {
        all.spawn(signal);
    }
    for answer in all.join_all().await {
        answer.unwrap();
    }
    run.result().await.unwrap();
    assert_eq!(engine.queued_requests(), 0);
}

#[tokio::test]
async fn who_waits_for_a_place_is_answered_when_the_engine_ends_or_its_store_fails() {
    for fails in [false, true] {
        let disk = MemoryDisk::new();
        let (engine, gate) = gated(scripts().max_queue(2), &disk).await;
        let run = start(&engine, "a", [Do::Approvals(50)]).await;
        if fails {
            disk.fail_commit(0, CommitFault::Lost);
        }
        gate.set(true);
        let mut all = tokio::task::JoinSet::new();
        for n in 0..20 {
            let run = run.clone();
            all.spawn(async move { run.signal("approve", (n.to_string(),)).await });
        }
        while engine.queued_requests() < 2 {
            tokio::task::yield_now().await;
        }
        let mut ending = pin!(engine.clone().shutdown());
        assert!(asked_once(ending.as_mut()).is_pending());
        gate.set(false);
        let answers = all.join_all().await;
        let errors = answers.iter().filter_map(|answer| answer.as_ref().err());
        for error in errors.clone() {
            match error {
                SignalError::Engine(EngineError::Closed) if !fails => {}
                SignalError::Engine(EngineError::Poisoned(_)) if fails => {}
                other => panic!("{other}"),
            }
        }
        assert!(errors.count() > 0);
        assert_eq!(ending.await.is_err(), fails);
        let acknowledged = answers.iter().filter(|answer| answer.is_ok()).count();
        let engine = open(&disk).await;
        let handled = approvals(&find(&engine, "a").await).await.len();
        assert!(handled >= acknowledged && handled < 50, "{handled} {acknowledged}");
    }
}

/// Fills the queue with one signal to each of some runs, and gives the most transitions that were in a batch.
async fn most_in_a_batch(builder: EngineBuilder, text: &str) -> usize {
    let disk = MemoryDisk::new();
    let (engine, gate) = gated(builder, &disk).await;
    let mut runs: Vec<Run> = Vec::new();
    for n in 0..40 {
        runs.push(start(&engine, &n.to_string(), [Do::Approvals(1)]).await);
    }
    gate.set(true);
    let mut all = tokio::task::JoinSet::new();
    for (n, run) in runs.iter().enumerate() {
        let (run, text) = (run.clone(), text.to_owned());
        all.spawn(async move { run.signal("approve", (text,)).await.unwrap() });
        if n == 0 {
            // The engine commits it, and takes up nothing else meanwhile.
            tokio::task::yield_now().await;
            gate.wait();
        }
    }
    while engine.queued_requests() < 39 {
        tokio::task::yield_now().await;
    }
    gate.set(false);
    all.join_all().await;
    for run in &runs {
        run.result().await.unwrap();
    }
    gate.most(Table::Runs)
}

#[tokio::test]
async fn a_batch_has_so_many_requests_or_bytes_at_most() {
    assert!(most_in_a_batch(scripts(), "x").await > 10);
    assert_eq!(most_in_a_batch(scripts().max_batch(3), "x").await, 3);
    let text = "x".repeat(1_000);
    assert_eq!(most_in_a_batch(scripts().max_batch_bytes(2_500), &text).await, 3);
    // One that is larger by itself gets through.
    assert_eq!(most_in_a_batch(scripts().max_batch_bytes(10), &text).await, 1);
}

#[tokio::test]
async fn calls_that_are_due_at_once_are_taken_up_in_several_turns() {
    let disk = MemoryDisk::new();
    let never = builder().play::<Work, _, _>(|ctx, _| async move {
        ctx.sleep(Duration::from_hours(1)).await;
        Ok(0)
    });
    let (engine, gate) = gated(never, &disk).await;
    let run = start(&engine, "a", [Do::CallAll((0..3_000).collect())]).await;
    gate.forget();
    // All attempts time out, three times.
    assert_eq!(run.result().await.unwrap().len(), 3_000);
    assert!(gate.most(Table::Tasks) <= 1_024, "{}", gate.most(Table::Tasks));
}

#[tokio::test]
async fn timers_due_at_once_fire_in_bounded_batches() {
    let disk = MemoryDisk::new();
    let (engine, gate) = gated(builder().hot_runs(10), &disk).await;
    let mut all = tokio::task::JoinSet::new();
    for n in 0..2_500 {
        let engine = engine.clone();
        all.spawn(async move { drop(start(&engine, &n.to_string(), [Do::Sleep(1_000)]).await) });
    }
    all.join_all().await;
    gate.forget();
    engine.advance(Duration::from_secs(1)).await.unwrap();
    assert!(gate.most(Table::Timers) <= 1_024, "{}", gate.most(Table::Timers));
    assert!(engine.hot_runs() <= 10);
    let open = ListFilter { status: Some(RunStatus::Open), ..ListFilter::default() };
    assert!(engine.list(open).await.unwrap().runs.is_empty());
    assert_eq!(disk.rows(Table::Runs).len(), 2_500);
    assert!(disk.read(Table::Runs, &RunNo(2_499).key()).is_some());
}
