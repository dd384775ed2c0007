//! Attempts at activities: what they may take, what they tell, how they are stopped, and how they are completed from outside.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use longhaul::activity::{Cancellation, Retry, Retryable, TimedOut, Timeout};
use longhaul::engine::WaitingFor;
use longhaul::error::CompletionError;
use longhaul::prelude::*;
use longhaul::store::{MemoryDisk, Table};
use longhaul::testing::TestEngine;
use longhaul::{Moment, RetryPolicy};

const BEGIN: Moment = Moment(1_000_000_000);

/// Takes note of something on any thread.
#[derive(Debug, Clone)]
struct Notes<T>(Arc<Mutex<Vec<T>>>);

impl<T: Clone> Notes<T> {
    fn new() -> Self {
        Notes(Arc::default())
    }
    fn add(&self, note: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }
    fn all(&self) -> Vec<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum JobError {
    Busy { seconds: u64 },
    Broken,
    Odd(u64),
}

impl Retryable for JobError {
    fn retry(&self) -> Retry {
        match self {
            JobError::Busy { seconds: busy } => Retry::After(seconds(*busy)),
            JobError::Broken => Retry::Never,
            JobError::Odd(_) => Retry::ByPolicy,
        }
    }
}

#[activity(
    start_to_close = "10s",
    schedule_to_close = "1m",
    heartbeat = "5s",
    retry(initial = "1s", max_attempts = 4),
    fatal(JobError::Odd(number) if *number % 2 == 1)
)]
pub(crate) async fn job(number: u64) -> Result<u64, JobError> {
    Ok(number)
}

/// Calls [`job`] once.
#[workflow]
pub(crate) async fn one(ctx: &Context, number: u64) -> Result<u64, ActivityError<JobError>> {
    job(number).await
}

/// What came of [`one`], and after how much time.
async fn outcome<F, R>(run: F) -> (Result<u64, ActivityError<JobError>>, Duration)
where
    F: Fn(ActivityContext, (u64,)) -> R + Send + Sync + 'static,
    R: Future<Output = Result<u64, JobError>> + Send,
{
    let engine = TestEngine::builder()
        .workflow::<one>()
        .mock_async::<job, _, _>(run)
        .start_time(BEGIN)
        .build()
        .await
        .unwrap();
    let run = engine.start::<one>(1).await.unwrap();
    let result = run.result().await.map_err(|error| match error {
        longhaul::RunError::Failed(error) => error,
        other => panic!("{other:?}"),
    });
    (result, engine.now().await.unwrap().since(BEGIN))
}

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
pub(crate) async fn limited(ctx: &Context, end: u64) -> Result<u64, ActivityError<JobError>> {
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

/// Calls [`job`] in a scope that a signal cancels.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Cancelling {
    stop: bool,
}

#[workflow]
impl Cancelling {
    #[run]
    async fn run(&mut self, ctx: &Context, how: Cancellation) -> String {
        let mut task = ctx.spawn(async move {
            let call = job(1).cancellation(how).heartbeat(days(1));
            let result = call.start_to_close(hours(1)).schedule_to_close(hours(2)).await;
            format!("{result:?}")
        });
        ctx.wait_until(|| self.stop).await;
        task.cancel();
        let told = match (&mut task).await {
            Ok(told) => told,
            Err(Cancelled) => "given up".to_owned(),
        };
        format!("{told} at {}", ctx.now())
    }

    #[signal]
    fn stop(&mut self) {
        self.stop = true;
    }
}

/// What the run and the attempt have to say about a cancellation.
async fn cancelled(how: Cancellation, listens: bool) -> (String, Vec<&'static str>, usize) {
    struct Guard(Notes<&'static str>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.add("dropped");
        }
    }
    let notes = Notes::new();
    let seen = notes.clone();
    let engine = TestEngine::builder()
        .workflow::<Cancelling>()
        .mock_async::<job, _, _>(move |ctx, _| {
            let seen = seen.clone();
            async move {
                let guard = Guard(seen.clone());
                seen.add("begun");
                if listens {
                    ctx.cancelled().await;
                    seen.add("told");
                }
                ctx.sleep(minutes(10)).await;
                seen.add("done");
                std::mem::forget(guard);
                Ok(5)
            }
        })
        .start_time(Moment(0))
        .build()
        .await
        .unwrap();
    let run = engine.start::<Cancelling>(how).await.unwrap();
    while notes.all().is_empty() {
        tokio::task::yield_now().await;
    }
    run.stop().await.unwrap();
    let told = run.result().await.unwrap();
    while engine.running_activities() > 0 {
        engine.advance(minutes(10)).await.unwrap();
    }
    (told, notes.all(), engine.disk().rows(Table::Tasks).len())
}

