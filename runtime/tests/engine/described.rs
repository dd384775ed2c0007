//! What there is to know of what a run waits for.

use std::time::Duration;

use longhaul::engine::{AttemptState, Clock, Waiting, WaitingFor};
use longhaul::prelude::*;
use longhaul::store::{HeartbeatRecord, MemoryDisk};
use longhaul::{Engine, Moment};

use crate::script::{Do, Script, Work};
use crate::support::{Run, START, approve, builder, find, start};

async fn waiting(run: &Run) -> Vec<Waiting> {
    run.describe().await.unwrap().waits_for
}

fn after(millis: u64) -> Moment {
    Moment(START.0 + millis * 1_000)
}

#[tokio::test]
async fn an_activity_has_its_attempt_since_when_its_last_error_and_its_last_heartbeat() {
    let disk = MemoryDisk::new();
    let beating = || {
        builder().play::<Work, _, _>(|ctx, _| async move {
            ctx.heartbeat(&("half", ctx.attempt));
            ctx.sleep(Duration::from_millis(10)).await;
            Err(format!("no {}", ctx.attempt))
        })
    };
    let engine = beating().open_store(disk.store()).await.unwrap();
    engine.advance(Duration::from_millis(1)).await.unwrap();
    let run = start(&engine, "a", [Do::Call(1)]).await;
    engine.advance(Duration::from_millis(5)).await.unwrap();
    let beat = |millis, attempt: u32| HeartbeatRecord {
        at: after(millis),
        details: longhaul::codec::encode(&("half", attempt)).unwrap(),
    };
    let activity = |attempt, state, error: Option<&str>, beat| WaitingFor::Activity {
        name: "work".into(),
        attempt,
        state,
        last_error: error.map(str::to_owned),
        last_heartbeat: Some(beat),
    };
    let expect = async |run: &Run, what: WaitingFor| {
        let [one] = &waiting(run).await[..] else { panic!("it waits for one") };
        assert_eq!((one.since, &one.what), (Some(after(1)), &what));
    };
    expect(&run, activity(1, AttemptState::Running { since: after(1) }, None, beat(1, 1))).await;
    engine.advance(Duration::from_millis(6)).await.unwrap();
    expect(&run, activity(2, AttemptState::Waiting { until: after(111) }, Some("no 1"), beat(1, 1))).await;
    engine.advance(Duration::from_millis(100)).await.unwrap();
    let running = AttemptState::Running { since: after(111) };
    expect(&run, activity(2, running, Some("no 1"), beat(111, 2))).await;

    // The same in the engine's next life, but that the attempt is made anew.
    let engine = beating().open_store(disk.snapshot().store()).await.unwrap();
    let run = find(&engine, "a").await;
    let [one] = &waiting(&run).await[..] else { panic!() };
    assert_eq!(one.since, Some(after(1)));
    let WaitingFor::Activity { attempt: 2, last_error: Some(error), .. } = &one.what else {
        panic!("{one:?}")
    };
    assert_eq!(error, "no 1");
}

#[activity(max_concurrent = 1)]
async fn alone(n: u32) -> u32 {
    n
}

#[workflow]
async fn calls(_ctx: &Context, n: u32) -> u32 {
    alone(n).await.unwrap_or_default()
}

