//! The test engine: days in milliseconds, in the right order, and never ahead of the test.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use longhaul::engine::RunStatus;
use longhaul::error::RunError;
use longhaul::prelude::*;
use longhaul::testing::TestEngine;
use longhaul::{ActivityContext, Moment};

use crate::good::{Hello, Panics, greet};

#[activity(retry(initial = "1h", coefficient = 2.0, max_attempts = 4))]
pub(crate) async fn flaky(day: u32) -> Result<u32, Failure> {
    Err(Failure::msg(format!("day {day}: the real one was called")))
}

/// Thirty days of sleeping, failing and waiting in vain.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Month {
    marks: Vec<String>,
    stopped: bool,
}

#[workflow]
impl Month {
    #[run]
    async fn run(&mut self, ctx: &Context, length: u32) -> Result<Vec<String>, Failure> {
        for day in 0..length {
            ctx.sleep(days(1)).await;
            let tries = flaky(day).await?;
            let waited = timeout(hours(1), ctx.wait_until(|| self.stopped)).await.is_err();
            self.marks.push(format!("{day} {tries} {waited} {}", ctx.now()));
        }
        Ok(std::mem::take(&mut self.marks))
    }

    #[signal]
    fn stop(&mut self) {
        self.stopped = true;
    }
}

/// Plays [`flaky`]: it fails twice, then gives the attempt's number.
#[allow(clippy::needless_pass_by_value)] // as the mock is called
fn third_time(ctx: ActivityContext, _: (u32,)) -> Result<u32, Failure> {
    if ctx.attempt < 3 { Err(Failure::msg("not yet")) } else { Ok(ctx.attempt) }
}

#[tokio::test]
async fn a_month_of_sleeps_retries_and_timeouts_takes_no_time() {
    let engine =
        TestEngine::builder().workflow::<Month>().mock_with::<flaky>(third_time).build().await.unwrap();
    let marks = engine.start::<Month>(30).execute().await.unwrap();
    // Each day: a day's sleep, retries after 1 h and 2 h, an hour in vain.
    assert_eq!(marks.len(), 30);
    assert_eq!(marks[0], "0 3 true 2026-01-02T04:00:00Z");
    assert_eq!(marks[29], "29 3 true 2026-02-05T00:00:00Z");
    assert_eq!(engine.now().await.unwrap().to_string(), "2026-02-05T00:00:00Z");
}

#[tokio::test]
async fn a_signal_beats_a_timeout_that_is_days_away() {
    let engine = TestEngine::builder().workflow::<Hello>().activity::<greet>().build().await.unwrap();
    let hello = engine.start::<Hello>("ann".to_owned()).await.unwrap();
    hello.reply("Hi!".to_owned()).await.unwrap();
    assert_eq!(hello.result().await.unwrap(), "Hello, ann! Hi!");
    assert_eq!(engine.now().await.unwrap().to_string(), "2026-01-01T00:00:00Z");
}

#[tokio::test]
async fn without_a_signal_the_timeout_fires_when_it_is_due() {
    let engine = TestEngine::builder().workflow::<Hello>().activity::<greet>().build().await.unwrap();
    let hello = engine.start::<Hello>("ann".to_owned()).await.unwrap();
    let error = hello.result().await.unwrap_err();
    assert!(error.to_string().contains("nobody replied"), "{error}");
    assert_eq!(engine.now().await.unwrap().to_string(), "2026-01-02T00:00:00Z");
}

/// Sleeps, and tells when it woke.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Sleeper;

#[activity]
pub(crate) async fn wake(hour: u64) -> u64 {
    hour
}

#[workflow]
impl Sleeper {
    #[run]
    async fn run(&mut self, ctx: &Context, hour: u64) -> String {
        ctx.sleep(hours(hour)).await;
        let woke = ctx.now().to_string();
        drop(wake(hour).await);
        woke
    }
}

#[tokio::test]
async fn g8_timers_fire_in_the_order_of_their_deadlines_and_none_early() {
    let woken = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&woken);
    let engine = TestEngine::builder()
        .workflow::<Sleeper>()
        .mock::<wake>(move |(hour,)| {
            seen.lock().unwrap().push(hour);
            Ok(hour)
        })
        .start_time(Moment(0))
        .build()
        .await
        .unwrap();
    let mut runs = Vec::new();
    for hour in [7, 2, 9, 1, 5, 3] {
        runs.push(engine.start::<Sleeper>(hour).id(format!("sleeper-{hour}")).await.unwrap());
    }
    engine.advance(hours(5).saturating_sub(Duration::from_micros(1))).await.unwrap();
    assert_eq!(*woken.lock().unwrap(), [1, 2, 3]);
    let now = engine.advance(Duration::from_micros(1)).await.unwrap();
    assert_eq!(now.to_string(), "1970-01-01T05:00:00Z");
    assert_eq!(*woken.lock().unwrap(), [1, 2, 3, 5]);
    for run in runs {
        let hour: u64 = run.id().trim_start_matches("sleeper-").parse().unwrap();
        assert_eq!(run.result().await.unwrap(), format!("1970-01-01T{hour:02}:00:00Z"));
    }
    assert_eq!(*woken.lock().unwrap(), [1, 2, 3, 5, 7, 9]);
}

