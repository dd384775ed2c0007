//! The journal, read by ourselves before fjall reads it.
//!
//! fjall takes the first thing in a journal that it cannot read for the end, and cuts the file there: what is behind a
//! damaged place would be lost without a word. So each journal is surveyed first, and not changed by that. A batch is only begun
//! once the one before it is synced; hence a place that cannot be read is either the last batch, torn before it was
//! acknowledged, or, where a whole batch stands behind it, damage of what was acknowledged.
//!
//! A journal is a sequence of batches and then zeros or the end of the file. All numbers are little-endian.
//!
//! | part | bytes |
//! |---|---|
//! | start | 1 · number of items (4) · sequence number (8) |
//! | item | 2 · kind (1) · compression (1) · keyspace (8) · length of the key (2) · of the value (4) · of the value as it stands here (4) · key · value |
//! | clear | 4 · keyspace (8) |
//! | end | 3 · XXH3 of all items (8) · `FJL` · 3 |

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const TRAILER: [u8; 4] = *b"FJL\x03";
/// An item without its tag, key and value.
const ITEM_HEADER: usize = 20;

/// What a journal holds, by position in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Survey {
    /// The file.
    path: PathBuf,
    /// How many whole batches it begins with.
    batches: u64,
    /// Where they end.
    whole: u64,
    /// What is behind them.
    rest: Rest,
}

/// What is behind the whole batches at the beginning of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nothing: zeros, or the end of the file.
    Nothing,
    /// So many bytes that are not zero, and no whole batch among them.
    Torn(u64),
    /// A whole batch, here.
    BatchAt(u64),
}

/// Something that was acknowledged cannot be read in a journal. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalDamage {
    /// A place cannot be read, and what was acknowledged after it stands behind it.
    #[error(
        "{} cannot be read from byte {at} on, and what was acknowledged later stands behind it, at byte {behind}: \
         restore the data directory from a backup", path.display()
    )]
    Middle {
        /// The journal.
        path: PathBuf,
        /// Where it cannot be read.
        at: u64,
        /// Where a whole batch stands behind that.
        behind: u64,
    },
    /// The end of a journal that was finished cannot be read.
    #[error(
        "{} cannot be read from byte {at} on, and there is a later journal: restore the data directory from a \
         backup", path.display()
    )]
    Finished {
        /// The journal.
        path: PathBuf,
        /// Where it cannot be read.
        at: u64,
    },
    /// A journal between two others is not there.
    #[error("{} is missing: restore the data directory from a backup", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
}

/// What was cut off the end of the newest journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The journal.
    pub journal: PathBuf,
    /// How many whole batches are before it.
    pub batches: u64,
    /// Where it was cut, in bytes from the beginning.
    pub at: u64,
    /// How many bytes were cut off, zeros at the end aside.
    pub bytes: u64,
}

/// Surveys all journals of the store at `path`, and cuts off a batch that was torn before it was acknowledged. On damage,
/// nothing is changed.
pub(super) fn mend(path: &Path) -> Result<Option<Cut>, Box<dyn Error + Send + Sync>> {
    let surveys = survey_all(path)?;
    let newest = surveys.len().saturating_sub(1);
    let mut cut = None;
    for (at, survey) in surveys.into_iter().enumerate() {
        match survey.rest {
            Rest::Nothing => {}
            Rest::BatchAt(behind) => {
                return Err(JournalDamage::Middle { path: survey.path, at: survey.whole, behind }.into());
            }
            Rest::Torn(_) if at < newest => {
                return Err(JournalDamage::Finished { path: survey.path, at: survey.whole }.into());
            }
            Rest::Torn(bytes) => {
                let Survey { path: journal, batches, whole: at, .. } = survey;
                cut = Some(Cut { journal, batches, at, bytes });
            }
        }
    }
    if let Some(Cut { journal, at, .. }) = &cut {
        let file = File::options().write(true).open(journal)?;
        file.set_len(*at)?;
        file.sync_all()?;
    }
    Ok(cut)
}

/// Surveys the journals of the store at `path`, oldest first. Only the last one is still being written.
fn survey_all(path: &Path) -> Result<Vec<Survey>, Box<dyn Error + Send + Sync>> {
    let mut journals = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if let Some(number) = name.and_then(|name| name.strip_suffix(".jnl")?.parse::<u64>().ok()) {
            journals.push((number, path));
        }
    }
    journals.sort_unstable();
    // They are numbered one by one, and go from the oldest on.
    if let Some(pair) = journals.windows(2).find(|pair| pair[0].0 + 1 != pair[1].0) {
        return Err(JournalDamage::Missing { path: path.join(format!("{}.jnl", pair[0].0 + 1)) }.into());
    }
    Ok(journals.into_iter().map(|(_, path)| survey(path)).collect::<io::Result<_>>()?)
}

