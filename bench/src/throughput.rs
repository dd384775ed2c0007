//! Three no-op activities in sequence, end to end, each step durable.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use longhaul::Engine;
use longhaul::prelude::*;

const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(4);

#[activity]
async fn nothing(number: u64) -> u64 {
    number + 1
}

#[derive(Default, Serialize, Deserialize)]
struct ThreeSteps {}

#[workflow]
impl ThreeSteps {
    #[run]
    async fn run(&mut self, number: u64) -> Result<u64, Failure> {
        let one = nothing(number).await?;
        let two = nothing(one).await?;
        Ok(nothing(two).await?)
    }
}

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    println!("three no-op activities in sequence, durable, {MEASURED:?} each after {WARM_UP:?}");
    println!("{:>9} {:>10} {:>10} {:>10}", "in flight", "runs/s", "p50 ms", "p99 ms");
    for in_flight in [1, 16, 64, 256] {
        let mut latencies = tokio.block_on(load(in_flight))?;
        latencies.sort_unstable();
        #[allow(clippy::cast_precision_loss)]
        let per_second = latencies.len() as f64 / MEASURED.as_secs_f64();
        println!(
            "{in_flight:>9} {per_second:>10.0} {:>10.3} {:>10.3}",
            percentile(&latencies, 50).as_secs_f64() * 1e3,
            percentile(&latencies, 99).as_secs_f64() * 1e3,
        );
    }
    Ok(())
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

/// Keeps so many runs in flight; the times from start to result of those that began after the warm-up.
async fn load(in_flight: usize) -> Result<Vec<Duration>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::builder().workflow::<ThreeSteps>().activity::<nothing>().open(folder.path()).await?;
    let over = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let workers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (engine, over) = (engine.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    let output = engine.start::<ThreeSteps>(1).execute().await?;
                    assert_eq!(output, 4);
                    if start.duration_since(begun) > WARM_UP {
                        latencies.push(start.elapsed());
                    }
                }
                Ok::<_, Failure>(latencies)
            })
        })
        .collect();
    tokio::time::sleep(WARM_UP + MEASURED).await;
    over.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await?.map_err(|failure| failure.to_string())?);
    }
    engine.shutdown().await?;
    Ok(latencies)
}
