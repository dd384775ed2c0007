//! How many attempts run at once.

use longhaul::prelude::*;
use longhaul::testing::TestEngine;

use super::{BEGIN, Notes, wide};

#[activity(max_concurrent = 2, schedule_to_start = "90s", retry(max_attempts = 3))]
pub(crate) async fn narrow(number: u64) -> u64 {
    number
}

#[workflow]
pub(crate) async fn many(_ctx: &Context, count: u64) -> Vec<String> {
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