fn survey(path: PathBuf) -> io::Result<Survey> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(&path)?);
    let (mut batches, mut whole, mut last) = (0, 0, None);
    while let Some(batch) = read_batch(&mut reader)? {
        // Sequence numbers rise. No checksum covers them, and with a wrong one an old value could hide a newer.
        if last.is_some_and(|last| batch.number <= last) {
            return Ok(Survey { path, batches, whole, rest: Rest::BatchAt(whole) });
        }
        (batches, whole, last) = (batches + 1, whole + batch.bytes, Some(batch.number));
    }
    let rest = survey_rest(&path, whole)?;
    Ok(Survey { path, batches, whole, rest })
}

/// Looks at all that is behind the first `whole` bytes.
fn survey_rest(path: &Path, whole: u64) -> io::Result<Rest> {
    let mut file = File::open(path)?;
    io::Seek::seek(&mut file, io::SeekFrom::Start(whole))?;
    let mut chunk = vec![0; 1 << 20];
    let mut rest = Vec::new();
    // Where the last byte that is not zero ends. Zeros are kept only where something follows.
    let mut zeros = 0;
    loop {
        let len = file.read(&mut chunk)?;
        if len == 0 {
            break;
        }
        match chunk[..len].iter().rposition(|byte| *byte != 0) {
            None => zeros += len,
            Some(at) => {
                rest.resize(rest.len() + zeros, 0);
                rest.extend_from_slice(&chunk[..=at]);
                zeros = len - at - 1;
            }
        }
    }
    if rest.is_empty() {
        return Ok(Rest::Nothing);
    }
    // The magic bytes end in one that is not zero, so no whole batch is cut off here.
    for at in 0..rest.len() {
        if rest[at] == START && read_batch(&mut &rest[at..])?.is_some() {
            return Ok(Rest::BatchAt(whole + at as u64));
        }
    }
    Ok(Rest::Torn(rest.len() as u64))
}

/// A whole batch.
struct BatchRead {
    number: u64,
    bytes: u64,
}

/// Reads one batch, if there is a whole one.
fn read_batch(from: &mut impl Read) -> io::Result<Option<BatchRead>> {
    match try_read_batch(from) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        other => other,
    }
}

fn try_read_batch(from: &mut impl Read) -> io::Result<Option<BatchRead>> {
    let [tag, start @ ..] = read::<13>(from)?;
    let (items, number) = start.split_at(4);
    if tag != START {
        return Ok(None);
    }
    let (items, number) = (little_endian(items), little_endian(number));
    let mut hash = Xxh3::new();
    let mut bytes = 13;
    for _ in 0..items {
        let [tag] = read::<1>(from)?;
        hash.update(&[tag]);
        bytes += 1;
        let len = match tag {
            CLEAR => 8,
            ITEM => {
                let header = read::<ITEM_HEADER>(from)?;
                if header[0] > 2 || header[1] > 1 {
                    return Ok(None); // no such kind of item or of compression
                }
                hash.update(&header);
                bytes += ITEM_HEADER as u64;
                little_endian(&header[10..12]) + little_endian(&header[16..20])
            }
            _ => return Ok(None),
        };
        if !hash_bytes(from, len, &mut hash)? {
            return Ok(None);
        }
        bytes += len;
    }
    let [tag, end @ ..] = read::<13>(from)?;
    let (checksum, trailer) = end.split_at(8);
    let whole = tag == END && trailer == TRAILER && little_endian(checksum) == hash.digest();
    Ok(whole.then_some(BatchRead { number, bytes: bytes + 13 }))
}

/// Hashes the next `len` bytes; `false` if there are fewer.
fn hash_bytes(from: &mut impl Read, len: u64, hash: &mut Xxh3) -> io::Result<bool> {
    let mut left = len;
    let mut chunk = [0; 4_096];
    while left > 0 {
        let want = usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len()));
        match from.read(&mut chunk[..want])? {
            0 => return Ok(false),
            len => {
                hash.update(&chunk[..len]);
                left -= len as u64;
            }
        }
    }
    Ok(true)
}

fn read<const LEN: usize>(from: &mut impl Read) -> io::Result<[u8; LEN]> {
    let mut bytes = [0; LEN];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The number that up to eight bytes are.
fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
