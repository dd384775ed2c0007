//! A hundred thousand sleeping runs: what each costs on disk and in memory.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use longhaul::Engine;
use longhaul::prelude::*;

const RUNS: u64 = 100_000;

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
}

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    tokio.block_on(sleepers())
}

#[allow(clippy::cast_precision_loss)]
async fn sleepers() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let open = || Engine::builder().workflow::<Sleeper>().open(folder.path());
    let before = resident_bytes()?;
    let engine = open().await?;
    let begun = Instant::now();
    for first in (0..RUNS).step_by(1_000) {
        let starts = (first..first + 1_000).map(|number| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.start::<Sleeper>(number).await.map(drop) })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await??;
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{RUNS} runs started and asleep for a year, {:.0} starts/s", RUNS as f64 / seconds);
    let per_run = |bytes: u64| bytes as f64 / RUNS as f64;
    println!(
        "memory: {:.0} bytes a run (with {} hot)",
        per_run(resident_bytes()? - before),
        engine.hot_runs()
    );
    engine.shutdown().await?;
    println!("disk:   {:.0} bytes a run", per_run(disk_bytes(folder.path())?));
    let begun = Instant::now();
    let engine = open().await?;
    println!("open:   {:.0} ms, {} runs open", begun.elapsed().as_secs_f64() * 1e3, engine.recovered());
    engine.shutdown().await?;
    Ok(())
}

/// The process's resident memory, as Linux tells it.
fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * 1024)
}

/// The blocks that the files of a folder occupy.
fn disk_bytes(folder: &Path) -> Result<u64, Box<dyn Error>> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { disk_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}
