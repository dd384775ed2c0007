//! Attempts that are completed from outside, and heartbeats, through restarts.

use longhaul::engine::WaitingFor;
use longhaul::error::CompletionError;
use longhaul::prelude::*;
use longhaul::store::MemoryDisk;
use longhaul::testing::TestEngine;

use super::{BEGIN, JobError, Notes, job, one, settled, wide};

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

#[tokio::test]
async fn an_attempt_is_completed_from_outside_also_after_a_restart() {
    let (disk, tokens) = (MemoryDisk::new(), Notes::new());
    let engine = handing_out(&disk, &tokens).await;
    let run = engine.start::<one>(1).id("a").await.unwrap();
    tokens.reach(1).await;
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
    tokens.reach(1).await;
    settled(&engine).await;
    // No heartbeat for 5 s, and a second later the next attempt.
    engine.advance(seconds(6)).await.unwrap();
    tokens.reach(2).await;
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
    tokens.reach(1).await;
    drop((run, engine));
    let engine = handing_out(&disk, &tokens).await;
    tokens.reach(2).await;
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
    notes.reach(1).await;
    let described = run.describe().await.unwrap();
    assert!(matches!(described.waits_for[0].what, WaitingFor::Activity { attempt: 1, .. }));
    drop((run, engine));
    let engine = open().await.unwrap();
    assert_eq!(engine.handle::<one>("a").await.unwrap().result().await.unwrap(), 1);
    assert_eq!(notes.all(), [None, Some(8)]);
}
