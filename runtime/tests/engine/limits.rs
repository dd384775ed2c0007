//! How much an engine takes at once of one value, and of one parked run: beyond it there are errors that say so.

use std::sync::Mutex;

use longhaul::engine::RunStatus;
use longhaul::prelude::*;
use longhaul::store::{MemoryDisk, ParkReason, Table};
use longhaul::{CompletionError, Engine, RunError, SignalError, StartError, TooLarge, UpdateError};

use crate::script::{Do, lower, raise};
use crate::support::{Notes, approvals, approve, builder, find, start};

fn assert_too_large(error: &TooLarge, limit: usize) {
    assert!(error.bytes > limit && error.limit == limit, "{error}");
    let text = error.to_string();
    for part in [&error.bytes.to_string(), &limit.to_string(), "EngineBuilder::max_payload_bytes"] {
        assert!(text.contains(part), "{text}");
    }
}

/// A run that is changed by updates.
#[derive(Default, Serialize, Deserialize)]
struct Page {
    text: String,
}

#[workflow]
impl Page {
    #[run]
    async fn run(&mut self, ctx: &Context, text: String) -> Result<String, Failure> {
        self.text = text;
        ctx.wait_until(|| self.text == "done").await;
        Ok(std::mem::take(&mut self.text))
    }

    #[update]
    fn write(&mut self, text: String) -> usize {
        self.text = text;
        self.text.len()
    }

    #[signal]
    fn tell(&mut self, text: String) {
        self.text = text;
    }
}

#[tokio::test]
async fn what_callers_hand_over_has_a_size_at_most_and_leaves_no_trace_beyond_it() {
    let disk = MemoryDisk::new();
    let engine =
        Engine::builder().workflow::<Page>().max_payload_bytes(100).open_store(disk.store()).await.unwrap();
    // Two bytes are the text's length.
    let fits = "x".repeat(98);
    let run = engine.start::<Page>(fits.clone()).id("a").await.unwrap();
    let rows = Table::ALL.map(|table| disk.rows(table));
    let Err(StartError::TooLarge(error)) = engine.start::<Page>("x".repeat(99)).await else { panic!() };
    assert_too_large(&error, 100);
    let Err(SignalError::TooLarge(error)) = run.tell("x".repeat(99)).await else { panic!() };
    assert_too_large(&error, 100);
    let Err(UpdateError::TooLarge(error)) = run.write("x".repeat(99)).await else { panic!() };
    assert_too_large(&error, 100);
    assert_eq!(Table::ALL.map(|table| disk.rows(table)), rows);
    // One byte is that there is one argument.
    run.tell("x".repeat(97)).await.unwrap();
    assert_eq!(run.write("x".repeat(97)).await.unwrap(), 97);
    run.write("done").await.unwrap();
    assert_eq!(run.result().await.unwrap(), "done");
}

#[tokio::test]
async fn a_result_that_is_too_large_parks_the_run_until_an_engine_takes_it() {
    for (name, n) in [("result", 1), ("error", 2), ("heartbeat", 3)] {
        let disk = MemoryDisk::new();
        let calls = Notes::new();
        let large = |calls: &Notes<u32>, limit| {
            let calls = calls.clone();
            let engine = Engine::builder().workflow::<shout>().max_payload_bytes(limit);
            engine.play::<say, _, _>(move |ctx, (n,)| {
                calls.add(ctx.attempt);
                async move {
                    match n {
                        1 => Ok("x".repeat(1_000)),
                        2 => Err(Failure::msg("x".repeat(1_000)).fatal()),
                        _ => {
                            ctx.heartbeat(&"x".repeat(1_000));
                            Ok("well".to_owned())
                        }
                    }
                }
            })
        };
        let engine = large(&calls, 999).open_store(disk.store()).await.unwrap();
        let run = engine.start::<shout>(n).id("a").await.unwrap();
        let reason = loop {
            let described = run.describe().await.unwrap();
            if described.status == RunStatus::Parked {
                break described.parked.unwrap();
            }
            tokio::task::yield_now().await;
        };
        assert!(matches!(&reason, ParkReason::BrokenActivity { activity, .. } if activity == "say"));
        let text = reason.to_string();
        assert!(text.contains("999") && text.contains("max_payload_bytes"), "{name}: {text}");
        assert!(disk.rows(Table::Log).iter().all(|(_, row)| row.len() < 1_000));
        engine.redrive("a").await.unwrap();
        while run.describe().await.unwrap().status != RunStatus::Parked {
            tokio::task::yield_now().await;
        }
        engine.shutdown().await.unwrap();

        let engine = large(&calls, 2_000).open_store(disk.store()).await.unwrap();
        engine.redrive("a").await.unwrap();
        let length = engine.handle::<shout>("a").await.unwrap().result().await.unwrap();
        assert_eq!(length, if n == 3 { 4 } else { 1_000 }, "{name}");
        assert_eq!(calls.all(), [1, 1, 1], "{name}");
    }
}