#[tokio::test]
async fn one_that_is_cancelled_is_told_if_it_asks_and_dropped_if_it_does_not() {
    let at_once = "Err(Cancelled) at 1970-01-01T00:00:00Z".to_owned();
    let (told, notes, rows) = cancelled(Cancellation::TryCancel, false).await;
    assert_eq!((told, notes, rows), (at_once.clone(), vec!["begun", "dropped"], 0));
    let (told, notes, rows) = cancelled(Cancellation::TryCancel, true).await;
    assert_eq!((told, notes, rows), (at_once, vec!["begun", "told", "done"], 0));
}

#[tokio::test]
async fn one_whose_end_is_waited_for_is_told_and_its_result_counts() {
    let (told, notes, rows) = cancelled(Cancellation::WaitCompleted, false).await;
    assert_eq!((told.as_str(), rows), ("Ok(5) at 1970-01-01T00:10:00Z", 0));
    assert_eq!(notes, ["begun", "done"]);
    let (told, notes, _) = cancelled(Cancellation::WaitCompleted, true).await;
    assert_eq!(told, "Ok(5) at 1970-01-01T00:10:00Z");
    assert_eq!(notes, ["begun", "told", "done"]);
}

#[tokio::test]
async fn one_that_is_abandoned_goes_on_and_leaves_nothing_behind() {
    let (told, notes, rows) = cancelled(Cancellation::Abandon, false).await;
    assert_eq!(told, "Err(Cancelled) at 1970-01-01T00:00:00Z");
    assert_eq!((notes, rows), (vec!["begun", "done"], 0));
}

#[activity(max_concurrent = 2, schedule_to_start = "90s", retry(max_attempts = 1))]
pub(crate) async fn narrow(number: u64) -> u64 {
    number
}

#[activity]
pub(crate) async fn wide(number: u64) -> u64 {
    number
}

#[workflow]
pub(crate) async fn many(ctx: &Context, count: u64) -> Vec<String> {
    let narrow = join_all((0..count).map(|number| narrow(number)));
    let wide = join_all((0..count).map(|number| wide(number)));
    let (narrow, wide) = join!(narrow, wide);
    narrow.into_iter().chain(wide).map(|result| format!("{result:?}")).collect()
}

#[tokio::test]
async fn no_more_attempts_run_at_once_than_may_of_an_activity_and_in_all() {
    let times = Notes::new();
    let (first, second) = (times.clone(), times.clone());
    let engine = TestEngine::builder()
        .workflow::<many>()
        .mock_async::<narrow, _, _>(move |ctx, (number,)| {
            let notes = first.clone();
            async move {
                notes.add(("narrow", 1));
                ctx.sleep(seconds(50)).await;
                notes.add(("narrow", -1));
                Ok(number)
            }
        })
        .mock_async::<wide, _, _>(move |ctx, (number,)| {
            let notes = second.clone();
            async move {
                notes.add(("wide", 1));
                ctx.sleep(seconds(1)).await;
                notes.add(("wide", -1));
                Ok(number)
            }
        })
        .max_concurrent_activities(3)
        .start_time(BEGIN)
        .build()
        .await
        .unwrap();
    let results = engine.start::<many>(6).execute().await.unwrap();
    // Two at 0, two at 50 s; the rest could not start within 90 s.
    let ok = results.iter().filter(|result| result.starts_with("Ok")).count();
    let late = results.iter().filter(|result| result.contains("ScheduleToStart")).count();
    assert_eq!((ok, late), (10, 2), "{results:?}");
    let (mut all, mut narrow) = ((0, 0), (0, 0));
    for (activity, change) in times.all() {
        all.0 += change;
        all.1 = all.1.max(all.0);
        if activity == "narrow" {
            narrow.0 += change;
            narrow.1 = narrow.1.max(narrow.0);
        }
    }
    assert_eq!((all, narrow), ((0, 3), (0, 2)));
}

