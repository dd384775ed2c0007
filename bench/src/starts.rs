//! How long a start takes to be acknowledged: alone, and when ten thousand are asked for each second.

use std::error::Error;
use std::time::{Duration, Instant};

use longhaul::Engine;
use longhaul::prelude::*;

use crate::machine;
use crate::report::{millis, percentile, rate, row};

const ALONE: usize = 4_000;
const OFFERED: u32 = 10_000;
const SECONDS: u32 = 5;
/// Those of the first second are not counted.
const WARM_UP: usize = OFFERED as usize;

#[derive(Default, Serialize, Deserialize)]
struct Waiting {
    ended: bool,
}

#[workflow]
impl Waiting {
    #[run]
    async fn run(&mut self, ctx: &Context, number: u32) -> u32 {
        ctx.wait_until(|| self.ended).await;
        number
    }

    #[signal]
    fn end(&mut self) {
        self.ended = true;
    }
}

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    machine::tokio()?.block_on(async {
        alone().await?;
        offered().await
    })
}

async fn alone() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let sync = machine::sync_time(folder.path())?;
    let engine = Engine::builder().workflow::<Waiting>().open(folder.path()).await?;
    let mut times = Vec::new();
    for number in 0..ALONE {
        let begun = Instant::now();
        engine.start::<Waiting>(u32::try_from(number)?).await?;
        if number >= ALONE / 4 {
            times.push(begun.elapsed());
        }
    }
    engine.shutdown().await?;
    let p50 = percentile(&mut times, 50.0);
    let syncs = p50.as_secs_f64() / sync.as_secs_f64();
    row(
        "start acknowledged, one at a time, p50",
        format!("{:.3} ms = {syncs:.1} syncs of {:.3} ms", millis(p50), millis(sync)),
        "≤ 1.5 syncs",
        syncs <= 1.5,
    );
    Ok(())
}

/// Starts at fixed times, whether or not those before are acknowledged.
async fn offered() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::builder().workflow::<Waiting>().open(folder.path()).await?;
    let begun = Instant::now();
    let mut starts = Vec::new();
    for number in 0..OFFERED * SECONDS {
        let due = begun + Duration::from_secs(1) * number / OFFERED;
        if Instant::now() < due {
            tokio::time::sleep_until(due.into()).await;
        }
        let engine = engine.clone();
        starts
            .push(tokio::spawn(async move { engine.start::<Waiting>(number).await.map(|_| due.elapsed()) }));
    }
    let mut times = Vec::new();
    for start in starts {
        times.push(start.await??);
    }
    let acknowledged = rate(u64::from(OFFERED * SECONDS), begun.elapsed());
    let p99 = percentile(&mut times[WARM_UP..], 99.0);
    row(
        format!("start acknowledged, {OFFERED}/s offered, p99 from the time it was due"),
        format!("{:.1} ms, at {acknowledged:.0}/s", millis(p99)),
        "≤ 5 ms",
        millis(p99) <= 5.0,
    );
    engine.shutdown().await?;
    Ok(())
}
