//! Attempts and their users at their worst: the engine answers each of them, and goes on.

use std::time::Duration;

use longhaul::RetryPolicy;
use longhaul::activity::{Cancellation, TimedOut, Timeout};
use longhaul::error::CompletionError;
use longhaul::prelude::*;
use longhaul::store::{MemoryDisk, Table};
use longhaul::testing::TestEngine;

use super::{BEGIN, JobError, Notes, job, one, outcome, settled, wide};

/// Calls [`job`] with timeouts of this length, and waits of it between the attempts.
#[workflow]
pub(crate) async fn all_of(_ctx: &Context, length: Duration) -> Result<u64, ActivityError<JobError>> {
    let policy = RetryPolicy {
        initial: length,
        coefficient: f64::INFINITY,
        jitter: 1e-17,
        max_attempts: Some(2),
        ..RetryPolicy::default()
    };
    let call = job(1).start_to_close(length).schedule_to_start(length).heartbeat(length).retry(policy);
    call.schedule_to_close(length.saturating_mul(2)).await
}

async fn with_all_of(length: Duration, fails: bool) -> Result<u64, String> {
    let engine = TestEngine::builder()
        .workflow::<all_of>()
        .mock_async::<job, _, _>(move |ctx, _| async move {
            ctx.sleep(seconds(1)).await;
            if fails { Err(JobError::Odd(2)) } else { Ok(4) }
        })
        .start_time(BEGIN)
        .build()
        .await
        .unwrap();
    let run = engine.start::<all_of>(length).await.unwrap();
    run.result().await.map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn timeouts_of_nothing_and_of_centuries_are_what_they_say() {
    let none = with_all_of(Duration::ZERO, false).await.unwrap_err();
    assert!(none.contains("TimedOut"), "{none}");
    assert_eq!(with_all_of(Duration::MAX, false).await, Ok(4));
    // The second attempt would be at the end of time, when the call has timed out.
    let late = with_all_of(Duration::MAX, true).await.unwrap_err();
    assert!(late.contains("Odd(2)"), "{late}");
}

#[tokio::test]
async fn jitter_shortens_waits_and_no_more() {
    let mut waits = Vec::new();
    for run in 0..20 {
        let engine = TestEngine::builder()
            .workflow::<jittered>()
            .mock::<job>(|_| Err(JobError::Odd(2)))
            .start_time(BEGIN)
            .build()
            .await
            .unwrap();
        let jittered = engine.start::<jittered>(()).id(format!("run {run}")).await.unwrap();
        assert!(jittered.result().await.is_err());
        waits.push(engine.now().await.unwrap().since(BEGIN));
    }
    assert!(waits.iter().all(|wait| (seconds(5)..=seconds(10)).contains(wait)), "{waits:?}");
    let distinct: std::collections::BTreeSet<_> = waits.iter().collect();
    assert!(distinct.len() > 15, "{waits:?}");
    let (early, late) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    assert!(*early < seconds(7) && *late > seconds(8), "{waits:?}");
}

#[workflow]
pub(crate) async fn jittered(_ctx: &Context) -> Result<u64, ActivityError<JobError>> {
    let policy =
        RetryPolicy { initial: seconds(10), jitter: 0.5, max_attempts: Some(2), ..RetryPolicy::default() };
    job(1).retry(policy).await
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(5_u8);
        }
    }
}

#[tokio::test]
async fn panics_of_any_kind_are_attempts_that_failed() {
    let (result, _) = outcome(|ctx, _| async move {
        match ctx.attempt {
            1 => std::panic::panic_any(vec![1, 2]),
            2 => {
                let _dropped = PanicsWhenDropped;
                tokio::task::yield_now().await;
                Ok(1)
            }
            attempt => Ok(u64::from(attempt)),
        }
    })
    .await;
    assert_eq!(result, Ok(3));
    // Before there is a future.
    let (result, _) = outcome(|ctx, _| {
        assert!(ctx.attempt > 1, "at once");
        async { Ok(2) }
    })
    .await;
    assert_eq!(result, Ok(2));
    // As it is given up.
    let (result, _) = outcome(|ctx, _| async move {
        let _dropped = (ctx.attempt == 1).then(|| PanicsWhenDropped);
        if ctx.attempt == 1 {
            ctx.sleep(hours(1)).await;
        }
        Ok(3)
    })
    .await;
    assert_eq!(result, Ok(3));
}

/// An engine whose [`job`] hands out its context and token, and does then what it is told.
async fn showing(shown: &Notes<(ActivityContext, String)>, later: bool, disk: &MemoryDisk) -> TestEngine {
    let shown = shown.clone();
    TestEngine::builder()
        .workflow::<one>()
        .workflow::<waited>()
        .mock_async::<job, _, _>(move |ctx, _| {
            shown.add((ctx.clone(), ctx.token()));
            async move { if later { ctx.complete_later().await } else { Ok(5) } }
        })
        .mock::<wide>(|(number,)| Ok(number))
        .start_time(BEGIN)
        .disk(disk.clone())
        .build()
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_told_of_an_attempt_after_its_end_is_refused_or_goes_nowhere() {
    let (shown, disk) = (Notes::new(), MemoryDisk::new());
    let engine = showing(&shown, false, &disk).await;
    let run = engine.start::<one>(1).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 5);
    let (ctx, token) = shown.all().remove(0);
    let commits = disk.commits();
    for _ in 0..3 {
        ctx.heartbeat(&"late");
    }
    settled(&engine).await;
    assert_eq!(disk.commits(), commits, "nothing is written for it");
    for error in [
        engine.complete::<job>(&token, &9).await.unwrap_err(),
        engine.fail::<job>(&token, &JobError::Broken).await.unwrap_err(),
        engine.heartbeat(&token, &"late").await.unwrap_err(),
    ] {
        assert!(matches!(error, CompletionError::Ended), "{error}");
    }
    drop((run, engine));
    // Nor is it heard by another engine, or by none.
    ctx.heartbeat(&"late");
    assert!(!ctx.is_cancelled());
    let engine = showing(&shown, false, &disk).await;
    assert!(engine.complete::<job>(&token, &9).await.is_err());
}

