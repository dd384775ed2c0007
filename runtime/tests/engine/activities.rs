//! Activities: attempts, retries, timeouts, and calls that nobody waits for any more.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use longhaul::engine::{AttemptState, RunStatus, WaitingFor};
use longhaul::error::RunError;
use longhaul::store::{MemoryDisk, Table};
use longhaul::{Engine, Moment};

use crate::script::{Do, Script, Work};
use crate::support::{Notes, START, approve, builder, find, noting, open, record, start};

#[tokio::test]
async fn a_failed_attempt_is_tried_again_after_its_backoff_and_the_last_error_is_the_calls_own() {
    let attempts = Notes::new();
    let seen = attempts.clone();
    let engine = builder()
        .play::<Work, _, _>(move |ctx, _| {
            seen.add((ctx.attempt, ctx.idempotency_key()));
            async move { Err(format!("no {}", ctx.attempt)) }
        })
        .open_in_memory()
        .await
        .unwrap();
    let run = start(&engine, "a", [Do::Call(1)]).await;
    let error = run.result().await.unwrap_err();
    assert!(matches!(&error, RunError::Failed(text) if text == "the activity failed: no 3"), "{error}");
    let key = "a/0".to_owned();
    assert_eq!(attempts.all(), [(1, key.clone()), (2, key.clone()), (3, key)]);
    // 100 ms after the first attempt, 200 ms after the second.
    assert_eq!(run.describe().await.unwrap().updated, Moment(START.0 + 300_000));
}

#[tokio::test]
async fn attempts_and_backoff_go_on_after_a_restart_where_they_were() {
    let disk = MemoryDisk::new();
    let failing = |attempts: &Notes<u32>| {
        let seen = attempts.clone();
        builder().play::<Work, _, _>(move |ctx, _| {
            seen.add(ctx.attempt);
            async { Err("no".to_owned()) }
        })
    };
    let attempts = Notes::new();
    let engine = failing(&attempts).open_store(disk.store()).await.unwrap();
    let run = start(&engine, "a", [Do::Call(1)]).await;
    engine.advance(Duration::from_millis(150)).await.unwrap();
    let [waiting] = &run.describe().await.unwrap().waits_for[..] else { panic!("it waits for one") };
    let WaitingFor::Activity {
        attempt: 3,
        last_error: Some(error),
        state: AttemptState::Waiting { until },
        ..
    } = &waiting.what
    else {
        panic!("{waiting:?}")
    };
    assert_eq!((error.as_str(), *until), ("no", Moment(START.0 + 300_000)));
    drop((engine, run));

    let engine = failing(&attempts).open_store(disk.store()).await.unwrap();
    let run = find(&engine, "a").await;
    assert!(run.result().await.is_err());
    assert_eq!(attempts.all(), [1, 2, 3]);
    assert_eq!(run.describe().await.unwrap().updated, Moment(START.0 + 300_000));
}

