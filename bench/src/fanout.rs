//! A run that calls many activities at once, or has as many blocks that call two each: bytes and time, and whether they are
//! in proportion.

use std::error::Error;
use std::time::{Duration, Instant};

use longhaul::Engine;
use longhaul::prelude::*;
use tokio::sync::Semaphore;

use crate::machine::{self, cpu_millis, written_bytes};

/// Against how many a tenfold fan-out is held.
const WIDTH: u32 = 1_000;

/// How results come in.
#[derive(Clone, Copy)]
struct Pool {
    name: &'static str,
    /// So many activities run at a time.
    workers: usize,
    /// How long each takes.
    pause: Duration,
}

const POOLS: [Pool; 2] = [
    Pool { name: "at once", workers: 4, pause: Duration::ZERO },
    Pool { name: "one by one", workers: 1, pause: Duration::from_millis(1) },
];

struct Workers {
    free: Semaphore,
    pause: Duration,
}

#[activities]
impl Workers {
    #[activity(start_to_close = "10m")]
    async fn double(&self, number: u32) -> u64 {
        let permit = self.free.acquire().await;
        if self.pause > Duration::ZERO {
            tokio::time::sleep(self.pause).await;
        }
        drop(permit);
        u64::from(number) * 2
    }
}

/// What there are many of.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Branches {
    Activities,
    /// Each with two activities, one after the other.
    Blocks,
    /// In a list, awaited in a loop, their results put into another list.
    Tasks,
}

#[derive(Default, Serialize, Deserialize)]
struct FanOut {}

#[workflow]
impl FanOut {
    #[run]
    async fn run(&mut self, ctx: &Context, branches: Branches, width: u32) -> Result<u64, Failure> {
        let mut sum = 0;
        match branches {
            Branches::Activities => {
                for result in join_all((0..width).map(Workers::double)).await {
                    sum += result?;
                }
            }
            Branches::Blocks => {
                let blocks = (0..width).map(|number| async move {
                    let twice = Workers::double(number).await.unwrap_or_default();
                    let again = Workers::double(number).await.unwrap_or_default();
                    twice.max(again)
                });
                sum = join_all(blocks).await.into_iter().sum();
            }
            Branches::Tasks => {
                let (mut tasks, mut results) = (Vec::new(), Vec::new());
                for number in 0..width {
                    tasks.push(ctx.spawn(Workers::double(number)));
                }
                for task in tasks {
                    results.push(task.await??);
                }
                sum = results.into_iter().sum();
            }
        }
        Ok(sum)
    }
}

pub(crate) fn measure(width: Option<u32>) -> Result<(), Box<dyn Error>> {
    let tokio = machine::tokio()?;
    let width = width.unwrap_or(WIDTH);
    println!(
        "join_all over activities, over blocks with two each, and a list of tasks, whose results come at once or one by one"
    );
    println!(
        "{:>10} {:>8} {:>11} {:>7} {:>12} {:>12} {:>9} {:>10}",
        "branches", "store", "results", "width", "transitions", "written KiB", "seconds", "cpu ms"
    );
    for pool in POOLS {
        for on_disk in [true, false] {
            tokio.block_on(compare(Branches::Activities, width, pool, on_disk))?;
            tokio.block_on(compare(Branches::Blocks, width, pool, on_disk))?;
            tokio.block_on(compare(Branches::Tasks, width, pool, on_disk))?;
        }
    }
    Ok(())
}

/// What ten times the branches cost, in how many times the bytes and the time.
async fn compare(branches: Branches, width: u32, pool: Pool, on_disk: bool) -> Result<(), Box<dyn Error>> {
    let mut measured = Vec::new();
    for width in [width, 10 * width] {
        measured.push(fan_out(branches, width, pool, on_disk).await?);
    }
    let [few, many] = measured[..] else { return Ok(()) };
    println!(
        "{:>39} {:>24} {:>9.1} {:>10.1}",
        "ratio",
        if on_disk { format!("{:.1}", many.bytes / few.bytes) } else { String::new() },
        many.seconds / few.seconds,
        many.cpu / few.cpu
    );
    Ok(())
}

#[derive(Clone, Copy)]
struct Cost {
    bytes: f64,
    seconds: f64,
    /// Milliseconds of processor time.
    cpu: f64,
}

#[allow(clippy::cast_precision_loss)]
async fn fan_out(branches: Branches, width: u32, pool: Pool, on_disk: bool) -> Result<Cost, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let workers = Workers { free: Semaphore::new(pool.workers), pause: pool.pause };
    let builder = Engine::builder().workflow::<FanOut>().activities(workers);
    let engine = if on_disk { builder.open(folder.path()).await? } else { builder.open_in_memory().await? };
    let (bytes, cpu, begun) = (written_bytes(), cpu_millis(), Instant::now());
    let run = engine.start::<FanOut>((branches, width)).await?;
    let sum = run.result().await?;
    let cost = Cost {
        bytes: written_bytes().saturating_sub(bytes) as f64,
        seconds: begun.elapsed().as_secs_f64(),
        cpu: cpu_millis().saturating_sub(cpu) as f64,
    };
    assert_eq!(sum, u64::from(width) * u64::from(width - 1));
    println!(
        "{:>10} {:>8} {:>11} {width:>7} {:>12} {:>12} {:>9.2} {:>10.0}",
        match branches {
            Branches::Activities => "activities",
            Branches::Blocks => "blocks",
            Branches::Tasks => "tasks",
        },
        if on_disk { "fjall" } else { "memory" },
        pool.name,
        run.describe().await?.transitions,
        if on_disk { format!("{:.0}", cost.bytes / 1_024.0) } else { String::new() },
        cost.seconds,
        cost.cpu,
    );
    drop(run);
    engine.shutdown().await?;
    Ok(cost)
}