/// An engine whose [`job`] hands out its token and ends without a result.
async fn handing_out(disk: &MemoryDisk, tokens: &Notes<String>) -> TestEngine {
    let tokens = tokens.clone();
    TestEngine::builder()
        .workflow::<one>()
        .mock_async::<job, _, _>(move |ctx, _| {
            tokens.add(ctx.token());
            async move { ctx.complete_later().await }
        })
        .disk(disk.clone())
        .start_time(BEGIN)
        .build()
        .await
        .unwrap()
}

async fn settled(engine: &TestEngine) {
    while engine.running_activities() > 0 {
        tokio::task::yield_now().await;
    }
    engine.now().await.unwrap();
}

#[tokio::test]
async fn an_attempt_is_completed_from_outside_also_after_a_restart() {
    let (disk, tokens) = (MemoryDisk::new(), Notes::new());
    let engine = handing_out(&disk, &tokens).await;
    let run = engine.start::<one>(1).id("a").await.unwrap();
    while tokens.all().is_empty() {
        tokio::task::yield_now().await;
    }
    settled(&engine).await;
    drop((run, engine));
    let engine = handing_out(&disk, &tokens).await;
    let token = tokens.all()[0].clone();
    let other = engine.complete::<wide>(&token, &9).await.unwrap_err();
    assert!(matches!(other, CompletionError::OtherActivity { .. }), "{other}");
    assert!(!engine.heartbeat(&token, &"half").await.unwrap());
    engine.complete::<job>(&token, &9).await.unwrap();
    let run = engine.handle::<one>("a").await.unwrap();
    assert_eq!(run.result().await.unwrap(), 9);
    let again = engine.complete::<job>(&token, &9).await.unwrap_err();
    assert!(matches!(again, CompletionError::Ended), "{again}");
    let nonsense = engine.complete::<job>("nonsense", &9).await.unwrap_err();
    assert!(matches!(nonsense, CompletionError::NoToken), "{nonsense}");
    assert_eq!(tokens.all().len(), 1, "it was not run again");
}

#[tokio::test]
async fn the_token_of_an_attempt_that_was_given_up_is_stale() {
    let (disk, tokens) = (MemoryDisk::new(), Notes::new());
    let engine = handing_out(&disk, &tokens).await;
    let run = engine.start::<one>(1).id("a").await.unwrap();
    while tokens.all().is_empty() {
        tokio::task::yield_now().await;
    }
    settled(&engine).await;
    // No heartbeat for 5 s, and a second later the next attempt.
    engine.advance(seconds(6)).await.unwrap();
    while tokens.all().len() < 2 {
        tokio::task::yield_now().await;
    }
    settled(&engine).await;
    let [first, second] = &tokens.all()[..] else { panic!("two attempts") };
    let stale = engine.complete::<job>(first, &1).await.unwrap_err();
    assert!(matches!(stale, CompletionError::Stale), "{stale}");
    engine.fail::<job>(second, &JobError::Broken).await.unwrap();
    assert!(run.result().await.is_err());
}

#[tokio::test]
async fn the_token_of_an_attempt_that_a_crash_cut_short_is_stale() {
    let (disk, tokens) = (MemoryDisk::new(), Notes::new());
    let seen = tokens.clone();
    let engine = TestEngine::builder()
        .workflow::<one>()
        .mock_async::<job, _, _>(move |ctx, _| {
            seen.add(ctx.token());
            std::future::pending()
        })
        .disk(disk.clone())
        .build()
        .await
        .unwrap();
    let run = engine.start::<one>(1).id("a").await.unwrap();
    while tokens.all().is_empty() {
        tokio::task::yield_now().await;
    }
    drop((run, engine));
    let engine = handing_out(&disk, &tokens).await;
    while tokens.all().len() < 2 {
        tokio::task::yield_now().await;
    }
    settled(&engine).await;
    let [before, after] = &tokens.all()[..] else { panic!("two attempts") };
    let stale = engine.complete::<job>(before, &1).await.unwrap_err();
    assert!(matches!(stale, CompletionError::Stale), "{stale}");
    engine.complete::<job>(after, &2).await.unwrap();
    assert_eq!(engine.handle::<one>("a").await.unwrap().result().await.unwrap(), 2);
}

