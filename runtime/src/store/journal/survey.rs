//! A survey of one journal: how far it is whole, and what is behind that. It changes nothing.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::batch::{self, BatchRead, NoBatch};
use crate::store::commits::CommitNo;

/// How much is read at a time.
const CHUNK: usize = 1 << 20;

/// What a journal holds, by position in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Survey {
    /// The file.
    pub(super) path: PathBuf,
    /// How many whole batches it begins with.
    pub(super) batches: u64,
    /// Where they end.
    pub(super) whole: u64,
    /// The number of our last commit among them.
    pub(super) last: Option<CommitNo>,
    /// What is behind them.
    pub(super) rest: Rest,
}

/// What is behind the whole batches at the beginning of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing: zeros, or the end of the file.
    Nothing,
    /// So many bytes, zeros at the end aside, and no whole batch among them.
    Torn(u64),
    /// A whole batch, here.
    BatchAt(u64),
}

pub(super) fn survey(path: PathBuf) -> io::Result<Survey> {
    let mut window = Window { file: File::open(&path)?, bytes: Vec::new(), at: 0, is_last: false };
    let (mut batches, mut whole, mut last, mut sequence) = (0, 0, None, None);
    while let Some(batch) = window.batch()? {
        // Sequence numbers rise. No checksum covers them, and with a wrong one an old value could hide a newer.
        if sequence.is_some_and(|sequence| batch.sequence <= sequence) {
            return Ok(Survey { path, batches, whole, last, rest: Rest::BatchAt(whole) });
        }
        batches += 1;
        whole += batch.len as u64;
        last = batch.commit.or(last);
        sequence = Some(batch.sequence);
    }
    let rest = match read_rest(&path, whole)?.as_slice() {
        [] => Rest::Nothing,
        rest => match first_batch(rest) {
            Some(at) => Rest::BatchAt(whole + at as u64),
            None => Rest::Torn(rest.len() as u64),
        },
    };
    Ok(Survey { path, batches, whole, last, rest })
}

/// All that is behind the first `whole` bytes, zeros at the end aside.
pub(super) fn read_rest(path: &Path, whole: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut chunk = vec![0; CHUNK];
    let mut rest = Vec::new();
    let mut at = whole;
    while let Some(data) = next_data(&file, at)? {
        file.seek(SeekFrom::Start(data))?;
        let len = file.read(&mut chunk)?;
        if len == 0 {
            break;
        }
        if let Some(last) = chunk[..len].iter().rposition(|byte| *byte != 0) {
            // What was skipped before is zeros.
            rest.resize(usize::try_from(data - whole).map_err(io::Error::other)?, 0);
            rest.extend_from_slice(&chunk[..=last]);
        }
        at = data + len as u64;
    }
    Ok(rest)
}

/// Where the next bytes are that take space on the disk; the others are zeros. fjall makes a journal of 64 MiB that has none.
#[cfg(target_os = "linux")]
fn next_data(file: &File, at: u64) -> io::Result<Option<u64>> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(at)) {
        Ok(data) => Ok(Some(data)),
        // There are none.
        Err(rustix::io::Errno::NXIO) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
#[allow(clippy::unnecessary_wraps)]
fn next_data(_file: &File, at: u64) -> io::Result<Option<u64>> {
    Ok(Some(at))
}

/// Where the first whole batch is. The last byte of a batch is not zero, so none is cut off by leaving out zeros.
fn first_batch(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|at| bytes[*at] == batch::START && batch::read(&bytes[*at..]).is_ok())
}

/// The part of a file that is being looked at.
struct Window {
    file: File,
    bytes: Vec<u8>,
    /// Where in `bytes` the next batch is.
    at: usize,
    /// Whether the file ends with `bytes`.
    is_last: bool,
}

impl Window {
    /// The next batch, if there is a whole one.
    fn batch(&mut self) -> io::Result<Option<BatchRead>> {
        loop {
            match batch::read(&self.bytes[self.at..]) {
                Ok(batch) => {
                    self.at += batch.len;
                    return Ok(Some(batch));
                }
                Err(NoBatch::Short) if !self.is_last => self.read_on()?,
                Err(_) => return Ok(None),
            }
        }
    }

    /// Reads at least as much as there is already, so that a long batch is not looked at too often.
    fn read_on(&mut self) -> io::Result<()> {
        self.bytes.drain(..self.at);
        self.at = 0;
        let more = CHUNK.max(self.bytes.len());
        let read = (&self.file).take(more as u64).read_to_end(&mut self.bytes)?;
        self.is_last = read < more;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_hole_is_found_at_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.jnl");
        let file = File::create(&path).unwrap();
        file.set_len(64 << 20).unwrap();
        assert!(read_rest(&path, 0).unwrap().is_empty());
        assert!(read_rest(&path, 100).unwrap().is_empty());
        for at in [9_000_001, 4_096, 70] {
            std::os::unix::fs::FileExt::write_all_at(&file, &[7], at).unwrap();
            let rest = read_rest(&path, 60).unwrap();
            assert_eq!(rest.len(), 9_000_002 - 60);
            assert_eq!(rest[usize::try_from(at).unwrap() - 60], 7);
        }
        let rest = read_rest(&path, 60).unwrap();
        assert_eq!(rest.iter().filter(|byte| **byte != 0).count(), 3);
        assert!(read_rest(&path, 9_000_002).unwrap().is_empty());
    }
}
