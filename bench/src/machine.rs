//! What the machine tells of itself: memory, disk, the time of a sync.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::report::{Holds, percentile, row};

/// The tokio runtime that all measurements use: a thread for each of two cores.
pub(crate) fn tokio() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// The process's resident memory, as Linux tells it, in bytes.
pub(crate) fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * 1024)
}

/// The blocks that the files of a folder occupy, in bytes.
pub(crate) fn disk_bytes(folder: &Path) -> Result<u64, Box<dyn Error>> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { disk_bytes(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}

/// The median time to append a kilobyte to a file that grows and to sync it: what no durable commit can be below.
pub(crate) fn sync_time(folder: &Path) -> Result<Duration, Box<dyn Error>> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..400 {
        let begun = Instant::now();
        file.write_all(&[7; 1_024])?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    drop(file);
    std::fs::remove_file(path)?;
    Ok(percentile(&mut times, 50.0))
}

/// What this process has written so far, in bytes; 0 where the system does not tell.
pub(crate) fn written_bytes() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines().find_map(|line| line.strip_prefix("wchar: ")?.parse().ok()).unwrap_or(0)
}

/// The processor time that this process has used so far, in milliseconds; 0 where the system does not tell.
pub(crate) fn cpu_millis() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    times_of(&stat).map_or(0, |(_, millis)| millis)
}

/// The processor time of the threads that there are, by name; those of one name together.
pub(crate) fn thread_times() -> BTreeMap<String, Duration> {
    let mut times = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        if let Some((name, millis)) = times_of(&stat) {
            *times.entry(name.to_owned()).or_default() += Duration::from_millis(millis);
        }
    }
    times
}

/// Tells what each of so many things took of the processor, by thread.
pub(crate) fn tell_threads(threads: BTreeMap<String, Duration>, many: u64, what: &str) {
    for (thread, time) in threads {
        #[allow(clippy::cast_precision_loss)]
        let each = time.as_secs_f64() * 1e6 / many as f64;
        row(format!("processor time of `{thread}`"), format!("{each:.1} µs a {what}"), "", Holds::Told);
    }
}

/// The name, and the user and the system time in milliseconds, of a line that `/proc` has of a process or a thread.
fn times_of(stat: &str) -> Option<(&str, u64)> {
    let (name, rest) = stat.rsplit_once(')')?;
    let (_, name) = name.split_once('(')?;
    // In hundredths of a second, the 12th and 13th field behind the name.
    let mut times = rest.split_whitespace().skip(11).map_while(|time| time.parse::<u64>().ok());
    Some((name, (times.next()? + times.next()?) * 10))
}