#[tokio::test]
async fn a_heartbeat_survives_a_crash() {
    let (disk, notes) = (MemoryDisk::new(), Notes::new());
    let open = || {
        let notes = notes.clone();
        TestEngine::builder()
            .workflow::<one>()
            .mock_async::<job, _, _>(move |ctx, _| {
                let (notes, last) = (notes.clone(), ctx.last_heartbeat::<u32>().unwrap());
                ctx.heartbeat(&8);
                notes.add(last);
                async move { if last.is_some() { Ok(1) } else { std::future::pending().await } }
            })
            .disk(disk.clone())
            .build()
    };
    let engine = open().await.unwrap();
    let run = engine.start::<one>(1).id("a").await.unwrap();
    while notes.all().is_empty() {
        tokio::task::yield_now().await;
    }
    let described = run.describe().await.unwrap();
    assert!(matches!(described.waits_for[0].what, WaitingFor::Activity { attempt: 1, .. }));
    drop((run, engine));
    let engine = open().await.unwrap();
    assert_eq!(engine.handle::<one>("a").await.unwrap().result().await.unwrap(), 1);
    assert_eq!(notes.all(), [None, Some(8)]);
}

/// What is left in the store by an orderly shutdown with this grace, of an attempt that takes a minute.
async fn shut_down(disk: &MemoryDisk, grace: Duration) -> Notes<&'static str> {
    let notes = Notes::new();
    let seen = notes.clone();
    let engine = TestEngine::builder()
        .workflow::<two>()
        .mock_async::<wide, _, _>(move |ctx, (number,)| {
            let seen = seen.clone();
            async move {
                seen.add("begun");
                ctx.sleep(seconds(50)).await;
                seen.add("done");
                Ok(number)
            }
        })
        .disk(disk.clone())
        .build()
        .await
        .unwrap();
    let run = engine.start::<two>(7).id("a").await.unwrap();
    while notes.all().is_empty() {
        tokio::task::yield_now().await;
    }
    let other = engine.clone();
    let asked = longhaul::Engine::clone(&engine);
    asked.shutdown_after(grace).await.unwrap();
    assert!(other.start::<two>(8).await.is_err(), "it has ended");
    drop(run);
    notes
}

#[workflow]
pub(crate) async fn two(ctx: &Context, number: u64) -> Result<u64, Failure> {
    Ok(wide(number).await? + wide(number + 1).await?)
}

/// How often [`wide`] is called after a restart, until the run has ended.
async fn calls_after(disk: &MemoryDisk) -> Vec<u64> {
    let notes = Notes::new();
    let seen = notes.clone();
    let engine = TestEngine::builder()
        .workflow::<two>()
        .mock::<wide>(move |(number,)| {
            seen.add(number);
            Ok(number)
        })
        .disk(disk.clone())
        .build()
        .await
        .unwrap();
    assert_eq!(engine.handle::<two>("a").await.unwrap().result().await.unwrap(), 15);
    notes.all()
}

#[tokio::test]
async fn on_shutdown_what_runs_may_end_and_nothing_is_begun_or_lost() {
    let disk = MemoryDisk::new();
    let notes = shut_down(&disk, minutes(1)).await;
    assert_eq!(notes.all(), ["begun", "done"]);
    assert_eq!(calls_after(&disk).await, [8], "the first call was done, the second not begun");

    let disk = MemoryDisk::new();
    let notes = shut_down(&disk, seconds(10)).await;
    assert_eq!(notes.all(), ["begun"]);
    assert_eq!(calls_after(&disk).await, [7, 8]);
}
