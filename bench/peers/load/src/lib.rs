//! Keeps runs in flight, and tells how many finish and how long they take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const IN_FLIGHT: [usize; 3] = [1, 16, 256];
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);

/// Any error of a peer.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Measures at each number in flight. `run` makes the run of that number, from its start to its result.
///
/// Prints one line each: in flight, runs a second, p50 and p99 in milliseconds, with tabs between them.
pub async fn measure<Running>(run: impl Fn(u64) -> Running + Send + Sync + 'static) -> Result<(), Error>
where
    Running: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (run, next) = (Arc::new(run), Arc::new(AtomicU64::new(0)));
    for in_flight in IN_FLIGHT {
        let over = Arc::new(AtomicBool::new(false));
        let begun = Instant::now();
        let workers: Vec<_> = (0..in_flight)
            .map(|_| {
                let (run, next, over) = (Arc::clone(&run), Arc::clone(&next), Arc::clone(&over));
                tokio::spawn(async move {
                    let mut latencies = Vec::new();
                    while !over.load(Ordering::Relaxed) {
                        let start = Instant::now();
                        run(next.fetch_add(1, Ordering::Relaxed)).await?;
                        let finished = begun.elapsed();
                        if (WARM_UP..WARM_UP + MEASURED).contains(&finished) {
                            latencies.push(start.elapsed());
                        }
                    }
                    Ok::<_, Error>(latencies)
                })
            })
            .collect();
        tokio::time::sleep(WARM_UP + MEASURED).await;
        over.store(true, Ordering::Relaxed);
        let mut latencies = Vec::new();
        for worker in workers {
            latencies.extend(worker.await??);
        }
        print(in_flight, latencies)?;
    }
    Ok(())
}

fn print(in_flight: usize, mut latencies: Vec<Duration>) -> Result<(), Error> {
    if latencies.is_empty() {
        return Err(format!("with {in_flight} in flight, no run finished in {} s", MEASURED.as_secs()).into());
    }
    latencies.sort_unstable();
    let percentile = |percent: usize| latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    #[allow(clippy::cast_precision_loss)]
    let per_second = latencies.len() as f64 / MEASURED.as_secs_f64();
    println!("{in_flight}\t{per_second:.0}\t{:.2}\t{:.2}", percentile(50), percentile(99));
    Ok(())
}
