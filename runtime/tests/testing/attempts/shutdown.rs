//! What an orderly shutdown leaves of attempts.

use std::time::Duration;

use longhaul::prelude::*;
use longhaul::store::MemoryDisk;
use longhaul::testing::TestEngine;

use super::{Notes, wide};

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
    notes.reach(1).await;
    let other = engine.clone();
    let asked = longhaul::Engine::clone(&engine);
    asked.shutdown_after(grace).await.unwrap();
    assert!(other.start::<two>(8).await.is_err(), "it has ended");
    drop(run);
    notes
}

#[workflow]
pub(crate) async fn two(_ctx: &Context, number: u64) -> Result<u64, Failure> {
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
