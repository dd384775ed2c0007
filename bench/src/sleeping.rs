//! A million sleeping runs: what each costs in memory and on disk, and how soon the engine is there again after a kill.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use longhaul::Engine;
use longhaul::prelude::*;

use crate::machine::{self, disk_bytes, resident_bytes};
use crate::report::{Holds, millis, rate, row};

const RUNS: u64 = 1_000_000;
/// How many starts are asked for before their acknowledgements are waited for.
const AT_ONCE: u64 = 1_000;
/// How long there is a load before the kill.
const LOAD: Duration = Duration::from_secs(5);

#[derive(Default, Serialize, Deserialize)]
struct Sleeper {
    note: String,
}

#[workflow]
impl Sleeper {
    #[run]
    async fn run(&mut self, ctx: &Context, number: u64) -> u64 {
        let name = format!("sleeper {number}");
        ctx.sleep(days(365)).await;
        self.note = name;
        number
    }

    #[signal]
    fn rename(&mut self, note: String) {
        self.note = note;
    }
}

fn open(folder: &Path) -> longhaul::engine::Opened {
    Engine::builder().workflow::<Sleeper>().open(folder)
}

/// `runs` sleepers; a million if not told otherwise.
pub(crate) fn measure(runs: Option<u64>) -> Result<(), Box<dyn Error>> {
    let runs = runs.unwrap_or(RUNS);
    let folder = tempfile::tempdir()?;
    let tokio = machine::tokio()?;
    tokio.block_on(sleepers(folder.path(), runs))?;
    kill_under_load(folder.path(), runs)?;
    tokio.block_on(after_kill(folder.path(), runs))
}

#[allow(clippy::cast_precision_loss)]
async fn sleepers(folder: &Path, runs: u64) -> Result<(), Box<dyn Error>> {
    let before = resident_bytes()?;
    let engine = open(folder).await?;
    let begun = Instant::now();
    start(&engine, 0..runs).await?;
    row(
        format!("{runs} starts, {AT_ONCE} at a time"),
        format!("{:.0}/s", rate(runs, begun.elapsed())),
        "",
        Holds::Told,
    );
    let memory = resident_bytes()? - before;
    row(
        format!("{runs} sleeping runs, memory"),
        format!(
            "{:.0} MB, {:.0} B each, {} of them hot",
            memory as f64 / 1e6,
            memory as f64 / runs as f64,
            engine.hot_runs()
        ),
        "≤ 250 MB",
        memory <= 250_000_000,
    );
    engine.shutdown().await?;
    let disk = disk_bytes(folder)?;
    row(
        format!("{runs} sleeping runs, disk"),
        format!("{:.0} B each", disk as f64 / runs as f64),
        "≤ 600 B each",
        disk <= 600 * runs,
    );
    let before = resident_bytes()?;
    let begun = Instant::now();
    let engine = open(folder).await?;
    row(
        format!("open after a clean close, {runs} sleeping"),
        format!("{:.0} ms, {} runs open", millis(begun.elapsed()), engine.recovered()),
        "",
        Holds::Told,
    );
    row(
        format!("{runs} sleeping runs, memory after an open"),
        format!("{:.0} MB more", resident_bytes()?.saturating_sub(before) as f64 / 1e6),
        "",
        Holds::Told,
    );
    engine.shutdown().await?;
    Ok(())
}

async fn start(engine: &Engine, numbers: std::ops::Range<u64>) -> Result<(), Box<dyn Error>> {
    for first in numbers.clone().step_by(usize::try_from(AT_ONCE)?) {
        let starts = (first..numbers.end.min(first + AT_ONCE)).map(|number| {
            let engine = engine.clone();
            tokio::spawn(
                async move { engine.start::<Sleeper>(number).id(format!("s{number}")).await.map(drop) },
            )
        });
        for start in starts.collect::<Vec<_>>() {
            start.await??;
        }
    }
    Ok(())
}

/// What the process does that is killed: starts and signals as fast as it can. It says when it has begun.
pub(crate) fn load(folder: &Path) -> Result<(), Box<dyn Error>> {
    machine::tokio()?.block_on(async {
        let engine = open(folder).await?;
        println!("open");
        std::io::stdout().flush()?;
        let first = engine.recovered();
        for round in 0.. {
            let begun = first + round * AT_ONCE;
            start(&engine, begun..begun + AT_ONCE).await?;
            for number in (0..AT_ONCE).map(|at| (round * AT_ONCE + at * 7) % first.max(1)) {
                engine.handle::<Sleeper>(format!("s{number}")).await?.rename("renamed".to_owned()).await?;
            }
        }
        Ok(())
    })
}

/// Runs [`load`] in a process of its own, and kills it.
fn kill_under_load(folder: &Path, runs: u64) -> Result<(), Box<dyn Error>> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("sleeping-load")
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = String::new();
    let stdout = child.stdout.take().ok_or("the load has no output")?;
    BufReader::new(stdout).read_line(&mut said)?;
    if said.trim() != "open" {
        return Err(format!("the load over {runs} runs did not open: {said:?}").into());
    }
    std::thread::sleep(LOAD);
    child.kill()?; // SIGKILL
    child.wait()?;
    Ok(())
}

async fn after_kill(folder: &Path, runs: u64) -> Result<(), Box<dyn Error>> {
    let before = resident_bytes()?;
    let begun = Instant::now();
    let engine = open(folder).await?;
    let opened = begun.elapsed();
    engine.handle::<Sleeper>("s0").await?.rename("the first".to_owned()).await?;
    let first = begun.elapsed();
    row(
        format!("open to the first transition, after SIGKILL under load, {} runs open", engine.recovered()),
        format!("{:.0} ms, of which {:.0} ms open", millis(first), millis(opened)),
        "≤ 2 s",
        first <= Duration::from_secs(2),
    );
    assert!(engine.recovered() >= runs, "runs were lost");
    #[allow(clippy::cast_precision_loss)]
    let memory = resident_bytes()?.saturating_sub(before) as f64 / 1e6;
    row("the same, memory then", format!("{memory:.0} MB more"), "", Holds::Told);
    engine.shutdown().await?;
    Ok(())
}