#[activity]
async fn say(n: u32) -> Result<String, Failure> {
    Err(Failure::msg(format!("{n} is played")))
}

#[workflow]
async fn shout(_ctx: &Context, n: u32) -> usize {
    match say(n).await {
        Ok(said) => said.len(),
        Err(longhaul::ActivityError::Failed(failure)) => failure.to_string().len(),
        Err(_) => 0,
    }
}

static TOKENS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test]
async fn what_is_told_of_an_attempt_from_outside_has_a_size_at_most() {
    let engine = builder()
        .workflow::<shout>()
        .max_payload_bytes(200)
        .play::<say, _, _>(|ctx, _| async move {
            TOKENS.lock().unwrap().push(ctx.token());
            ctx.complete_later().await
        })
        .open_in_memory()
        .await
        .unwrap();
    let run = engine.start::<shout>(1).await.unwrap();
    let token = loop {
        if let Some(token) = TOKENS.lock().unwrap().pop() {
            break token;
        }
        tokio::task::yield_now().await;
    };
    let large = "x".repeat(300);
    let Err(CompletionError::TooLarge(error)) = engine.heartbeat(&token, &large).await else { panic!() };
    assert_too_large(&error, 200);
    let Err(CompletionError::TooLarge(error)) = engine.complete::<say>(&token, &large).await else {
        panic!()
    };
    assert_too_large(&error, 200);
    let failure = Failure::msg(large);
    let Err(CompletionError::TooLarge(error)) = engine.fail::<say>(&token, &failure).await else { panic!() };
    assert_too_large(&error, 200);
    engine.complete::<say>(&token, &"well".to_owned()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 4);
}

#[tokio::test]
async fn a_parked_run_takes_so_many_signals_and_loses_none_of_them() {
    let disk = MemoryDisk::new();
    let engine = builder().max_inbox(10).open_store(disk.store()).await.unwrap();
    raise("full");
    let run = start(&engine, "a", [Do::Approvals(1), Do::PanicWhile("full".into()), Do::Approvals(12)]).await;
    approve(&run, "0").await;
    // Some in turns of their own, the others in one.
    for n in 1..6 {
        approve(&run, &n.to_string()).await;
    }
    let mut all = tokio::task::JoinSet::new();
    for n in 6..30 {
        let run = run.clone();
        all.spawn(async move { run.signal("approve", (n.to_string(),)).await });
    }
    let answers = all.join_all().await;
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 30 - 10, "{refused:?}");
    for error in &refused {
        assert!(matches!(error, SignalError::InboxFull { id, limit: 10 } if id == "a"), "{error}");
    }
    let text = refused[0].to_string();
    assert!(text.contains("redrive") && text.contains("max_inbox"), "{text}");
    assert_eq!(run.describe().await.unwrap().unread, 10);
    // What it is waiting for gets in all the same, and so do requests to end it.
    run.cancel().await.unwrap();

    let engine = builder().max_inbox(10).open_store(disk.snapshot().store()).await.unwrap();
    let run = find(&engine, "a").await;
    assert!(matches!(run.signal("approve", ("11",)).await, Err(SignalError::InboxFull { .. })));
    lower("full");
    engine.redrive("a").await.unwrap();
    assert_eq!(approvals(&run).await.len(), 10);
    assert_eq!(approvals(&run).await[..6], ["0", "1", "2", "3", "4", "5"]);
    assert!(matches!(run.result().await, Err(RunError::Cancelled(_))));
}

#[tokio::test]
async fn a_run_that_is_not_parked_takes_any_number_of_signals() {
    let engine = builder().max_inbox(0).open_in_memory().await.unwrap();
    let run = start(&engine, "a", [Do::Approvals(100)]).await;
    let mut all = tokio::task::JoinSet::new();
    for n in 0..100 {
        let run = run.clone();
        all.spawn(async move { run.signal("approve", (n.to_string(),)).await.unwrap() });
    }
    all.join_all().await;
    run.result().await.unwrap();
}