#[tokio::test]
async fn an_attempt_may_be_queued_or_left_to_the_outside_or_held() {
    let engine = builder()
        .workflow::<calls>()
        .play::<alone, _, _>(|ctx, (n,)| async move {
            if n == 0 { ctx.complete_later().await } else { std::future::pending().await }
        })
        .open_in_memory()
        .await
        .unwrap();
    let state = async |n: u32| {
        let run = engine.start::<calls>(n).id(n.to_string()).await.unwrap();
        for _ in 0..100 {
            tokio::task::yield_now().await;
            engine.now().await.unwrap();
        }
        match &run.describe().await.unwrap().waits_for[0].what {
            WaitingFor::Activity { state, .. } => *state,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(state(0).await, AttemptState::Outside { since: START });
    assert_eq!(state(1).await, AttemptState::Running { since: START });
    assert_eq!(state(2).await, AttemptState::Queued { since: START });

    // An engine that lacks the activity parks the run.
    let disk = MemoryDisk::new();
    let pending = builder().play::<Work, _, _>(|_, _| std::future::pending());
    let engine = pending.open_store(disk.store()).await.unwrap();
    start(&engine, "a", [Do::Call(1)]).await;
    let without = Engine::builder().workflow::<Script>().clock(Clock::virtual_from(START));
    let engine = without.open_store(disk.snapshot().store()).await.unwrap();
    let run = find(&engine, "a").await;
    let [one] = &waiting(&run).await[..] else { panic!() };
    assert!(matches!(one.what, WaitingFor::Activity { state: AttemptState::Held, .. }), "{one:?}");
}

#[tokio::test]
async fn a_timer_is_found_to_run_since_it_was_armed_however_long_ago() {
    let disk = MemoryDisk::new();
    let work = builder().play::<Work, _, _>(|ctx, (n,)| async move {
        // The race's call does not end.
        if ctx.activity_id > 3 {
            ctx.sleep(Duration::from_hours(1)).await;
        }
        Ok(n)
    });
    let engine = work.open_store(disk.store()).await.unwrap();
    // Timers and calls before, signals behind it.
    let script =
        [Do::Sleep(1), Do::Call(1), Do::Approvals(40), Do::Sleep(2), Do::Call(2), Do::Race(1, 1_000_000)];
    let run = start(&engine, "a", script).await;
    engine.advance(Duration::from_millis(5)).await.unwrap();
    for n in 0..40 {
        approve(&run, &n.to_string()).await;
    }
    engine.advance(Duration::from_millis(2)).await.unwrap();
    while run.describe().await.unwrap().state != "AwaitRace" {
        engine.advance(Duration::from_millis(1)).await.unwrap();
    }
    let began = run.describe().await.unwrap().updated;
    for n in 0..300 {
        engine.advance(Duration::from_micros(1)).await.unwrap();
        approve(&run, &n.to_string()).await;
    }
    let waits = waiting(&run).await;
    let timer = waits.iter().find(|wait| matches!(wait.what, WaitingFor::Timer { .. })).unwrap();
    assert_eq!(timer.since, Some(began));
    assert!(run.describe().await.unwrap().transitions > 340);
    // And of the very first transition.
    let first = start(&engine, "b", [Do::Sleep(1_000_000)]).await;
    let began = first.describe().await.unwrap().created;
    for n in 0..5 {
        approve(&first, &n.to_string()).await;
    }
    assert_eq!(waiting(&first).await[0].since, Some(began));
}

/// Waits for a condition, and then for an activity beside it.
#[derive(Default, Serialize, Deserialize)]
struct Approval {
    approved: bool,
}

#[workflow]
impl Approval {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<(), Failure> {
        ctx.wait_until(|| self.approved).await;
        let asked = ctx.trigger::<()>();
        asked.await;
        Ok(())
    }

    #[signal]
    fn approve(&mut self) {
        self.approved = true;
    }
}

#[tokio::test]
async fn what_is_no_operation_is_told_as_it_stands_in_the_source() {
    let engine = Engine::builder().workflow::<Approval>().open_in_memory().await.unwrap();
    let run = engine.start::<Approval>(()).id("a").await.unwrap();
    let described = run.describe().await.unwrap();
    let awaited = described.awaits.unwrap();
    assert_eq!(awaited.source, "ctx.wait_until(|| self.approved)");
    assert!(awaited.file.ends_with("described.rs"), "{awaited}");
    let line = include_str!("described.rs").lines().nth(awaited.line as usize - 1).unwrap();
    assert_eq!(line.trim(), "ctx.wait_until(|| self.approved).await;");
    assert!(described.waits_for.is_empty());
    assert!(
        run.describe().await.unwrap().to_string().contains("\n  at `ctx.wait_until(|| self.approved)` (")
    );
    run.approve().await.unwrap();
    assert_eq!(run.describe().await.unwrap().awaits.unwrap().source, "asked");
    run.terminate("enough").await.unwrap();
    assert_eq!(run.describe().await.unwrap().awaits, None);
    engine.shutdown().await.unwrap();
}
