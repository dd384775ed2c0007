//! What a run costs in memory while it is at work.

use std::error::Error;
use std::sync::Arc;

use longhaul::Engine;
use longhaul::prelude::*;
use tokio::sync::Semaphore;

use crate::machine::{self, resident_bytes};
use crate::report::row;

const RUNS: u64 = 10_000;

struct Gate(Arc<Semaphore>);

#[activities]
impl Gate {
    #[activity(start_to_close = "10m")]
    async fn pass(&self, number: u64) -> u64 {
        let permit = self.0.acquire().await;
        drop(permit);
        number + 1
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Passing {
    note: String,
}

#[workflow]
impl Passing {
    #[run]
    async fn run(&mut self, number: u64) -> Result<u64, Failure> {
        self.note = format!("number {number}");
        let one = Gate::pass(number).await?;
        let two = Gate::pass(one).await?;
        Ok(Gate::pass(two).await?)
    }
}

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    machine::tokio()?.block_on(active())
}

#[allow(clippy::cast_precision_loss)]
async fn active() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let gate = Arc::new(Semaphore::new(0));
    let engine = Engine::builder()
        .workflow::<Passing>()
        .activities(Gate(Arc::clone(&gate)))
        .max_concurrent_activities(usize::try_from(RUNS)?)
        .open(folder.path())
        .await?;
    let before = resident_bytes()?;
    let mut runs = Vec::new();
    for first in (0..RUNS).step_by(1_000) {
        let starts: Vec<_> = (first..first + 1_000)
            .map(|number| tokio::spawn(engine.start::<Passing>(number).into_future()))
            .collect();
        for start in starts {
            runs.push(start.await??);
        }
    }
    while engine.running_activities() < usize::try_from(RUNS)? {
        tokio::task::yield_now().await;
    }
    let each = (resident_bytes()? - before) as f64 / RUNS as f64;
    row(
        format!("memory of a run, {RUNS} active, each with an activity running"),
        format!("{:.1} kB each", each / 1e3),
        "≤ 5 kB",
        each <= 5_000.0,
    );
    gate.add_permits(1_000);
    for (number, run) in (0..).zip(runs) {
        assert_eq!(run.result().await?, number + 3);
    }
    engine.shutdown().await?;
    Ok(())
}
