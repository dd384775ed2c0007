//! Runs of three no-op activities in sequence, end to end, each step durable; and what bare fjall would allow.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use longhaul::Engine;
use longhaul::prelude::*;
use longhaul::store::FjallStore;

use crate::limit::{self, Noted, Noting};
use crate::machine;
use crate::report::{Holds, millis, percentile, rate, row};

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

/// `in_flight`: only with so many, and the processor time of each thread.
pub(crate) fn measure(in_flight: Option<usize>) -> Result<(), Box<dyn Error>> {
    let tokio = machine::tokio()?;
    if let Some(in_flight) = in_flight {
        return by_thread(&tokio, in_flight);
    }
    for in_flight in [16, 64, 1_024] {
        let Measured { per_second, p50, p99, .. } = tokio.block_on(load(in_flight, None))?;
        row(
            format!("runs of three no-op activities, {in_flight} in flight"),
            format!("{per_second:.0}/s, p50 {:.2} ms, p99 {:.2} ms", millis(p50), millis(p99)),
            "",
            Holds::Told,
        );
    }
    one_by_one(&tokio)?;
    against_bare_fjall(&tokio)
}

/// So many in flight, and what a run takes of the processor, by thread: a figure that does not depend on what else the machine does.
fn by_thread(tokio: &tokio::runtime::Runtime, in_flight: usize) -> Result<(), Box<dyn Error>> {
    let Measured { per_second, p50, p99, runs, threads } = tokio.block_on(load(in_flight, None))?;
    row(
        format!("runs of three no-op activities, {in_flight} in flight"),
        format!("{per_second:.0}/s, p50 {:.2} ms, p99 {:.2} ms", millis(p50), millis(p99)),
        "",
        Holds::Told,
    );
    machine::tell_threads(threads, runs, "run");
    Ok(())
}

/// One run after the other: what it takes in times of a sync.
fn one_by_one(tokio: &tokio::runtime::Runtime) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let sync = machine::sync_time(folder.path())?;
    let Measured { p50, p99, .. } = tokio.block_on(load(1, None))?;
    let syncs = p50.as_secs_f64() / sync.as_secs_f64();
    row(
        "runs of three no-op activities, 1 in flight, p50",
        format!("{:.3} ms = {syncs:.1} syncs of {:.3} ms", millis(p50), millis(sync)),
        "≤ 6 syncs",
        syncs <= 6.0,
    );
    let spread = p99.as_secs_f64() / p50.as_secs_f64();
    row("the same, p99", format!("{:.3} ms = {spread:.1} × p50", millis(p99)), "≤ 3 × p50", spread <= 3.0);
    Ok(())
}

/// 256 in flight; then the batches that this made, committed by bare fjall.
fn against_bare_fjall(tokio: &tokio::runtime::Runtime) -> Result<(), Box<dyn Error>> {
    const IN_FLIGHT: usize = 256;
    let Measured { per_second, p50, p99, .. } = tokio.block_on(load(IN_FLIGHT, None))?;
    let noted = Noted::default();
    let Measured { runs, .. } = tokio.block_on(load(IN_FLIGHT, Some(&noted)))?;
    let commits = std::mem::take(&mut *noted.lock().map_err(|_| "a thread panicked")?);
    let folder = tempfile::tempdir()?;
    let bare = rate(runs, limit::commit_all(folder.path(), &commits)?);
    let writes: usize = commits.iter().map(longhaul::store::Batch::len).sum();
    #[allow(clippy::cast_precision_loss)]
    let (per_run, per_sync) = (writes as f64 / runs as f64, writes as f64 / commits.len() as f64);
    row(
        format!("runs of three no-op activities, {IN_FLIGHT} in flight"),
        format!(
            "{per_second:.0}/s, p50 {:.2} ms, p99 {:.2} ms; bare fjall {bare:.0}/s ({per_run:.1} writes a run, {per_sync:.0} a sync): {:.0} %",
            millis(p50),
            millis(p99),
            per_second / bare * 100.0
        ),
        "≥ 60 % of bare fjall",
        per_second >= 0.6 * bare,
    );
    Ok(())
}

struct Measured {
    per_second: f64,
    p50: Duration,
    p99: Duration,
    /// All runs that were started, also those of the warm-up.
    runs: u64,
    /// The processor time of the threads, by their names.
    threads: BTreeMap<String, Duration>,
}

/// Keeps so many runs in flight; the times from start to result of those that began after the warm-up.
async fn load(in_flight: usize, noted: Option<&Noted>) -> Result<Measured, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let builder = Engine::builder().workflow::<ThreeSteps>().activity::<nothing>();
    let engine = match noted {
        Some(noted) => builder.open_store(Noting::new(FjallStore::open(folder.path())?, noted)).await?,
        None => builder.open(folder.path()).await?,
    };
    let over = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let workers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (engine, over) = (engine.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let (mut latencies, mut runs) = (Vec::new(), 0);
                while !over.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    let output = engine.start::<ThreeSteps>(1).execute().await?;
                    assert_eq!(output, 4);
                    runs += 1;
                    if start.duration_since(begun) > WARM_UP {
                        latencies.push(start.elapsed());
                    }
                }
                Ok::<_, Failure>((latencies, runs))
            })
        })
        .collect();
    tokio::time::sleep(WARM_UP + MEASURED).await;
    over.store(true, Ordering::Relaxed);
    let (mut latencies, mut runs) = (Vec::new(), 0);
    for worker in workers {
        let (some, many) = worker.await?.map_err(|failure| failure.to_string())?;
        latencies.extend(some);
        runs += many;
    }
    let threads = machine::thread_times();
    engine.shutdown().await?;
    Ok(Measured {
        per_second: rate(u64::try_from(latencies.len())?, MEASURED),
        p50: percentile(&mut latencies, 50.0),
        p99: percentile(&mut latencies, 99.0),
        runs,
        threads,
    })
}
