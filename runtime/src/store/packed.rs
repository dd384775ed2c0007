//! Where the entries of a run's log are. The last ones stand in the run's own record, behind its state (the run's *tail*), because a key
//! costs more than its bytes; all others in table `log`, in rows of one or of several that follow one another. Each entry is in one
//! place.
//!
//! A row has the number of its last entry, so the first row that is not before (run, n) has entry n, if a row has it.

use super::envelope::{LIST, ONE, open_body, seal, seal_body, write};
use super::{Batch, Damage, DamageReason, LogEntry, RunNo, RunRecord, Seq, Table};
use crate::codec;

/// Log entries that follow one another, encoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    entries: Vec<u8>,
    count: usize,
    /// The number that the next one has.
    end: Seq,
}

/// A log entry, encoded.
pub(crate) struct Encoded<'a> {
    seq: Seq,
    bytes: &'a [u8],
}

impl<'a> Encoded<'a> {
    /// Encodes an entry into `memory`, where nothing else is kept.
    pub(crate) fn new(seq: Seq, entry: &LogEntry, memory: &'a mut Vec<u8>) -> Self {
        memory.clear();
        let mut out = codec::Writer::new(std::mem::take(memory));
        write(&mut out, entry);
        *memory = out.into_bytes();
        Encoded { seq, bytes: memory }
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Writes it as a row of its own.
    pub(crate) fn write(&self, no: RunNo, batch: &mut Batch) {
        write_row(no, self.seq, 1, &[self.bytes], batch);
    }
}

impl Tail {
    /// How many bytes the entries have.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether an entry may follow.
    pub(crate) fn takes(&self, entry: &Encoded<'_>) -> bool {
        self.is_empty() || self.end == entry.seq
    }

    /// Adds an entry, which [may follow](Self::takes).
    pub(crate) fn push(&mut self, entry: &Encoded<'_>) {
        debug_assert!(self.takes(entry));
        // No more than they need: each run in memory has some.
        self.entries.reserve_exact(entry.bytes.len());
        self.entries.extend_from_slice(entry.bytes);
        self.count += 1;
        self.end = Seq(entry.seq.0 + 1);
    }

    /// Writes the entries as a row, with one more that [may follow](Self::takes). None are left.
    pub(crate) fn write_with(&mut self, entry: &Encoded<'_>, no: RunNo, batch: &mut Batch) {
        debug_assert!(self.takes(entry));
        write_row(no, entry.seq, self.count + 1, &[&self.entries, entry.bytes], batch);
        *self = Tail::default();
    }

    /// Writes the entries as a row, if there are any. None are left.
    pub(crate) fn write(&mut self, no: RunNo, batch: &mut Batch) {
        if let Some(last) = self.end.0.checked_sub(1).filter(|_| self.count > 0) {
            write_row(no, Seq(last), self.count, &[&self.entries], batch);
            *self = Tail::default();
        }
    }

    /// The entries, with their numbers.
    fn decode(&self) -> Result<Vec<(Seq, LogEntry)>, codec::CodecError> {
        let first = self.end.0.saturating_sub(self.count as u64);
        let mut rest = &self.entries[..];
        (first..self.end.0)
            .map(|seq| {
                let (entry, behind) = codec::decode_first(rest)?;
                rest = behind;
                Ok((Seq(seq), entry))
            })
            .collect()
    }
}

/// Writes a row of `count` entries, of which the last has the number `last`.
fn write_row(no: RunNo, last: Seq, count: usize, parts: &[&[u8]], batch: &mut Batch) {
    let key = no.log_key(last);
    let version = if count == 1 { ONE } else { LIST };
    batch.seal_by(Table::Log, &key, |bytes| {
        seal_body(bytes, (Table::Log, &key), version, &mut |out| {
            if version == LIST {
                out.head_of_list(count);
            }
            for part in parts {
                out.raw(part);
            }
        })
    });
}

/// Writes a run's record; gives how many bytes of it are the state's.
pub(crate) fn write_run(no: RunNo, record: &RunRecord, tail: &Tail, batch: &mut Batch) -> usize {
    let key = no.key();
    batch.seal_by(Table::Runs, &key, |bytes| seal_run(bytes, &key, record, tail)) - tail.len()
}

fn seal_run(bytes: Vec<u8>, key: &[u8], record: &RunRecord, tail: &Tail) -> Vec<u8> {
    seal_body(bytes, (Table::Runs, key), LIST, &mut |out| {
        out.head_of_list(1 + tail.count);
        write(out, record);
        out.raw(&tail.entries);
    })
}

impl RunRecord {
    /// The bytes that the store has for this record under run number `no`, as long as none of the run's log entries stand in it.
    pub fn to_stored(&self, no: RunNo) -> Vec<u8> {
        seal_run(Vec::with_capacity(256), &no.key(), self, &Tail::default())
    }

