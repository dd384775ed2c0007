//! Queries: on a run that is in memory, and on one that must be loaded.

use std::error::Error;
use std::time::{Duration, Instant};

use longhaul::Engine;

use crate::machine;
use crate::report::{percentile, row};
use crate::signals::Counter;

const RUNS: usize = 2_000;
const HOT: usize = 10;

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    machine::tokio()?.block_on(ask())
}

async fn ask() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::builder().workflow::<Counter>().hot_runs(HOT).open(folder.path()).await?;
    let mut counters = Vec::new();
    for _ in 0..RUNS {
        counters.push(engine.start::<Counter>(()).await?);
    }
    let mut hot = Vec::new();
    for _ in 0..10_000 {
        let begun = Instant::now();
        counters[0].count().await?;
        hot.push(begun.elapsed());
    }
    let mut cold = Vec::new();
    for _ in 0..2 {
        for counter in &counters {
            let begun = Instant::now();
            counter.count().await?;
            cold.push(begun.elapsed());
        }
    }
    for (what, mut times, most) in [("hot", hot, 5), ("cold", cold, 100)] {
        let p50 = percentile(&mut times, 50.0);
        let p99 = percentile(&mut times, 99.0);
        row(
            format!("query on a {what} run, p50"),
            format!("{:.1} µs (p99 {:.1} µs)", p50.as_secs_f64() * 1e6, p99.as_secs_f64() * 1e6),
            format!("≤ {most} µs"),
            p50 <= Duration::from_micros(most),
        );
    }
    engine.shutdown().await?;
    Ok(())
}