#[tokio::test]
async fn a_token_counts_once_and_a_forged_one_does_not() {
    let (shown, disk) = (Notes::new(), MemoryDisk::new());
    let engine = showing(&shown, true, &disk).await;
    let run = engine.start::<one>(1).await.unwrap();
    shown.reach(1).await;
    settled(&engine).await;
    let (_, token) = shown.all().remove(0);
    let (head, secret) = token.rsplit_once('-').unwrap();
    let other = |c: char| if c == '0' { '1' } else { '0' };
    let forged: String = secret.chars().map(other).collect();
    let next_attempt = token.replacen("-1-", "-2-", 1);
    for forged in [format!("{head}-{forged}"), next_attempt, format!("{head}-{}", secret.to_uppercase())] {
        if forged != token {
            let error = engine.complete::<job>(&forged, &1).await.unwrap_err();
            assert!(matches!(error, CompletionError::Stale | CompletionError::Ended), "{forged}: {error}");
        }
    }
    for nonsense in ["", "-", "1-1-1-", &"9".repeat(100_000), &format!("{token}-"), &format!(" {token}")] {
        let error = engine.complete::<job>(nonsense, &1).await.unwrap_err();
        assert!(matches!(error, CompletionError::NoToken), "{error}");
    }
    // Two at once: one of them counts.
    let (seven, eight) = (7, 8);
    let (first, second) =
        tokio::join!(engine.complete::<job>(&token, &seven), engine.complete::<job>(&token, &eight));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_eq!(run.result().await.unwrap(), if first.is_ok() { 7 } else { 8 });
}

/// Cancels a call that is completed later, and waits for it.
#[workflow]
pub(crate) async fn waited(ctx: &Context, how: Cancellation) -> String {
    let task = ctx.spawn(async move { format!("{:?}", job(1).cancellation(how).await) });
    ctx.sleep(seconds(1)).await;
    task.cancel();
    let told = task.await.unwrap_or_else(|_| "given up".to_owned());
    // Other calls have their turn.
    format!("{told}, {:?}", wide(3).await)
}

#[tokio::test]
async fn one_that_is_completed_later_and_cancelled_meanwhile_is_completed_if_it_is_waited_for() {
    let (shown, disk) = (Notes::new(), MemoryDisk::new());
    let engine = showing(&shown, true, &disk).await;
    let run = engine.start::<waited>(Cancellation::TryCancel).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "Err(Cancelled), Ok(3)");
    let (_, token) = shown.all().remove(0);
    let late = engine.complete::<job>(&token, &1).await.unwrap_err();
    assert!(matches!(late, CompletionError::Ended), "{late}");
    assert!(disk.rows(Table::Tasks).is_empty());
    // One that is waited for is told, and what it comes to counts.
    let (shown, disk) = (Notes::new(), MemoryDisk::new());
    let engine = showing(&shown, true, &disk).await;
    let run = engine.start::<waited>(Cancellation::WaitCompleted).await.unwrap();
    shown.reach(1).await;
    settled(&engine).await;
    let (_, token) = shown.all().remove(0);
    assert!(!engine.heartbeat(&token, &"before").await.unwrap());
    engine.advance(seconds(2)).await.unwrap();
    drop((run, engine));
    let engine = showing(&shown, true, &disk).await;
    assert!(engine.heartbeat(&token, &"after").await.unwrap(), "it was told, also after a restart");
    engine.complete::<job>(&token, &1).await.unwrap();
    assert!(matches!(engine.complete::<job>(&token, &2).await, Err(CompletionError::Ended)));
    // One that was abandoned still does, though nobody sees it.
    let (shown, disk) = (Notes::new(), MemoryDisk::new());
    let engine = showing(&shown, true, &disk).await;
    let run = engine.start::<waited>(Cancellation::Abandon).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "Err(Cancelled), Ok(3)");
    let (_, token) = shown.all().remove(0);
    engine.complete::<job>(&token, &1).await.unwrap();
    assert!(disk.rows(Table::Tasks).is_empty());
}

#[tokio::test]
async fn a_shutdown_while_attempts_are_in_all_states_loses_none_of_them() {
    let (shown, disk) = (Notes::new(), MemoryDisk::new());
    let engine = showing(&shown, true, &disk).await;
    let run = engine.start::<one>(1).id("later").await.unwrap();
    shown.reach(1).await;
    settled(&engine).await;
    let asked = longhaul::Engine::clone(&engine);
    drop((run, engine));
    asked.shutdown_after(days(3)).await.unwrap();
    let engine = showing(&shown, true, &disk).await;
    let (_, token) = shown.all().remove(0);
    engine.complete::<job>(&token, &6).await.unwrap();
    assert_eq!(engine.handle::<one>("later").await.unwrap().result().await.unwrap(), 6);
    assert_eq!(shown.all().len(), 1, "it is not begun again");
}

#[tokio::test]
async fn the_last_timeout_of_a_silent_attempt_at_its_limit_ends_the_call() {
    let (result, time) = outcome(|ctx, _| async move {
        ctx.sleep(days(400)).await;
        Ok(0)
    })
    .await;
    let expected = TimedOut::new(Timeout::Heartbeat, seconds(5));
    // 4 attempts of 5 s, and 1 + 2 + 4 s between them.
    assert_eq!((result, time), (Err(ActivityError::TimedOut(expected)), seconds(27)));
}
