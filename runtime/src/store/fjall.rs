//! The store on disk: fjall, one keyspace a table.
//!
//! Each commit is synced before it returns (fjall's own default is not), the journal is bounded because
//! opening replays it, and closing flushes it for the same reason. `fdatasync` is enough: it writes the length of
//! a file that has grown as well.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ::fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::commits::{Acknowledged, CommitNo};
use super::journal::{Cut, Journals};
use super::{Batch, DataDir, Row, Store, StoreError, Table};
use crate::error::OpenError;

/// fjall accepts no less.
const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
/// What an open has to put into memory again, at most, of each table. fjall's own 64 MiB lets the journal grow to several times
/// that, and an open take three times as long; with less than this, commits are slower. A keyspace keeps what it was made with.
const MEMTABLE_BYTES: u64 = 16 * 1024 * 1024;
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
    commits: Keyspace,
    database: Database,
    numbers: Mutex<Numbers>,
    /// Whether a commit failed: then no other is tried.
    failed: AtomicBool,
    /// Last, so that it is given free after the database is closed.
    directory: DataDir,
}

/// The numbers of commits.
struct Numbers {
    last: CommitNo,
    acknowledged: Acknowledged,
}

/// fjall's part of a store.
struct Opened {
    tables: [Keyspace; Table::ALL.len()],
    commits: Keyspace,
    database: Database,
}

fn open_tables(path: &Path) -> Result<Opened, StoreError> {
    let error = |source| StoreError::new(format!("open the store at {}", path.display()), source);
    let database =
        Database::builder(path).max_journaling_size(JOURNAL_BYTES).worker_threads(1).open().map_err(error)?;
    let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
    let table = |table: Table| database.keyspace(table.name(), options);
    let tables = Table::ALL
        .into_iter()
        .map(table)
        .collect::<Result<Vec<_>, _>>()
        .map_err(error)?
        .try_into()
        .map_err(|_| StoreError::new("open the store", "it has not one keyspace for each table"))?;
    let commits = database.keyspace(CommitNo::KEYSPACE, options).map_err(error)?;
    Ok(Opened { tables, commits, database })
}

