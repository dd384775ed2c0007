//! Runs with tasks, triggers and async handlers, through crashes, restarts and parking.

use std::time::Duration;

use longhaul::engine::RunStatus;
use longhaul::error::RunError;
use longhaul::prelude::*;
use longhaul::store::{CommitFault, MemoryDisk};
use longhaul::{Engine, EngineBuilder};

#[activity]
async fn weigh(part: u64) -> u64 {
    part * 10
}

/// Works on its parts beside each other, until somebody opens the gate.
#[derive(Default, Serialize, Deserialize)]
struct Porter {
    opened: bool,
    notes: Vec<u64>,
    gate: Option<Trigger<u64>>,
}

#[workflow]
impl Porter {
    #[run]
    async fn run(&mut self, ctx: &Context, parts: u64) -> Result<Vec<u64>, Failure> {
        let gate = ctx.trigger();
        self.gate = Some(gate.clone());
        let beside = ctx.spawn(async move {
            let mut sum = 0;
            for part in 0..parts {
                sum += weigh(part).await.unwrap_or(0);
                ctx.sleep(Duration::from_millis(1)).await;
            }
            sum
        });
        let dropped = ctx.spawn(async move { ctx.sleep(days(300)).await });
        let all = join_all((1..=parts).map(|part| async move {
            ctx.sleep(Duration::from_millis(1)).await;
            weigh(part).await.unwrap_or(0)
        }))
        .await;
        let opened = gate.await;
        drop(dropped);
        let shielded = ctx.scope(async { shield(weigh(opened)).await }).await??;
        ctx.all_handlers_finished().await;
        Ok(vec![beside.await?, all.iter().sum(), shielded, self.notes.iter().sum()])
    }

    #[signal]
    async fn open(&mut self, ctx: &Context, number: u64) {
        self.opened = true;
        let weight = weigh(number).await.unwrap_or(0);
        ctx.sleep(Duration::from_millis(1)).await;
        self.notes.push(weight);
        if let Some(gate) = &self.gate {
            gate.resolve(number);
        }
    }

    #[query]
    fn is_open(&self) -> bool {
        self.opened
    }
}

/// Its task panics until somebody mends it.
#[derive(Default, Serialize, Deserialize)]
struct Stumbles {
    mended: bool,
}

#[workflow]
impl Stumbles {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<u64, Failure> {
        let task = ctx.spawn(async move {
            let weight = weigh(1).await.unwrap_or(0);
            assert!(self.mended, "it stumbles");
            weight
        });
        Ok(task.await?)
    }

    #[signal]
    fn mend(&mut self) {
        self.mended = true;
    }
}

fn builder() -> EngineBuilder {
    Engine::builder().workflow::<Porter>().workflow::<Stumbles>().activity::<weigh>()
}

/// A user who starts the run, opens the gate, and wants the result. `None` means: open the engine again and ask again.
async fn use_it(engine: &Engine) -> Option<Vec<u64>> {
    let run = engine.start::<Porter>(4).id("a").await.ok()?;
    if !run.is_open().await.ok()? {
        run.open(5).await.ok()?;
    }
    run.result().await.ok()
}

#[tokio::test]
async fn g1_g3_g6_a_run_with_tasks_survives_a_crash_at_any_commit() {
    // With 0 runs in memory each transition begins from what is stored.
    for hot_runs in [10_000, 0] {
        let open =
            async |disk: &MemoryDisk| builder().hot_runs(hot_runs).open_store(disk.store()).await.unwrap();
        let disk = MemoryDisk::new();
        assert_eq!(use_it(&open(&disk).await).await.unwrap(), [60, 100, 50, 50]);
        let commits = disk.commits();
        // How many there are depends on what ends in one turn.
        assert!(commits >= 5, "{commits}");
        for fault in [CommitFault::Lost, CommitFault::AppliedButReported] {
            for crash in 0..commits {
                let disk = MemoryDisk::new();
                disk.fail_commit(crash, fault);
                let mut result = use_it(&open(&disk).await).await;
                if result.is_none() {
                    result = use_it(&open(&disk).await).await;
                }
                let result = result.expect("the second life is without a crash");
                assert_eq!(result, [60, 100, 50, 50], "{fault:?} at {crash}");
                let engine = open(&disk).await;
                let transitions = engine.history("a").await.unwrap().transitions.len();
                assert_eq!(engine.verify("a").await.unwrap(), transitions, "{fault:?} at {crash}");
            }
        }
    }
}

#[tokio::test]
async fn g9_a_task_that_panics_parks_the_run_which_goes_on_when_it_is_driven_again() {
    let disk = MemoryDisk::new();
    let engine = builder().open_store(disk.store()).await.unwrap();
    let run = engine.start::<Stumbles>(()).id("a").await.unwrap();
    while run.describe().await.unwrap().status != RunStatus::Parked {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let reason = run.describe().await.unwrap().parked.unwrap().to_string();
    assert!(reason.contains("it stumbles"), "{reason}");
    run.mend().await.unwrap();
    drop(engine);
    let engine = builder().open_store(disk.snapshot().store()).await.unwrap();
    engine.redrive("a").await.unwrap();
    assert_eq!(engine.handle::<Stumbles>("a").await.unwrap().result().await.unwrap(), 10);
    assert!(engine.verify("a").await.unwrap() > 1);
}

/// Ignores that it is cancelled.
#[derive(Default, Serialize, Deserialize)]
struct Stubborn {}

#[workflow]
impl Stubborn {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<(), Failure> {
        loop {
            let turn = ctx.scope(async { ctx.sleep(days(1)).await }).await;
            if let Ok(()) = turn {
                return Ok(());
            }
        }
    }
}

#[tokio::test]
async fn g9_a_run_that_ignores_its_cancellation_is_parked_and_the_engine_goes_on() {
    let engine = builder().workflow::<Stubborn>().open_in_memory().await.unwrap();
    let stubborn = engine.start::<Stubborn>(()).id("stubborn").await.unwrap();
    stubborn.cancel().await.unwrap();
    let described = stubborn.describe().await.unwrap();
    assert_eq!(described.status, RunStatus::Parked);
    let reason = described.parked.unwrap().to_string();
    assert!(reason.contains("without waiting"), "{reason}");
    assert_eq!(use_it(&engine).await.unwrap(), [60, 100, 50, 50]);
    stubborn.terminate("it does not end").await.unwrap();
    assert!(matches!(stubborn.result().await, Err(RunError::Terminated { .. })));
}
