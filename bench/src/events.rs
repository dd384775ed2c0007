//! A resume costs what is alive and not what has happened: a run with a million events against one with ten.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use longhaul::Engine;

use crate::machine;
use crate::report::{percentile, row};
use crate::signals::Counter;

const FEW: u64 = 10;
const MANY: u64 = 1_000_000;
const SENDERS: u64 = 256;
const TIMES: usize = 301;

fn open(folder: &Path) -> longhaul::engine::Opened {
    // Two runs that displace each other from memory.
    Engine::builder().workflow::<Counter>().hot_runs(1).open(folder)
}

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    machine::tokio()?.block_on(compare())
}

async fn compare() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let engine = open(folder.path()).await?;
    for (id, events) in [("few", FEW), ("many", MANY)] {
        let counter = engine.start::<Counter>(()).id(id).await?;
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let counter = counter.clone();
                tokio::spawn(async move {
                    for _ in (sender..events).step_by(256) {
                        counter.add(1).await?;
                    }
                    Ok::<_, longhaul::SignalError>(())
                })
            })
            .collect();
        for sender in senders {
            sender.await??;
        }
    }
    engine.shutdown().await?;

    let engine = open(folder.path()).await?;
    let few = engine.handle::<Counter>("few").await?;
    let many = engine.handle::<Counter>("many").await?;
    assert_eq!((few.count().await?, many.count().await?), (FEW, MANY));
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        for (counter, times) in [(&few, &mut of_few), (&many, &mut of_many)] {
            // The other was asked last, so this one is loaded.
            let begun = Instant::now();
            counter.add(0).await?;
            times.push(begun.elapsed());
        }
    }
    let (few, many) = (percentile(&mut of_few, 50.0), percentile(&mut of_many, 50.0));
    let ratio = many.as_secs_f64() / few.as_secs_f64();
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    row(
        format!("load and one signal, run with {MANY} events against one with {FEW}, p50"),
        format!("{:.0} µs : {:.0} µs = {ratio:.2}", micros(many), micros(few)),
        "≤ 1.2 ×",
        ratio <= 1.2,
    );
    engine.shutdown().await?;
    Ok(())
}
