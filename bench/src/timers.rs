//! Timers: a million that fire every minute, and a hundred thousand that fall due at once.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use longhaul::Engine;
use longhaul::prelude::*;

use crate::machine;
use crate::report::{millis, percentile, rate, row};

const TICKERS: u64 = 1_000_000;
const PERIOD_SECONDS: u64 = 60;
const ROUNDS: u32 = 5;
const AT_ONCE: u64 = 100_000;

/// How late each timer was, in microseconds. A workflow must not do this; it is how this program watches them.
static LATE: LazyLock<Mutex<Vec<u32>>> = LazyLock::new(Mutex::default);
static FIRED: AtomicU64 = AtomicU64::new(0);

fn micros_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Notes that a timer that was due then (in microseconds since 1970) fired now.
fn fired(due: u64) {
    FIRED.fetch_add(1, Ordering::Relaxed);
    let late = u32::try_from(micros_now().saturating_sub(due)).unwrap_or(u32::MAX);
    if let Ok(mut all) = LATE.lock() {
        all.push(late);
    }
}

/// Sleeps until a time, and every so many microseconds from then on.
#[derive(Default, Serialize, Deserialize)]
struct Ticker {}

#[workflow]
impl Ticker {
    #[run]
    async fn run(&mut self, ctx: &Context, first: u64, every: u64, times: u32) {
        let mut due = first;
        for _ in 0..times {
            ctx.sleep_until(longhaul::Moment(due).into()).await;
            fired(due);
            due += every;
        }
    }
}

/// Tickers at a rate: so many of them, each every so many seconds.
pub(crate) fn every_period(tickers: Option<u64>, seconds: Option<u64>) -> Result<(), Box<dyn Error>> {
    machine::tokio()?.block_on(tick(tickers.unwrap_or(TICKERS), seconds.unwrap_or(PERIOD_SECONDS)))
}

async fn tick(tickers: u64, seconds: u64) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::builder().workflow::<Ticker>().open(folder.path()).await?;
    let period = seconds * 1_000_000;
    // Long enough away that all are started before the first fires; then spread evenly over a period.
    let setting_up = Instant::now();
    let from = micros_now() + period + tickers * 40;
    start(&engine, tickers, |number| (from + number * period / tickers, period, ROUNDS + 1)).await?;
    eprintln!("{tickers} started in {:.0} s", setting_up.elapsed().as_secs_f64());
    // The first round is the warm-up.
    let measured_from = from + period;
    if micros_now() >= measured_from {
        return Err("the starts took longer than the warm-up".into());
    }
    while micros_now() < measured_from {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (before, begun) = (FIRED.load(Ordering::Relaxed), Instant::now());
    if let Ok(mut late) = LATE.lock() {
        late.clear();
    }
    tokio::time::sleep(Duration::from_micros(period) * ROUNDS).await;
    let fired = FIRED.load(Ordering::Relaxed) - before;
    let per_second = rate(fired, begun.elapsed());
    let late = std::mem::take(&mut *LATE.lock().map_err(|_| "a workflow panicked")?);
    let mut late: Vec<_> = late.into_iter().map(|micros| Duration::from_micros(micros.into())).collect();
    let (p50, p99) = (percentile(&mut late, 50.0), percentile(&mut late, 99.0));
    #[allow(clippy::cast_precision_loss)]
    let offered = tickers as f64 / seconds as f64;
    row(
        format!("{tickers} timers, each every {seconds} s, {ROUNDS} times"),
        format!(
            "{per_second:.0}/s of {offered:.0}/s due; late p50 {:.1} ms, p99 {:.1} ms",
            millis(p50),
            millis(p99)
        ),
        "late p99 ≤ 100 ms",
        // And all of them fired, or those that did not would be the latest.
        p99 <= Duration::from_millis(100) && per_second >= offered * 0.99,
    );
    engine.shutdown().await?;
    Ok(())
}

async fn start(
    engine: &Engine,
    tickers: u64,
    input: impl Fn(u64) -> (u64, u64, u32),
) -> Result<(), Box<dyn Error>> {
    for first in (0..tickers).step_by(1_000) {
        let starts: Vec<_> = (first..tickers.min(first + 1_000))
            .map(|number| tokio::spawn(engine.start::<Ticker>(input(number)).into_future()))
            .collect();
        for start in starts {
            start.await??;
        }
    }
    Ok(())
}

/// All due in the same second.
pub(crate) fn same_second(timers: Option<u64>) -> Result<(), Box<dyn Error>> {
    let timers = timers.unwrap_or(AT_ONCE);
    machine::tokio()?.block_on(async {
        let folder = tempfile::tempdir()?;
        let engine = Engine::builder().workflow::<Ticker>().open(folder.path()).await?;
        // Well after the last start.
        let due = micros_now() + timers * 100;
        start(&engine, timers, |number| (due + number * 1_000_000 / timers, 0, 1)).await?;
        if micros_now() >= due {
            return Err("the starts took longer than the timers".into());
        }
        while FIRED.load(Ordering::Relaxed) < timers {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // The last is durable when a question behind it is answered.
        engine.now().await?;
        let took = Duration::from_micros(micros_now().saturating_sub(due));
        row(
            format!("{timers} timers due in the same second"),
            format!("all fired {:.2} s after the first was due", took.as_secs_f64()),
            "≤ 3 s",
            took <= Duration::from_secs(3),
        );
        engine.shutdown().await?;
        Ok(())
    })
}