#[tokio::test]
async fn a_panic_in_an_activity_is_an_attempt_that_failed() {
    let attempts = Arc::new(AtomicU32::new(0));
    let count = attempts.clone();
    let engine = builder()
        .play::<Work, _, _>(move |ctx, (n,)| {
            count.fetch_add(1, Ordering::Relaxed);
            async move {
                assert!(ctx.attempt > 1 && n == 1, "attempt {} at {n}", ctx.attempt);
                Ok(7)
            }
        })
        .open_in_memory()
        .await
        .unwrap();
    assert_eq!(start(&engine, "a", [Do::Call(1)]).await.result().await.unwrap(), [7]);
    let error = start(&engine, "b", [Do::Call(2)]).await.result().await.unwrap_err();
    assert_eq!(error.to_string(), "the run failed: the activity panicked: attempt 3 at 2");
    assert_eq!(attempts.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_given_up_and_tried_again() {
    let engine = Engine::builder()
        .workflow::<Script>()
        .play::<Work, _, _>(|ctx, _| async move {
            if ctx.attempt == 1 { pending().await } else { Ok(u64::from(ctx.attempt)) }
        })
        .open_in_memory()
        .await
        .unwrap();
    assert_eq!(start(&engine, "a", [Do::Call(1)]).await.result().await.unwrap(), [2]);
}

#[tokio::test]
async fn a_call_that_lost_a_race_is_cancelled_and_leaves_nothing_behind() {
    struct Dropped(Notes<&'static str>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.add("dropped");
        }
    }
    let (disk, notes) = (MemoryDisk::new(), Notes::new());
    let seen = notes.clone();
    let engine = Engine::builder()
        .workflow::<Script>()
        .play::<Work, _, _>(move |_, _| {
            seen.add("began");
            let guard = Dropped(seen.clone());
            async move {
                let _guard = guard;
                pending().await
            }
        })
        .open_store(disk.store())
        .await
        .unwrap();
    let run = start(&engine, "a", [Do::Race(1, 10), Do::Approvals(1)]).await;
    while run.describe().await.unwrap().state != "AwaitApprovals" {
        tokio::task::yield_now().await;
    }
    assert!(disk.rows(Table::Tasks).is_empty() && disk.rows(Table::Timers).is_empty());
    assert!(run.describe().await.unwrap().waits_for.is_empty());
    // On a slow machine the attempt may not have begun in time; then there is nothing to be dropped.
    while notes.all() == ["began"] {
        tokio::task::yield_now().await;
    }
    approve(&run, "ann").await;
    assert!(run.result().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_timer_that_lost_a_race_leaves_nothing_behind() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = start(&engine, "a", [Do::Race(1, 1_000), Do::Approvals(1)]).await;
    while run.describe().await.unwrap().state != "AwaitApprovals" {
        tokio::task::yield_now().await;
    }
    assert!(disk.rows(Table::Tasks).is_empty() && disk.rows(Table::Timers).is_empty());
    engine.advance(Duration::from_secs(5)).await.unwrap();
    assert_eq!(run.describe().await.unwrap().transitions, 2);
}

#[tokio::test]
async fn a_call_that_is_begun_and_dropped_in_one_step_is_never_made() {
    let (disk, calls) = (MemoryDisk::new(), Notes::new());
    let engine = noting(&calls).open_store(disk.store()).await.unwrap();
    let run = start(&engine, "a", [Do::BeginAndDrop(5), Do::Call(1)]).await;
    assert_eq!(run.result().await.unwrap(), [10]);
    assert_eq!(calls.all(), [1]);
    assert_eq!(record(&disk, run.run()).next_op, 2);
}

#[tokio::test]
async fn many_calls_at_once_come_back_in_order_of_the_calls() {
    let engine = open(&MemoryDisk::new()).await;
    let run = start(&engine, "a", [Do::CallAll((0..500).collect()), Do::Sleep(1)]).await;
    assert_eq!(run.result().await.unwrap(), (0..500).map(|n| n * 10).collect::<Vec<_>>());
    assert_eq!(run.describe().await.unwrap().status, RunStatus::Completed);
}

#[tokio::test]
async fn a_fan_out_of_thousands_survives_a_restart_and_each_call_is_made() {
    let disk = MemoryDisk::new();
    let engine =
        builder().play::<Work, _, _>(|_, _| std::future::pending()).open_store(disk.store()).await.unwrap();
    let run = start(&engine, "a", [Do::CallAll((0..5_000).collect())]).await;
    assert_eq!(run.describe().await.unwrap().waits_for.len(), 5_000);
    drop((run, engine));
    let engine = open(&disk).await;
    let run = find(&engine, "a").await;
    assert_eq!(run.result().await.unwrap(), (0..5_000).map(|n| n * 10).collect::<Vec<_>>());
    assert!(disk.rows(Table::Tasks).is_empty());
}
