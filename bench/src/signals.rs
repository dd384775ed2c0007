//! Signals, acknowledged when they are durable: into one run, and into ten thousand.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use longhaul::Engine;
use longhaul::prelude::*;
use longhaul::store::FjallStore;

use crate::limit::{self, Noted, Noting};
use crate::machine;
use crate::report::{Holds, rate, row};

const RUNS: u64 = 10_000;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(4);
const EXPECTED: f64 = 100_000.0;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Counter {
    count: u64,
    ended: bool,
}

#[workflow]
impl Counter {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u64 {
        ctx.wait_until(|| self.ended).await;
        self.count
    }

    #[signal]
    pub(crate) fn add(&mut self, number: u64) {
        self.count += number;
    }

    #[signal]
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    #[query]
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

/// `only`: of all these, that with so many runs and senders; the processor time of each thread, and what bare fjall would allow.
pub(crate) fn measure(only: Option<(u64, u64)>) -> Result<(), Box<dyn Error>> {
    let tokio = machine::tokio()?;
    if let Some((runs, senders)) = only {
        let Storm { per_second, sent, threads } = tokio.block_on(storm(runs, senders, None))?;
        row(
            format!("signals into {runs} runs, {senders} senders"),
            format!("{per_second:.0}/s"),
            "",
            Holds::Told,
        );
        machine::tell_threads(threads, sent, "signal");
        return against_bare_fjall(&tokio, runs, senders);
    }
    for (runs, senders) in [(1, 64), (1, 1_024), (RUNS, 64), (RUNS, 1_024), (RUNS, 4_096)] {
        let Storm { per_second, .. } = tokio.block_on(storm(runs, senders, None))?;
        row(
            format!("signals into {runs} runs, {senders} senders"),
            format!("{per_second:.0}/s"),
            format!("≥ {EXPECTED}/s"),
            per_second >= EXPECTED,
        );
    }
    Ok(())
}

/// The batches of a storm, committed by bare fjall.
fn against_bare_fjall(
    tokio: &tokio::runtime::Runtime,
    runs: u64,
    senders: u64,
) -> Result<(), Box<dyn Error>> {
    let noted = Noted::default();
    let Storm { per_second, sent, .. } = tokio.block_on(storm(runs, senders, Some(&noted)))?;
    let commits = std::mem::take(&mut *noted.lock().map_err(|_| "a thread panicked")?);
    let folder = tempfile::tempdir()?;
    let bare = rate(sent, limit::commit_all(folder.path(), &commits)?);
    let writes: usize = commits.iter().map(longhaul::store::Batch::len).sum();
    #[allow(clippy::cast_precision_loss)]
    let (per_signal, per_sync) = (writes as f64 / sent as f64, writes as f64 / commits.len() as f64);
    row(
        "bare fjall, the same batches",
        format!(
            "{bare:.0}/s ({per_signal:.1} writes a signal, {per_sync:.0} a sync); noted at {per_second:.0}/s"
        ),
        "",
        Holds::Told,
    );
    Ok(())
}

struct Storm {
    per_second: f64,
    /// All signals, also those of the warm-up.
    sent: u64,
    /// The processor time of the threads, by their names.
    threads: BTreeMap<String, Duration>,
}

/// How many signals a second are acknowledged, while each sender waits for the acknowledgement of one before it sends the next.
async fn storm(runs: u64, senders: u64, noted: Option<&Noted>) -> Result<Storm, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let builder = Engine::builder().workflow::<Counter>();
    let engine = match noted {
        Some(noted) => builder.open_store(Noting::new(FjallStore::open(folder.path())?, noted)).await?,
        None => builder.open(folder.path()).await?,
    };
    let mut handles = Vec::new();
    for _ in 0..runs {
        handles.push(tokio::spawn(engine.start::<Counter>(()).into_future()));
    }
    let mut counters = Vec::new();
    for handle in handles {
        counters.push(handle.await??);
    }
    let counters = Arc::new(counters);
    if let Some(noted) = noted {
        // The starts are not what is measured.
        noted.lock().map_err(|_| "a thread panicked")?.clear();
    }
    let (over, counted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let workers: Vec<_> = (0..senders)
        .map(|sender| {
            let (counters, over, counted) = (Arc::clone(&counters), Arc::clone(&over), Arc::clone(&counted));
            tokio::spawn(async move {
                let mut sent = 0_u64;
                // Each sender has runs of its own, where there are enough.
                for at in (sender..).step_by(usize::try_from(senders).unwrap_or(1)) {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let counter = &counters[usize::try_from(at % runs).unwrap_or(0)];
                    counter.add(1).await?;
                    counted.fetch_add(1, Ordering::Relaxed);
                    sent += 1;
                }
                Ok::<_, longhaul::SignalError>(sent)
            })
        })
        .collect();
    tokio::time::sleep(WARM_UP).await;
    let (begun, before) = (Instant::now(), counted.load(Ordering::Relaxed));
    tokio::time::sleep(MEASURED).await;
    let (took, acknowledged) = (begun.elapsed(), counted.load(Ordering::Relaxed) - before);
    over.store(true, Ordering::Relaxed);
    let threads = machine::thread_times();
    let mut sent = 0;
    for worker in workers {
        sent += worker.await??;
    }
    // Each of them was handled, once.
    let mut seen = 0;
    for counter in counters.iter() {
        seen += counter.count().await?;
    }
    assert_eq!(seen, sent, "signals were lost, or handled twice");
    drop(counters);
    engine.shutdown().await?;
    Ok(Storm { per_second: rate(acknowledged, took), sent, threads })
}
