//! Local steps through crashes: their code is found again by name, and a step that is done is not run again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use longhaul::prelude::*;
use longhaul::store::{CommitFault, MemoryDisk};
use longhaul::{Engine, EngineBuilder, RetryPolicy};

/// How often each step of each run has run.
static RUNS: Mutex<BTreeMap<(String, &str), u32>> = Mutex::new(BTreeMap::new());

/// A step runs; gives how often it has by now.
fn runs(run: &str, step: &'static str) -> u32 {
    let mut runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = runs.entry((run.to_owned(), step)).or_default();
    *count += 1;
    *count
}

/// Steps wherever they may stand: awaited, tried again, in lists, branches, tasks, methods, functions, kept for later.
#[derive(Default, Serialize, Deserialize)]
struct Errand {
    tip: u64,
}

#[workflow]
impl Errand {
    #[run]
    async fn run(&mut self, ctx: &Context, run: String, parts: Vec<u64>) -> Result<Vec<u64>, Failure> {
        let (name, tip) = (run.clone(), self.tip);
        let first = ctx
            .run("first", async move {
                tokio::task::yield_now().await;
                runs(&name, "first");
                Ok(10 + tip)
            })
            .await?;
        let name = run.clone();
        let policy = RetryPolicy { initial: Duration::from_millis(1), ..RetryPolicy::default() };
        let second = ctx
            .run("second", async move {
                if runs(&name, "second") == 1 {
                    return Err(Failure::msg("not yet"));
                }
                Ok(first * 2)
            })
            .retry(policy)
            .await?;
        let listed = try_join_all(parts.iter().map(|part| {
            let part = *part;
            ctx.run("listed", async move { Ok(part + 1) })
        }))
        .await?;
        let kept = ctx.run("kept", async move { Ok::<u64, Failure>(second + 1) });
        let task = ctx.spawn(async move {
            ctx.sleep(Duration::from_millis(1)).await;
            ctx.run("in a task", async move { Ok(second + 2) }).await
        });
        let (joined, won) = join!(ctx.run("joined", async { Ok(5u64) }), async {
            select! {
                won = ctx.run("won", async { Ok(6u64) }) => won,
                () = ctx.sleep(days(300)) => Ok(0),
            }
        });
        let helped = self.helped(ctx, first).await?;
        let taxed = taxed(ctx, 100).await?;
        let mut all = vec![first, second, kept.await?, task.await??, joined?, won?, helped, taxed];
        all.extend(listed);
        Ok(all)
    }

    async fn helped(&self, ctx: &Context, by: u64) -> Result<u64, Failure> {
        let mut sum = 0;
        for turn in 0..2 {
            sum += ctx.run("turn", async move { Ok(by * turn) }).await?;
        }
        Ok(sum)
    }
}

#[workflow]
async fn taxed(ctx: &Context, price: u64) -> Result<u64, Failure> {
    let tax = ctx.spawn(async move { ctx.run("tax", async move { Ok(price / 10) }).await });
    Ok(price + ctx.run("base", async { Ok(1u64) }).await? + tax.await??)
}

const RESULT: [u64; 10] = [10, 20, 21, 22, 5, 6, 10, 111, 8, 9];

fn builder() -> EngineBuilder {
    Engine::builder().workflow::<Errand>()
}

async fn use_it(engine: &Engine, name: &str) -> Option<Vec<u64>> {
    let run = engine.start::<Errand>((name.to_owned(), vec![7, 8])).id("a").await.ok()?;
    run.result().await.ok()
}

#[tokio::test]
async fn g1_g3_g6_a_run_with_local_steps_survives_a_crash_at_any_commit() {
    for hot_runs in [10_000, 0] {
        let open =
            async |disk: &MemoryDisk| builder().hot_runs(hot_runs).open_store(disk.store()).await.unwrap();
        let disk = MemoryDisk::new();
        let name = format!("whole {hot_runs}");
        assert_eq!(use_it(&open(&disk).await, &name).await.unwrap(), RESULT);
        assert_eq!((runs(&name, "first"), runs(&name, "second")), (2, 3), "once, and twice, and now");
        let commits = disk.commits();
        assert!(commits >= 6, "{commits}");
        for fault in [CommitFault::Lost, CommitFault::AppliedButReported] {
            for crash in 0..commits {
                let disk = MemoryDisk::new();
                disk.fail_commit(crash, fault);
                let name = format!("{hot_runs} {fault:?} {crash}");
                let mut result = use_it(&open(&disk).await, &name).await;
                if result.is_none() {
                    result = use_it(&open(&disk).await, &name).await;
                }
                assert_eq!(result.expect("the second life is without a crash"), RESULT, "{name}");
                // A result that is stored is not asked for again.
                assert!(runs(&name, "first") <= 3, "{name}");
                let engine = open(&disk).await;
                let transitions = engine.history("a").await.unwrap().transitions.len();
                assert_eq!(engine.verify("a").await.unwrap(), transitions, "{name}");
            }
        }
    }
}

/// Whether the step hangs.
static HANGS: Mutex<bool> = Mutex::new(true);

#[workflow]
async fn hanging(ctx: &Context, number: u64) -> Result<u64, Failure> {
    let doubled = ctx
        .run("double", async move {
            if *HANGS.lock().unwrap_or_else(PoisonError::into_inner) {
                std::future::pending::<()>().await;
            }
            Ok(number * 2)
        })
        .await?;
    Ok(doubled + number)
}

#[tokio::test]
async fn a_step_that_a_crash_cut_short_is_begun_again_from_what_it_captured() {
    let open = |disk: &MemoryDisk| Engine::builder().workflow::<hanging>().open_store(disk.store());
    let disk = MemoryDisk::new();
    let engine = open(&disk).await.unwrap();
    let run = engine.start::<hanging>(21).id("a").await.unwrap();
    while engine.running_activities() == 0 {
        engine.now().await.unwrap();
    }
    drop((run, engine));
    *HANGS.lock().unwrap() = false;
    let engine = open(&disk).await.unwrap();
    assert_eq!(engine.handle::<hanging>("a").await.unwrap().result().await.unwrap(), 63);
}
