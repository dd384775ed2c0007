//! Attempts at activities: what they may take, what they tell, how they are stopped, and how they are completed from outside.

mod cancelling;
mod crashes;
mod hostile;
mod limits;
mod outside;
mod shutdown;
mod timeouts;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use longhaul::Moment;
use longhaul::activity::{Retry, Retryable};
use longhaul::prelude::*;
use longhaul::testing::TestEngine;

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
    /// Waits until there are so many.
    async fn reach(&self, count: usize) {
        while self.all().len() < count {
            tokio::task::yield_now().await;
        }
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
pub(crate) async fn one(_ctx: &Context, number: u64) -> Result<u64, ActivityError<JobError>> {
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

#[activity]
pub(crate) async fn wide(number: u64) -> u64 {
    number
}

/// Waits until no attempt runs, and the engine knows.
async fn settled(engine: &TestEngine) {
    while engine.running_activities() > 0 {
        tokio::task::yield_now().await;
    }
    engine.now().await.unwrap();
}
