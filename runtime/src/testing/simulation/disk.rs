//! The simulated disk: what of it a crash leaves, and a store on it that fails when it is told to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{Batch, Row, Store, StoreError, Table};

/// What is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tables([BTreeMap<Vec<u8>, Vec<u8>>; Table::ALL.len()]);

impl Tables {
    pub(super) fn table(&self, table: Table) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.0[table as usize]
    }

    pub(super) fn get(&self, table: Table, key: &[u8]) -> Option<&Vec<u8>> {
        self.table(table).get(key)
    }

    pub(super) fn apply(&mut self, batch: &Batch) {
        for write in batch.writes() {
            let table = &mut self.0[write.table as usize];
            match write.value {
                Some(value) => table.insert(write.key.to_vec(), value.to_vec()),
                None => table.remove(write.key),
            };
        }
    }
}

/// A bit of a stored value that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flipped {
    pub(super) table: Table,
    pub(super) key: Vec<u8>,
    /// The value as it was written, and as it is.
    written: Vec<u8>,
    is: Vec<u8>,
}

/// What became of a damaged value until it was mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mended {
    AsItWas,
    Deleted,
    Overwritten,
}

impl Tables {
    /// Flips a bit of a value that is not empty; `None` where there is none. Which one, `nth` says: first the table, then the value.
    pub(super) fn flip(&mut self, nth: u64, bit: u64) -> Option<Flipped> {
        let values = |table: &Table| self.table(*table).iter().filter(|(_, value)| !value.is_empty());
        let tables: Vec<Table> =
            Table::ALL.into_iter().filter(|table| values(table).next().is_some()).collect();
        let count = tables.len().max(1) as u64;
        let table = *tables.get(usize::try_from(nth % count).ok()?)?;
        let rows: Vec<_> = values(&table).collect();
        let (key, written) = rows[usize::try_from(nth / count % rows.len() as u64).ok()?];
        let (key, written) = (key.clone(), written.clone());
        let mut is = written.clone();
        let bit = bit % (8 * is.len() as u64);
        is[usize::try_from(bit / 8).ok()?] ^= 1 << (bit % 8);
        self.0[table as usize].insert(key.clone(), is.clone());
        Some(Flipped { table, key, written, is })
    }

    /// The bit is again what it was.
    pub(super) fn mend(&mut self, flipped: &Flipped) -> Mended {
        match self.get(flipped.table, &flipped.key) {
            None => Mended::Deleted,
            Some(found) if *found != flipped.is => Mended::Overwritten,
            Some(_) => {
                self.0[flipped.table as usize].insert(flipped.key.clone(), flipped.written.clone());
                Mended::AsItWas
            }
        }
    }
}

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// It is durable.
    Applied,
    /// It is reported as failed, and nothing of it is there.
    Lost,
    /// It is reported as failed, and all of it is there.
    AppliedButReported,
    /// It is reported as failed; of several batches that are committed together the first ones are there, of one nothing.
    FirstApplied,
    /// The disk is full: nothing of it is there.
    Full,
    /// It is reported as failed, nothing of it is there, and nothing can be read any more either.
    Poisoned,
}

impl Fate {
    pub(super) const FAILURES: [Fate; 5] =
        [Fate::Lost, Fate::AppliedButReported, Fate::FirstApplied, Fate::Full, Fate::Poisoned];

    /// How many of so many batches that are committed together are there.
    pub(super) fn applied(self, batches: usize) -> usize {
        match self {
            Fate::Applied | Fate::AppliedButReported => batches,
            Fate::FirstApplied => batches / 2,
            Fate::Lost | Fate::Full | Fate::Poisoned => 0,
        }
    }
}

/// A store of one life of an engine, on a simulated disk.
#[derive(Clone, Default)]
pub(super) struct SimulatedStore(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    tables: Tables,
    /// Of the next commit.
    fate: Option<Fate>,
    failed: bool,
    poisoned: bool,
    /// How many more reads go well before one fails.
    reads_left: Option<u64>,
    /// Whether one has failed.
    has_failed: bool,
    /// How often each table was read.
    reads_of: [u64; Table::ALL.len()],
    /// What was asked of the store that may not be asked.
    misuse: Option<String>,
}

