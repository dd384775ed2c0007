//! The store on disk: fjall, one keyspace a table.
//!
//! Each commit is synced before it returns (fjall's own default is not), the journal is bounded because
//! opening replays it, and closing flushes it for the same reason. `fdatasync` is enough: it writes the length of
//! a file that has grown as well.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ::fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::journal::{self, Cut};
use super::{Batch, DataDir, Row, Store, StoreError, Table};

/// fjall accepts no less.
const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
const FLUSH_PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct FjallStore {
    tables: [Keyspace; Table::ALL.len()],
    database: Database,
    /// Whether a commit failed: then no other is tried.
    failed: AtomicBool,
    // Last, so that the directory is given free after the database is closed.
    _directory: DataDir,
}

fn open_tables(path: &Path) -> Result<(Database, [Keyspace; Table::ALL.len()]), StoreError> {
    let error = |source| StoreError::new(format!("open the store at {}", path.display()), source);
    let database =
        Database::builder(path).max_journaling_size(JOURNAL_BYTES).worker_threads(1).open().map_err(error)?;
    let table = |table: Table| database.keyspace(table.name(), KeyspaceCreateOptions::default);
    let tables = Table::ALL
        .into_iter()
        .map(table)
        .collect::<Result<Vec<_>, _>>()
        .map_err(error)?
        .try_into()
        .map_err(|_| StoreError::new("open the store", "it has not one keyspace for each table"))?;
    Ok((database, tables))
}

impl FjallStore {
    pub(crate) fn open(directory: DataDir) -> Result<Self, StoreError> {
        // fjall does not open what a crash left of a database that was being made. So it is made aside.
        directory
            .make_store(|path| {
                let (database, tables) = open_tables(path)?;
                let made = database.persist(PersistMode::SyncAll);
                drop((tables, database));
                made.map_err(|source| StoreError::new("sync the new store", source))
            })
            .map_err(|source| StoreError::new("make the store", source))?;
        let path = directory.store_path();
        let cut = journal::mend(&path).map_err(|source| StoreError::new("read the journal", source))?;
        if let Some(Cut { journal, batches, at, bytes }) = cut {
            let journal = journal.display();
            tracing::warn!(%journal, batches, at, bytes, "cut off what was being written when the machine stopped");
        }
        let (database, tables) = open_tables(&path)?;
        Ok(FjallStore { tables, database, failed: AtomicBool::new(false), _directory: directory })
    }

    fn table(&self, table: Table) -> &Keyspace {
        &self.tables[table as usize]
    }
}

impl Store for FjallStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // fjall panics when asked for a key that is longer than it can store.
        if key.len() > usize::from(u16::MAX) {
            return Ok(None);
        }
        match self.table(table).get(key) {
            Ok(value) => Ok(value.map(|value| value.to_vec())),
            Err(error) => Err(StoreError::new(format!("read from table `{table}`"), error)),
        }
    }

    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.table(table)
            .range(from..)
            .take(limit)
            .map(|guard| match guard.into_inner() {
                Ok((key, value)) => Ok((key.to_vec(), value.to_vec())),
                Err(error) => Err(StoreError::new(format!("scan table `{table}`"), error)),
            })
            .collect()
    }

    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(guard) = self.table(table).last_key_value() else { return Ok(None) };
        let key = guard
            .key()
            .map_err(|error| StoreError::new(format!("read the last key of table `{table}`"), error))?;
        Ok(Some(key.to_vec()))
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(StoreError::new("commit to disk", "an earlier commit failed"));
        }
        let mut writes = ::fjall::OwnedWriteBatch::with_capacity(self.database.clone(), batch.writes.len())
            .durability(Some(PersistMode::SyncData));
        for write in &batch.writes {
            let table = self.table(write.table);
            match &write.value {
                Some(value) => writes.insert(table, write.key.as_slice(), value.as_slice()),
                None => writes.remove(table, write.key.as_slice()),
            }
        }
        writes.commit().map_err(|error| {
            self.failed.store(true, Ordering::Release);
            StoreError::new("commit to disk", error)
        })
    }

    fn close(&self) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Acquire) {
            return Ok(()); // what was to be said was said by the commit
        }
        self.database
            .persist(PersistMode::SyncAll)
            .map_err(|error| StoreError::new("sync the journal on closing", error))?;
        for table in &self.tables {
            table.rotate_memtable().map_err(|error| StoreError::new("flush the tables on closing", error))?;
        }
        // Flushing only shortens the next opening, so it is not waited for without end.
        #[allow(clippy::disallowed_methods)] // how long a close takes is no input of the core's
        let now = Instant::now;
        let give_up = now() + FLUSH_PATIENCE;
        while self.tables.iter().any(|table| table.sealed_memtable_count() > 0) && now() < give_up {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}
