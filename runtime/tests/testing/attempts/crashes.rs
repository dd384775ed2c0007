//! A crash at each commit, with all kinds of rows that attempts leave: heartbeats, a cancellation that was told, a call that was
//! abandoned, one that is completed later.

use longhaul::activity::Cancellation;
use longhaul::prelude::*;
use longhaul::store::{CommitFault, MemoryDisk, Table};
use longhaul::testing::TestEngine;

use super::{BEGIN, JobError, Notes, job};

#[activity(start_to_close = "3d")]
pub(crate) async fn ask(ctx: ActivityContext) -> Result<u64, Failure> {
    ctx.complete_later().await
}

#[workflow]
pub(crate) async fn rows(ctx: &Context) -> Result<[u64; 4], Failure> {
    let beaten = job(1).await.unwrap_or(0);
    let told = ctx.spawn(async move {
        let call = job(2).cancellation(Cancellation::WaitCompleted).heartbeat(days(1));
        match call.start_to_close(hours(1)).schedule_to_close(hours(2)).await {
            Err(ActivityError::Cancelled) => 0,
            other => other.unwrap_or(99),
        }
    });
    ctx.sleep(seconds(1)).await;
    told.cancel();
    let told = told.await?;
    let left = ctx.spawn(async move { job(3).cancellation(Cancellation::Abandon).await });
    ctx.sleep(seconds(1)).await;
    left.cancel();
    let left = if left.await? == Err(ActivityError::Cancelled) { 3 } else { 0 };
    Ok([beaten, told, left, ask().await?])
}

async fn open(disk: &MemoryDisk, hot_runs: usize, tokens: &Notes<String>) -> TestEngine {
    let tokens = tokens.clone();
    TestEngine::builder()
        .workflow::<rows>()
        .mock_async::<job, _, _>(|ctx, (number,)| async move {
            let last = ctx.last_heartbeat::<u64>().unwrap();
            match number {
                // The first attempt tells how far it is, and fails.
                1 if ctx.attempt == 1 => {
                    ctx.heartbeat(&7);
                    Err(JobError::Odd(2))
                }
                1 => Ok(last.unwrap_or(0)),
                2 => {
                    ctx.sleep(minutes(10)).await;
                    Ok(5)
                }
                // Nobody waits for it any more when it is tried again.
                _ => {
                    ctx.sleep(seconds(4)).await;
                    if ctx.attempt < 3 { Err(JobError::Odd(4)) } else { Ok(0) }
                }
            }
        })
        .mock_async::<ask, _, _>(move |ctx, ()| {
            tokens.add(ctx.token());
            async move { ctx.complete_later().await }
        })
        .hot_runs(hot_runs)
        .disk(disk.clone())
        .start_time(BEGIN)
        .build()
        .await
        .unwrap()
}

/// A user who starts the run, answers what it asks, and waits until nothing is left to do. `None` means: open the engine again.
async fn use_it(disk: &MemoryDisk, hot_runs: usize) -> Option<[u64; 4]> {
    let tokens = Notes::new();
    let engine = open(disk, hot_runs, &tokens).await;
    let run = engine.start::<rows>(()).id("a").await.ok()?;
    for _ in 0..10_000 {
        for token in tokens.all() {
            // One that was used, or of an attempt that did not stand, is refused.
            let _ = engine.complete::<ask>(&token, &9).await;
        }
        engine.advance(minutes(4)).await.ok()?;
        let ended = run.describe().await.ok()?.status == longhaul::engine::RunStatus::Completed;
        if ended && disk.rows(Table::Tasks).is_empty() {
            return run.result().await.ok();
        }
        tokio::task::yield_now().await;
    }
    panic!("it does not end: {:?}", run.describe().await);
}

#[tokio::test]
async fn a_crash_at_any_commit_loses_no_heartbeat_cancellation_or_token() {
    for hot_runs in [10_000, 0] {
        let disk = MemoryDisk::new();
        assert_eq!(use_it(&disk, hot_runs).await, Some([7, 5, 3, 9]));
        let commits = disk.commits();
        assert!(commits >= 10, "{commits}");
        for fault in [CommitFault::Lost, CommitFault::AppliedButReported] {
            for crash in 0..commits {
                let disk = MemoryDisk::new();
                disk.fail_commit(crash, fault);
                let mut result = use_it(&disk, hot_runs).await;
                if result.is_none() {
                    result = use_it(&disk, hot_runs).await;
                }
                // What was told and then cut short is not made again.
                let right = [Some([7, 5, 3, 9]), Some([7, 0, 3, 9])];
                assert!(right.contains(&result), "{result:?}, {fault:?} at {crash}");
                assert!(disk.rows(Table::Timers).is_empty(), "{fault:?} at {crash}");
                let engine = open(&disk, hot_runs, &Notes::new()).await;
                let transitions = engine.history("a").await.unwrap().transitions.len();
                assert_eq!(engine.verify("a").await.unwrap(), transitions, "{fault:?} at {crash}");
            }
        }
    }
}
