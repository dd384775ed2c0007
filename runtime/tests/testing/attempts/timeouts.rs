//! How long attempts may take, and when another one is made.

use std::time::Duration;

use longhaul::RetryPolicy;
use longhaul::activity::{TimedOut, Timeout};
use longhaul::prelude::*;
use longhaul::testing::TestEngine;

use super::{BEGIN, JobError, job, outcome};

fn timed_out(timeout: Timeout, after: Duration) -> ActivityError<JobError> {
    ActivityError::TimedOut(TimedOut::new(timeout, after))
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_dropped_and_tried_again() {
    let (result, time) = outcome(|ctx, _| async move {
        for _ in 0..u32::from(ctx.attempt < 3) * 20 {
            ctx.heartbeat(&());
            ctx.sleep(seconds(1)).await;
        }
        Ok(u64::from(ctx.attempt))
    })
    .await;
    // 10 s, 1 s, 10 s, 2 s.
    assert_eq!((result, time), (Ok(3), seconds(23)));
}

#[tokio::test]
async fn a_silent_attempt_is_given_up_and_the_next_one_knows_how_far_it_came() {
    let (result, time) = outcome(|ctx, _| async move {
        let from: u64 = ctx.last_heartbeat().unwrap().unwrap_or(0);
        if from == 2 {
            return Ok(from);
        }
        ctx.heartbeat(&(from + 1));
        ctx.sleep(hours(1)).await;
        Ok(0)
    })
    .await;
    // 5 s, 1 s, 5 s, 2 s.
    assert_eq!((result, time), (Ok(2), seconds(13)));
}

#[tokio::test]
async fn the_last_timeout_tells_which_one_it_was_and_the_last_heartbeat() {
    let (result, _) = outcome(|ctx, _| async move {
        ctx.heartbeat(&format!("attempt {}", ctx.attempt));
        ctx.sleep(hours(1)).await;
        Ok(0)
    })
    .await;
    let Err(ActivityError::TimedOut(error)) = result else { panic!("{result:?}") };
    assert_eq!((error.timeout, error.after), (Timeout::Heartbeat, seconds(5)));
    assert_eq!(error.details::<String>().unwrap().as_deref(), Some("attempt 4"));
    assert_eq!(error.to_string(), "gave no heartbeat within 5s");
}

#[workflow]
pub(crate) async fn limited(_ctx: &Context, end: u64) -> Result<u64, ActivityError<JobError>> {
    let policy = RetryPolicy { initial: seconds(8), coefficient: 1.0, ..RetryPolicy::default() };
    job(0).schedule_to_close(seconds(end)).heartbeat(minutes(1)).retry(policy).await
}

#[tokio::test]
async fn all_attempts_together_end_in_time_and_one_that_could_not_begin_is_not_waited_for() {
    // The second attempt begins at 11 s and would take until 14 s; a third would begin at 22 s.
    let run = |end| async move {
        let engine = TestEngine::builder()
            .workflow::<limited>()
            .mock_async::<job, _, _>(|ctx, _| async move {
                ctx.sleep(seconds(3)).await;
                Err(JobError::Odd(u64::from(ctx.attempt) * 2))
            })
            .start_time(BEGIN)
            .build()
            .await
            .unwrap();
        let longhaul::RunError::Failed(error) =
            engine.start::<limited>(end).await.unwrap().result().await.unwrap_err()
        else {
            panic!("it fails")
        };
        (error, engine.now().await.unwrap().since(BEGIN))
    };
    assert_eq!(run(13).await, (timed_out(Timeout::ScheduleToClose, seconds(13)), seconds(13)));
    assert_eq!(run(22).await, (ActivityError::Failed(JobError::Odd(4)), seconds(14)));
}

#[tokio::test]
async fn an_error_says_that_it_is_fatal_or_when_to_try_again() {
    let (result, time) = outcome(|_, _| async { Err(JobError::Broken) }).await;
    assert_eq!((result, time), (Err(ActivityError::Failed(JobError::Broken)), seconds(0)));
    let (result, time) =
        outcome(
            |ctx, _| async move { if ctx.attempt < 3 { Err(JobError::Busy { seconds: 20 }) } else { Ok(7) } },
        )
        .await;
    assert_eq!((result, time), (Ok(7), seconds(40)));
    // By the attribute's pattern.
    let (result, time) =
        outcome(|ctx, _| async move { Err(JobError::Odd(u64::from(ctx.attempt) + 1)) }).await;
    assert_eq!((result, time), (Err(ActivityError::Failed(JobError::Odd(3))), seconds(1)));
}
