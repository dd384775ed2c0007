//! What becomes of attempts whose caller is cancelled.

use longhaul::Moment;
use longhaul::activity::Cancellation;
use longhaul::prelude::*;
use longhaul::store::Table;
use longhaul::testing::TestEngine;

use super::{Notes, job};

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
    notes.reach(1).await;
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
