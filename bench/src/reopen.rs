//! How long an open takes after a process was killed under load, by what its journal holds; and what a commit costs.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use longhaul::Moment;
use longhaul::machine::OpId;
use longhaul::store::{Batch, FjallStore, RunNo, Seq, Store, Table, TimerKey};

/// How many runs there are, asleep, and the most that one commit starts.
const RUNS: u64 = 1_000_000;
const BATCH: u64 = 256;

/// What starting a sleeping run writes, in keys and bytes.
fn start(batch: &mut Batch, number: u64) {
    let run = RunNo(number);
    batch.put(Table::Runs, run.key(), bytes(number, 330));
    batch.put(Table::Log, run.log_key(Seq(0)), bytes(number, 210));
    batch.put(Table::Ids, uuid(number), bytes(number, 9));
    let timer = TimerKey { deadline: Moment(number * 31_536_000), run, op: OpId(0) };
    batch.put(Table::Timers, timer.key(), vec![]);
}

/// Half of it compresses.
fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed + 1;
    let mut bytes = vec![7; len];
    for byte in &mut bytes[..len / 2] {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *byte = state.to_be_bytes()[0];
    }
    bytes
}

/// As a UUID of version 7 would be: rising.
fn uuid(number: u64) -> Vec<u8> {
    format!("{number:012x}-7000-8000-{:012x}", number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff_ffff)
        .into_bytes()
}

/// What the process does that is killed: it starts runs until all are there, and says how many after each commit.
pub(crate) fn load(folder: &Path) -> Result<(), Box<dyn Error>> {
    let store = FjallStore::open(folder)?;
    for first in (0..RUNS).step_by(usize::try_from(BATCH)?) {
        let mut batch = Batch::default();
        (first..(first + BATCH).min(RUNS)).for_each(|number| start(&mut batch, number));
        batch.put(Table::Meta, *b"mark", bytes(first, 60));
        store.commit(&batch)?;
        println!("{}", first + BATCH);
    }
    Ok(())
}

/// Starts runs in a process, kills it when there are so many, and opens what it left.
fn kill_and_open(runs: u64) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["reopen-load".as_ref(), folder.path().as_os_str()])
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let mut acknowledged = 0;
    for line in lines {
        acknowledged = line?.parse()?;
        if acknowledged >= runs {
            break;
        }
    }
    child.kill()?;
    child.wait()?;
    let filled = begun.elapsed();
    let journal = journal_bytes(&folder.path().join("store"))?;
    let opened = Instant::now();
    let store = FjallStore::open(folder.path())?;
    let opened = opened.elapsed();
    store.get(Table::Runs, &RunNo(acknowledged - 1).key())?.ok_or("what was acknowledged is not there")?;
    #[allow(clippy::cast_precision_loss)]
    let rate = acknowledged as f64 / filled.as_secs_f64();
    println!(
        "{acknowledged:>8} runs, {rate:>6.0} starts/s; {:>4} MB of journals; open {:>5} ms",
        journal / 1_000_000,
        opened.as_millis(),
    );
    Ok(())
}

/// The bytes of the journals, zeros at their ends aside.
fn journal_bytes(store: &Path) -> Result<usize, Box<dyn Error>> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(store)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jnl") {
            let journal = std::fs::read(path)?;
            bytes += journal.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        }
    }
    Ok(bytes)
}

/// Commits of one small row, one after the other.
fn small_commits() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = FjallStore::open(folder.path())?;
    let mut times = Vec::new();
    for number in 0..4_000 {
        let mut batch = Batch::default();
        start(&mut batch, number);
        let begun = Instant::now();
        store.commit(&batch)?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let all: Duration = times.iter().sum();
    println!(
        "a commit of one start: mean {:?}, p50 {:?}, p99 {:?}",
        all / u32::try_from(times.len())?,
        times[times.len() / 2],
        times[times.len() * 99 / 100],
    );
    Ok(())
}

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    small_commits()?;
    for runs in [10_000, 60_000, 110_000, 160_000, 210_000, 260_000, 500_000, 980_000] {
        kill_and_open(runs)?;
    }
    Ok(())
}
