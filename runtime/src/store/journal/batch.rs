//! One batch of a journal, as bytes.
//!
//! A journal is a sequence of batches and then zeros or the end of the file. All numbers are little-endian.
//!
//! | part | bytes |
//! |---|---|
//! | start | 1 · number of items (4) · sequence number (8) |
//! | item | 2 · kind (1) · compression (1) · keyspace (8) · length of the key (2) · of the value (4) · of the value as it stands here (4) · key · value |
//! | clear | 4 · keyspace (8) |
//! | end | 3 · XXH3 of all items (8) · `FJL` · 3 |

use xxhash_rust::xxh3::xxh3_64;

use crate::store::commits::CommitNo;

/// What a batch begins with.
pub(super) const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const TRAILER: [u8; 4] = *b"FJL\x03";

/// A whole batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchRead {
    /// fjall's sequence number.
    pub(super) sequence: u64,
    /// Its length in bytes.
    pub(super) len: usize,
    /// The number of our commit.
    pub(super) commit: Option<CommitNo>,
}

/// Why bytes do not begin with a whole batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBatch {
    /// The bytes end before the batch does.
    Short,
    /// They are something else.
    Broken,
}

/// A row that a batch writes or deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Item<'a> {
    /// fjall's number of the keyspace.
    pub(in crate::store) keyspace: u64,
    pub(in crate::store) key: &'a [u8],
    /// The value as it stands in the journal.
    pub(in crate::store) value: &'a [u8],
}

/// Reads the batch that `bytes` begin with.
pub(super) fn read(bytes: &[u8]) -> Result<BatchRead, NoBatch> {
    let mut cursor = Cursor(bytes);
    let (count, sequence) = cursor.start()?;
    let (begin, mut commit) = (cursor.0, None);
    for _ in 0..count {
        if let Some(item) = cursor.item()? {
            commit = commit.or_else(|| CommitNo::of_row(item.key, item.value));
        }
    }
    let items = &begin[..begin.len() - cursor.0.len()];
    cursor.end(items)?;
    Ok(BatchRead { sequence, len: bytes.len() - cursor.0.len(), commit })
}

/// The rows of the batches that are in `bytes`, as far as they can be read, whatever stands between them. No checksum says that
/// they are right.
pub(in crate::store) fn readable_rows(bytes: &[u8]) -> Vec<Item<'_>> {
    let mut rows = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == START) {
        let mut cursor = Cursor(&rest[at..]);
        let before = rows.len();
        if let Ok((count, _)) = cursor.start() {
            for _ in 0..count {
                let Ok(item) = cursor.item() else { break };
                rows.extend(item);
            }
        }
        // Behind what was read; where that was nothing, there was no start.
        rest = if rows.len() > before { cursor.0 } else { &rest[at + 1..] };
    }
    rows
}

/// What is still to be read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, len: u64) -> Result<&'a [u8], NoBatch> {
        let taken = usize::try_from(len).ok().and_then(|len| self.0.split_at_checked(len));
        let (taken, rest) = taken.ok_or(NoBatch::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const LEN: usize>(&mut self) -> Result<[u8; LEN], NoBatch> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(NoBatch::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn tag(&mut self, expected: u8) -> Result<(), NoBatch> {
        let [tag] = self.array()?;
        if tag == expected { Ok(()) } else { Err(NoBatch::Broken) }
    }

    /// The number of items, and the sequence number.
    fn start(&mut self) -> Result<(u32, u64), NoBatch> {
        self.tag(START)?;
        Ok((u32::from_le_bytes(self.array()?), u64::from_le_bytes(self.array()?)))
    }

    fn item(&mut self) -> Result<Option<Item<'a>>, NoBatch> {
        let [tag] = self.array()?;
        match tag {
            CLEAR => self.array::<8>().map(|_| None),
            ITEM => {
                let [kind, compression] = self.array()?;
                if kind > 2 || compression > 1 {
                    return Err(NoBatch::Broken); // there is no such kind
                }
                let keyspace = u64::from_le_bytes(self.array()?);
                let key_len = u16::from_le_bytes(self.array()?);
                let _value_len = self.array::<4>()?;
                let stored_len = u32::from_le_bytes(self.array()?);
                Ok(Some(Item {
                    keyspace,
                    key: self.take(key_len.into())?,
                    value: self.take(stored_len.into())?,
                }))
            }
            _ => Err(NoBatch::Broken),
        }
    }

    fn end(&mut self, items: &[u8]) -> Result<(), NoBatch> {
        self.tag(END)?;
        let checksum = u64::from_le_bytes(self.array()?);
        let is_whole = self.array()? == TRAILER && checksum == xxh3_64(items);
        if is_whole { Ok(()) } else { Err(NoBatch::Broken) }
    }
}