impl SimulatedStore {
    pub(super) fn on(tables: Tables) -> Self {
        SimulatedStore(Arc::new(Mutex::new(State { tables, ..State::default() })))
    }

    /// Decides over the next commit.
    pub(super) fn decide(&self, fate: Fate) {
        self.lock().fate = Some(fate);
    }

    /// Whether a read has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.lock().has_failed
    }

    /// From now on so many reads go well, and the next one fails.
    pub(super) fn fail_read_after(&self, reads: u64) {
        self.lock().reads_left = Some(reads);
    }

    pub(super) fn reads_of(&self, table: Table) -> u64 {
        self.lock().reads_of[table as usize]
    }

    /// What is durable now.
    pub(super) fn tables(&self) -> Tables {
        self.lock().tables.clone()
    }

    /// What was asked of the store that may not be asked: a write after a failed one, or a key twice in one batch.
    pub(super) fn misuse(&self) -> Option<String> {
        self.lock().misuse.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, table: Table, read: impl FnOnce(&Tables) -> T) -> Result<T, StoreError> {
        let mut state = self.lock();
        state.reads_of[table as usize] += 1;
        let fails = state.reads_left == Some(0);
        state.reads_left = state.reads_left.and_then(|left| left.checked_sub(1));
        state.has_failed |= fails;
        if fails || state.poisoned {
            return Err(StoreError::new(
                "read",
                std::io::Error::other("the disk does not answer (simulated)"),
            ));
        }
        Ok(read(&state.tables))
    }
}

impl Store for SimulatedStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(table, |tables| tables.get(table, key).cloned())
    }

    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.read(table, |tables| {
            let rows = tables.table(table).range(from.to_vec()..).take(limit);
            rows.map(|(key, value)| (key.clone(), value.clone())).collect()
        })
    }

    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(table, |tables| tables.table(table).last_key_value().map(|(key, _)| key.clone()))
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        self.write(&[batch])
    }

    fn commit_all(&self, batches: &[Arc<Batch>]) -> Result<(), StoreError> {
        self.write(&batches.iter().map(Arc::as_ref).collect::<Vec<_>>())
    }

    fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl SimulatedStore {
    /// Writes batches in their order: one fate for all of them.
    fn write(&self, batches: &[&Batch]) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.failed {
            state.misuse = Some("a commit after one that had failed".to_owned());
            return Err(StoreError::new("commit", std::io::Error::other("a commit before it had failed")));
        }
        if let Some(twice) = batches.iter().find_map(|batch| twice_written(batch)) {
            state.misuse = Some(twice);
        }
        let fate = state.fate.take().unwrap_or(Fate::Applied);
        for batch in &batches[..fate.applied(batches.len())] {
            state.tables.apply(batch);
        }
        state.failed |= fate != Fate::Applied;
        state.poisoned |= fate == Fate::Poisoned;
        let source = match fate {
            Fate::Applied => return Ok(()),
            Fate::Full => std::io::Error::from(std::io::ErrorKind::StorageFull),
            Fate::Lost | Fate::AppliedButReported | Fate::FirstApplied | Fate::Poisoned => {
                std::io::Error::other("the sync failed (simulated)")
            }
        };
        Err(StoreError::new("commit", source))
    }
}

/// A key that is changed twice in one batch.
fn twice_written(batch: &Batch) -> Option<String> {
    let mut keys: Vec<_> = batch.writes().map(|write| (write.table, write.key)).collect();
    keys.sort_unstable();
    let twice = keys.windows(2).find(|pair| pair[0] == pair[1])?;
    let mut text = format!("a batch that writes twice to {} ", twice[0].0);
    for byte in twice[0].1 {
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}
