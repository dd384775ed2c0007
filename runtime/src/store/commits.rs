//! The numbers of commits. Each batch on disk has its number in it; `ACKNOWLEDGED`, a small file beside the store, has that of the
//! last one that was acknowledged. So an end of the journal that cannot be read is known to be damaged, and not merely torn.
//!
//! The file is written after each sync, and is not synced itself: after a power cut it may say too little, which only means that
//! less is found out. It never says too much.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The number of a commit, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CommitNo(pub(super) u64);

impl CommitNo {
    /// fjall's keyspace for the number. It has one row.
    pub(super) const KEYSPACE: &str = "commits";
    /// What no table of ours has for a key, so that it can be seen in a journal.
    pub(super) const KEY: [u8; 1] = [0xff];
    /// How long a number is, as it is stored.
    const STORED: usize = 12;

    pub(super) fn next(self) -> Self {
        CommitNo(self.0 + 1)
    }

    /// The number, little-endian, and the CRC-32 of the keyspace's name and that.
    pub(super) fn to_stored(self) -> [u8; Self::STORED] {
        let number = self.0.to_le_bytes();
        let mut stored = [0; Self::STORED];
        stored[..8].copy_from_slice(&number);
        stored[8..].copy_from_slice(&checksum(number).to_le_bytes());
        stored
    }

    pub(super) fn from_stored(stored: &[u8]) -> Option<Self> {
        let (number, crc) = stored.split_first_chunk::<8>()?;
        (crc == checksum(*number).to_le_bytes()).then(|| CommitNo(u64::from_le_bytes(*number)))
    }

    /// The number that a row of a journal is, if it is one.
    pub(super) fn of_row(key: &[u8], value: &[u8]) -> Option<Self> {
        if key == Self::KEY { Self::from_stored(value) } else { None }
    }
}

fn checksum(number: [u8; 8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(CommitNo::KEYSPACE.as_bytes());
    hasher.update(&number);
    hasher.finalize()
}

/// The file `ACKNOWLEDGED`: two slots that are written in turn, so that one of them is always whole.
#[derive(Debug)]
pub(super) struct Acknowledged(File);

impl Acknowledged {
    pub(super) const NAME: &str = "ACKNOWLEDGED";
    /// Each slot is in a sector of its own.
    const SLOT: usize = 512;

    /// Opens the file at `path`, making it where there is none, and gives the last number that it has.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<CommitNo>)> {
        let last = Self::read(path)?;
        let mut file = File::options().write(true).create(true).truncate(false).open(path)?;
        // So that it takes its place on the disk now, and not at a commit.
        let len = usize::try_from(file.seek(SeekFrom::End(0))?).unwrap_or(usize::MAX);
        if len < 2 * Self::SLOT {
            file.write_all(&[0; 2 * Self::SLOT][len..])?;
        }
        Ok((Acknowledged(file), last))
    }

    /// The last number in the file at `path`; none where the file or its slots are not there.
    pub(super) fn read(path: &Path) -> io::Result<Option<CommitNo>> {
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(file) => file.take(2 * Self::SLOT as u64).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let slots = bytes.chunks(Self::SLOT);
        // Zeros are no number: their checksum is not zero.
        Ok(slots.filter_map(|slot| CommitNo::from_stored(slot.get(..CommitNo::STORED)?)).max())
    }

    /// Takes note of a number.
    pub(super) fn note(&mut self, number: CommitNo) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(number.0 % 2 * Self::SLOT as u64))?;
        self.0.write_all(&number.to_stored())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_is_read_whatever_becomes_of_the_slot_being_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(Acknowledged::NAME);
        assert_eq!(Acknowledged::read(&path).unwrap(), None);
        let (mut file, last) = Acknowledged::open(&path).unwrap();
        assert_eq!(last, None);
        for number in 1..5 {
            file.note(CommitNo(number)).unwrap();
            assert_eq!(Acknowledged::read(&path).unwrap(), Some(CommitNo(number)));
        }
        let whole = std::fs::read(&path).unwrap();
        // The slot of the number 4.
        for at in 0..CommitNo::STORED {
            let mut torn = whole.clone();
            torn[at] ^= 0x10;
            std::fs::write(&path, torn).unwrap();
            assert_eq!(Acknowledged::read(&path).unwrap(), Some(CommitNo(3)), "byte {at}");
        }
        for len in 0..whole.len() {
            std::fs::write(&path, &whole[..len]).unwrap();
            let last = if len < CommitNo::STORED { None } else { Some(CommitNo(4)) };
            assert_eq!(Acknowledged::read(&path).unwrap(), last, "{len} bytes");
            assert_eq!(Acknowledged::open(&path).unwrap().1, last, "{len} bytes");
            assert_eq!(Acknowledged::read(&path).unwrap(), last, "{len} bytes, and open");
        }
        assert_eq!(CommitNo::from_stored(&[0; 12]), None);
    }
}
