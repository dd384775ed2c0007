//! The store on disk: fjall, one keyspace a table.
//!
//! Each commit is synced before it returns (fjall's own default is not), the journal is bounded because
//! opening replays it, and closing flushes it for the same reason. `fdatasync` is enough: it writes the length of
//! a file that has grown as well.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ::fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::journal::{self, Cut};
use super::{Batch, DataDir, Row, Store, StoreError, Table};
use crate::error::OpenError;

/// fjall accepts no less.
const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
const FLUSH_PATIENCE: Duration = Duration::from_secs(5);

/// The store on disk: what [`EngineBuilder::open`](crate::EngineBuilder::open) keeps a data directory with.
///
/// It is public to be wrapped, by a store that counts or encrypts, and handed to
/// [`EngineBuilder::open_store`](crate::EngineBuilder::open_store).
///
/// ```
/// use longhaul::store::{Batch, FjallStore, Store, Table};
///
/// let folder = tempfile::tempdir()?;
/// let store = FjallStore::open(folder.path())?;
/// let mut batch = Batch::default();
/// batch.put(Table::Ids, *b"order-42", vec![1]);
/// store.commit(&batch)?;
/// store.close()?;
/// drop(store);
///
/// let store = FjallStore::open(folder.path())?;
/// assert_eq!(store.get(Table::Ids, b"order-42")?, Some(vec![1]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FjallStore {
    tables: [Keyspace; Table::ALL.len()],
    database: Database,
    /// Whether a commit failed: then no other is tried.
    failed: AtomicBool,
    /// Last, so that it is given free after the database is closed.
    directory: DataDir,
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
    /// Opens the data directory at `path`, which is made where there is none. The process has it to itself until this is dropped.
    ///
    /// # Errors
    ///
    /// The directory is another's, of another kind or of a newer format; or what is in it is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self::open_in(DataDir::open(path.as_ref())?)?)
    }

    fn open_in(directory: DataDir) -> Result<Self, StoreError> {
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
        Ok(FjallStore { tables, database, failed: AtomicBool::new(false), directory })
    }

    fn table(&self, table: Table) -> &Keyspace {
        &self.tables[table as usize]
    }
}

impl fmt::Debug for FjallStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FjallStore").field(&self.directory).finish()
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