    /// Whether these bytes are what the store has for this record under run number `no`, whichever log entries stand in them.
    pub fn is_stored_as(&self, no: RunNo, stored: &[u8]) -> bool {
        let key = no.key();
        let Ok(StoredRun { tail, .. }) = StoredRun::open(&key, stored) else { return false };
        let own = match stored.first() {
            Some(&ONE) => seal(Table::Runs, &key, self),
            _ => seal_run(Vec::with_capacity(stored.len()), &key, self, &tail),
        };
        own == stored
    }
}

/// What the store has of a run under its number: its state, and the last entries of its log.
///
/// ```
/// use longhaul::prelude::*;
/// use longhaul::store::{LogRow, MemoryDisk, RunNo, Seq, StoredRun, Table};
/// use longhaul::Engine;
///
/// #[workflow]
/// async fn doubled(ctx: &Context, number: u32) -> u32 {
///     ctx.sleep(std::time::Duration::from_millis(1)).await;
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let disk = MemoryDisk::new();
/// let engine = Engine::builder().workflow::<doubled>().open_store(disk.store()).await?;
/// engine.start::<doubled>(21).await?.result().await?;
/// let key = RunNo(0).key();
/// let stored = StoredRun::open(&key, &disk.read(Table::Runs, &key).expect("it was started"))?;
/// let logged: Vec<Seq> = stored.entries()?.into_iter().map(|(seq, _)| seq).collect();
/// assert_eq!((stored.record.seq, logged), (Seq(2), vec![Seq(0), Seq(1)]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun {
    /// Its state.
    pub record: RunRecord,
    pub(crate) tail: Tail,
    key: Vec<u8>,
}

impl StoredRun {
    /// Reads what stands under a key of table `runs`.
    ///
    /// # Errors
    ///
    /// It is damaged, or of a newer version.
    pub fn open(key: &[u8], stored: &[u8]) -> Result<Self, Damage> {
        let (version, body) = open_body(Table::Runs, key, stored, LIST)?;
        let undecodable = |error: codec::CodecError| {
            Damage::new(Table::Runs, key, DamageReason::Undecodable(error.to_string()))
        };
        let (values, body) =
            if version == ONE { (1, body) } else { codec::list(body).map_err(undecodable)? };
        let (record, entries): (RunRecord, _) = codec::decode_first(body).map_err(undecodable)?;
        let count = values.saturating_sub(1);
        if count as u64 > record.seq.0 {
            let reason = format!("it has {count} log entries after {} transitions", record.seq.0);
            return Err(Damage::new(Table::Runs, key, DamageReason::Undecodable(reason)));
        }
        let tail = Tail { entries: entries.to_vec(), count, end: record.seq };
        Ok(StoredRun { record, tail, key: key.to_vec() })
    }

    /// The entries of the log that stand in it, with their numbers: the last ones up to its state.
    ///
    /// # Errors
    ///
    /// They do not decode.
    pub fn entries(&self) -> Result<Vec<(Seq, LogEntry)>, Damage> {
        self.tail.decode().map_err(|error| {
            Damage::new(Table::Runs, &self.key, DamageReason::Undecodable(error.to_string()))
        })
    }
}

/// A row of table `log`: some transitions of a run that follow one another.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    /// The run.
    pub run: RunNo,
    /// The transitions, with their numbers.
    pub entries: Vec<(Seq, LogEntry)>,
}

impl LogRow {
    /// Reads what stands under a key of table `log`.
    ///
    /// # Errors
    ///
    /// It is damaged, or of a newer version.
    pub fn open(key: &[u8], stored: &[u8]) -> Result<Self, Damage> {
        let undecodable = |error: String| Damage::new(Table::Log, key, DamageReason::Undecodable(error));
        let (version, body) = open_body(Table::Log, key, stored, LIST)?;
        let Some((run, last)) = RunNo::from_log_key(key) else {
            return Err(undecodable("its key is no transition".to_owned()));
        };
        let told = |error: codec::CodecError| undecodable(error.to_string());
        let (count, body) = if version == ONE { (1, body) } else { codec::list(body).map_err(told)? };
        let Some(end) = last.0.checked_add(1).filter(|end| count > 0 && *end >= count as u64) else {
            return Err(undecodable(format!("it has {count} transitions up to number {}", last.0)));
        };
        let row = Tail { entries: body.to_vec(), count, end: Seq(end) };
        Ok(LogRow { run, entries: row.decode().map_err(told)? })
    }
}