#[tokio::test]
async fn g8_a_timer_that_fell_due_while_no_engine_was_there_fires_after_the_restart_once() {
    let wakes = Arc::new(AtomicU32::new(0));
    let builder = || {
        let seen = Arc::clone(&wakes);
        TestEngine::builder().workflow::<Sleeper>().mock::<wake>(move |(hour,)| {
            seen.fetch_add(1, Ordering::SeqCst);
            Ok(hour)
        })
    };
    let engine = builder().start_time(Moment(0)).build().await.unwrap();
    engine.start::<Sleeper>(5).id("a").await.unwrap();
    engine.advance(hours(1)).await.unwrap();
    let crashed = engine.disk().snapshot();
    drop(engine);

    let engine = builder().disk(crashed).start_time(Moment(0).after(hours(20))).build().await.unwrap();
    let run = engine.handle::<Sleeper>("a").await.unwrap();
    assert_eq!(run.result().await.unwrap(), "1970-01-01T20:00:00Z");
    assert_eq!(engine.disk().rows(longhaul::store::Table::Timers), []);
    engine.advance(days(10)).await.unwrap();
    assert_eq!(wakes.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn time_stands_still_until_somebody_waits() {
    let engine = TestEngine::builder().workflow::<Sleeper>().activity::<wake>().build().await.unwrap();
    let run = engine.start::<Sleeper>(1).await.unwrap();
    for _ in 0..20 {
        assert_eq!(run.describe().await.unwrap().status, RunStatus::Open);
    }
    assert_eq!(engine.now().await.unwrap(), run.describe().await.unwrap().created);
    run.result().await.unwrap();
    assert_eq!(run.describe().await.unwrap().status, RunStatus::Completed);
}

#[tokio::test]
async fn g6_the_log_of_a_run_on_the_engine_folds_to_its_stored_state() {
    for hot_runs in [0, 10] {
        let builder = TestEngine::builder().workflow::<Month>().mock_with::<flaky>(third_time);
        let engine = builder.hot_runs(hot_runs).build().await.unwrap();
        let run = engine.start::<Month>(3).await.unwrap();
        run.stop().await.unwrap();
        run.result().await.unwrap();
        // The start, a signal, three sleeps, three activities.
        assert_eq!(engine.verify(run.id()).await.unwrap(), 8);
    }
}

#[tokio::test]
async fn the_result_of_a_run_that_panicked_is_an_error_and_not_a_hang() {
    let engine = TestEngine::builder().workflow::<Panics>().build().await.unwrap();
    let run = engine.start::<Panics>(vec![1]).await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Parked { .. }), "{error}");
    assert!(error.to_string().contains("index out of bounds"), "{error}");
    // Once it is parked already, too.
    assert!(run.result().await.is_err());
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Relay {
    baton: Option<Trigger<u32>>,
}

#[workflow]
impl Relay {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u32 {
        let baton = ctx.trigger::<u32>();
        self.baton = Some(baton.clone());
        ctx.spawn(async move {
            ctx.sleep(hours(3)).await;
            baton.resolve(3);
        })
        .detach();
        match &self.baton {
            Some(baton) => baton.clone().await,
            None => 0,
        }
    }

    #[update]
    async fn pass(&mut self, ctx: &Context, after: u64) -> bool {
        ctx.sleep(hours(after)).await;
        if let Some(baton) = &self.baton {
            baton.resolve(1);
        }
        self.baton.is_some()
    }
}

/// The run itself waits for nothing that time brings about: its task and its handler do.
#[tokio::test]
async fn time_passes_for_tasks_and_handlers_and_a_run_can_be_cancelled_before() {
    let engine = TestEngine::builder().workflow::<Relay>().build().await.unwrap();
    let begin = engine.now().await.unwrap();
    let relay = engine.start::<Relay>(()).await.unwrap();
    assert_eq!(relay.result().await.unwrap(), 3);
    assert_eq!(engine.now().await.unwrap(), begin.after(hours(3)));

    let relay = engine.start::<Relay>(()).await.unwrap();
    assert!(relay.update::<bool>("pass", (2_u64,)).await.unwrap());
    assert_eq!(relay.result().await.unwrap(), 1);
    assert_eq!(engine.now().await.unwrap(), begin.after(hours(5)));

    let relay = engine.start::<Relay>(()).await.unwrap();
    relay.cancel().await.unwrap();
    assert!(matches!(relay.result().await, Err(RunError::Cancelled(None))));
    assert_eq!(engine.now().await.unwrap(), begin.after(hours(5)));
}