impl Opened {
    /// The number of the last commit; none in a store that has only been written to before commits had numbers.
    fn last_commit(&self) -> Result<Option<CommitNo>, StoreError> {
        let error = |source: Box<dyn Error + Send + Sync>| {
            StoreError::new("read the number of the last commit", source)
        };
        let Some(stored) = self.commits.get(CommitNo::KEY).map_err(|source| error(source.into()))? else {
            return Ok(None);
        };
        CommitNo::from_stored(&stored)
            .map(Some)
            .ok_or_else(|| error("it is damaged: restore the data directory from a backup".into()))
    }
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
                let made = open_tables(path)?;
                made.database
                    .persist(PersistMode::SyncAll)
                    .map_err(|source| StoreError::new("sync the new store", source))
            })
            .map_err(|source| StoreError::new("make the store", source))?;
        let error = |source: Box<dyn Error + Send + Sync>| StoreError::new("read the journal", source);
        let (mut acknowledged, last_acknowledged) =
            Acknowledged::open(&directory.acknowledged_path()).map_err(|source| error(source.into()))?;
        let path = directory.store_path();
        let journals = Journals::survey(&path).map_err(error)?;
        if journals.last.is_some() {
            journals.check_end(journals.last, last_acknowledged).map_err(|damage| error(damage.into()))?;
        }
        let torn =
            journals.cut.as_ref().map(Cut::carry_out).transpose().map_err(|source| error(source.into()))?;
        let opened = open_tables(&path)?;
        let last = opened.last_commit()?;
        // Only now it is known where the journals are empty, because all before is in the tables.
        if let Err(damage) = journals.check_end(last, last_acknowledged) {
            drop(opened);
            if let Some((cut, torn)) = journals.cut.zip(torn) {
                cut.undo(&torn).map_err(|source| error(source.into()))?;
            }
            return Err(error(damage.into()));
        }
        if let Some(Cut { journal, batches, at, bytes }) = journals.cut {
            let journal = journal.display();
            tracing::warn!(%journal, batches, at, bytes, "cut off what was being written when the machine stopped");
        }
        let last = last.unwrap_or(CommitNo(0));
        // What is found is gone on from, so it counts as acknowledged; opening has synced it.
        if last_acknowledged.unwrap_or(CommitNo(0)) < last {
            acknowledged.note(last).map_err(|source| error(source.into()))?;
        }
        let Opened { tables, commits, database } = opened;
        let numbers = Mutex::new(Numbers { last, acknowledged });
        Ok(FjallStore { tables, commits, database, numbers, failed: AtomicBool::new(false), directory })
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        // A commit that panicked acknowledged nothing; its number may be used again, since only one of two that have it
        // can be there.
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the last commit that is in it.
    pub(super) fn last_commit(&self) -> CommitNo {
        self.numbers().last
    }

    /// Flushing only shortens the next opening, so it is not waited for without end, nor where it has failed.
    fn wait_for_flush(&self) {
        #[allow(clippy::disallowed_methods)] // how long a close takes is no input of the core's
        let now = Instant::now;
        let give_up = now() + FLUSH_PATIENCE;
        while self.tables.iter().chain([&self.commits]).any(|table| table.sealed_memtable_count() > 0) {
            if let Err(error) = self.database.persist(PersistMode::Buffer) {
                tracing::warn!(%error, "the journal was not written to the tables on closing; the next open reads it");
                return;
            }
            if now() > give_up {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Why fjall's own thread could not write the tables. It tells its log only, so the disk is asked.
    fn background_failure(&self) -> StoreError {
        let cause = match self.directory.try_disk() {
            Err(error) => format!("the disk cannot be written to: {error}"),
            Ok(()) => {
                "the disk can be written to again; the log has the cause, of the target `fjall`".to_owned()
            }
        };
        StoreError::new(
            "commit to disk",
            format!("the tables could not be written in the background; {cause}"),
        )
    }

    /// The table that fjall has under this number.
    pub(super) fn table_numbered(&self, number: u64) -> Option<Table> {
        let number = number.to_string();
        Table::ALL.into_iter().find(|table| self.table(*table).path().ends_with(&number))
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
        if batch.is_empty() {
            return Ok(());
        }
        let mut numbers = self.numbers();
        let number = numbers.last.next();
        let mut writes = ::fjall::OwnedWriteBatch::with_capacity(self.database.clone(), batch.len() + 1)
            .durability(Some(PersistMode::SyncData));
        for write in batch.writes() {
            let table = self.table(write.table);
            match write.value {
                Some(value) => writes.insert(table, write.key, value),
                None => writes.remove(table, write.key),
            }
        }
        writes.insert(&self.commits, CommitNo::KEY, number.to_stored());
        writes.commit().map_err(|error| {
            self.failed.store(true, Ordering::Release);
            match error {
                ::fjall::Error::Poisoned => self.background_failure(),
                error => StoreError::new("commit to disk", error),
            }
        })?;
        numbers.last = number;
        if let Err(error) = numbers.acknowledged.note(number) {
            // What was to be durable is. If the end of the journal is damaged before this can be written again, it is not found out.
            tracing::warn!(%error, commit = number.0, "could not write which commit was acknowledged last");
        }
        Ok(())
    }

    // One batch, and not one after the other with a common sync: of several that were not synced, a power cut may leave a later one and
    // not the first, which is what damage of acknowledged ones looks like (`journal/mod.rs`).
    fn commit_all(&self, batches: &[Arc<Batch>]) -> Result<(), StoreError> {
        self.commit(&Batch::merged(batches.iter().map(Arc::as_ref)))
    }

    fn close(&self) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Acquire) {
            return Ok(()); // what was to be said was said by the commit
        }
        self.database
            .persist(PersistMode::SyncAll)
            .map_err(|error| StoreError::new("sync the journal on closing", error))?;
        self.numbers()
            .acknowledged
            .sync()
            .map_err(|error| StoreError::new("sync what was acknowledged on closing", error))?;
        for table in self.tables.iter().chain([&self.commits]) {
            table.rotate_memtable().map_err(|error| StoreError::new("flush the tables on closing", error))?;
        }
        self.wait_for_flush();
        Ok(())
    }
}
