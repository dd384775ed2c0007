//! What a crash costs a large run: its state may be behind its log, and what is in the log is made again when it is asked for next.

use std::error::Error;
use std::time::{Duration, Instant};

use longhaul::engine::EngineBuilder;
use longhaul::prelude::*;
use longhaul::store::MemoryDisk;
use longhaul::{Engine, RunHandle};

use crate::machine;
use crate::report::{Holds, millis, percentile, row};

const WIDTH: u32 = 10_000;
/// How often the disk is copied while the answers come in.
const CRASHES: u32 = 40;

#[activity(start_to_close = "10m")]
async fn number(number: u32) -> u64 {
    // Long enough that answers come in one at a time.
    tokio::time::sleep(Duration::from_micros(u64::from(number) * 300)).await;
    u64::from(number)
}

#[derive(Default, Serialize, Deserialize)]
struct Adds {
    width: u32,
}

#[workflow]
impl Adds {
    #[run]
    async fn run(&mut self, width: u32) -> Result<u64, Failure> {
        self.width = width;
        let mut sum = 0;
        for result in join_all((0..width).map(number)).await {
            sum += result?;
        }
        Ok(sum)
    }

    #[query]
    fn width(&self) -> u32 {
        self.width
    }
}

fn builder() -> EngineBuilder {
    Engine::builder().workflow::<Adds>().activity::<number>()
}

/// How long a run takes to answer for the first time after a crash, wherever that came, and as often after an orderly end.
pub(crate) fn measure(width: Option<u32>) -> Result<(), Box<dyn Error>> {
    machine::tokio()?.block_on(async {
        let width = width.unwrap_or(WIDTH);
        let disk = MemoryDisk::new();
        let engine = builder().open_store(disk.store()).await?;
        let run = engine.start::<Adds>(width).id("adds").await?;
        let (mut crashed, mut closed) = (Vec::new(), Vec::new());
        for part in 0..CRASHES {
            while outstanding(&run).await? > (width - width * part / CRASHES) as usize {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let left = disk.snapshot();
            crashed.push(first_answer(&left).await?);
            // What it wrote at its end has all of the log in it.
            closed.push(first_answer(&left).await?);
        }
        run.result().await?;
        engine.shutdown().await?;
        let worst = percentile(&mut crashed, 100.0);
        row(
            format!(
                "a run of {width} activities, first answer after a crash, {CRASHES} times while they end"
            ),
            format!(
                "p50 {:.1} ms, at most {:.1} ms; after an orderly end p50 {:.1} ms, at most {:.1} ms",
                millis(percentile(&mut crashed, 50.0)),
                millis(worst),
                millis(percentile(&mut closed, 50.0)),
                millis(percentile(&mut closed, 100.0)),
            ),
            "",
            Holds::Told,
        );
        Ok(())
    })
}

/// How many activities have not ended.
async fn outstanding(run: &RunHandle<Adds>) -> Result<usize, Box<dyn Error>> {
    let described = run.describe().await?;
    Ok(described.waits_for.len())
}

async fn first_answer(disk: &MemoryDisk) -> Result<Duration, Box<dyn Error>> {
    let engine = builder().open_store(disk.store()).await?;
    let run = engine.handle::<Adds>("adds").await?;
    let asked = Instant::now();
    run.width().await?;
    let took = asked.elapsed();
    engine.shutdown().await?;
    Ok(took)
}
