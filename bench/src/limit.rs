//! How fast bare fjall commits what the engine commits: the same writes in the same batches, each synced.
//!
//! It is told in the same run: the batches of a load are noted while the engine commits them, and then committed again to a fresh
//! database by one thread that does nothing else.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fjall::{Database, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode};
use longhaul::store::{Batch, Row, Store, StoreError, Table};

/// A store that notes what is committed to another.
pub(crate) struct Noting<S> {
    store: S,
    noted: Noted,
}

/// The batches, in their order; those that were committed together are one.
pub(crate) type Noted = Arc<Mutex<Vec<Batch>>>;

impl<S: Store> Noting<S> {
    pub(crate) fn new(store: S, noted: &Noted) -> Self {
        Noting { store, noted: Arc::clone(noted) }
    }
}

impl<S: Store> Store for Noting<S> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key)
    }

    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.store.scan(table, from, limit)
    }

    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.last_key(table)
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        self.store.commit(batch)?;
        let mut noted =
            self.noted.lock().map_err(|_| StoreError::new("note a batch", "a thread panicked"))?;
        noted.push(batch.clone());
        Ok(())
    }

    fn commit_all(&self, batches: &[Arc<Batch>]) -> Result<(), StoreError> {
        // As the runtime's store does it.
        self.commit(&Batch::merged(batches.iter().map(Arc::as_ref)))
    }

    fn close(&self) -> Result<(), StoreError> {
        self.store.close()
    }
}

/// As the runtime opens fjall (`runtime/src/store/fjall.rs`).
const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
const MEMTABLE_BYTES: u64 = 16 * 1024 * 1024;

/// The time in which bare fjall commits these batches. What the runtime adds to each, its number, is not in it.
pub(crate) fn commit_all(folder: &Path, batches: &[Batch]) -> Result<Duration, Box<dyn Error>> {
    let database = Database::builder(folder).max_journaling_size(JOURNAL_BYTES).worker_threads(1).open()?;
    let tables = Table::ALL
        .map(|table| {
            let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
            database.keyspace(table.name(), options)
        })
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    for batch in batches {
        let mut writes = OwnedWriteBatch::with_capacity(database.clone(), batch.len())
            .durability(Some(PersistMode::SyncData));
        for write in batch.writes() {
            let table = &tables[write.table as usize];
            match write.value {
                Some(value) => writes.insert(table, write.key, value),
                None => writes.remove(table, write.key),
            }
        }
        writes.commit()?;
    }
    Ok(begun.elapsed())
}
