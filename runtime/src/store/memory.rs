//! A store in memory: for tests and for what need not outlive the process. It can crash at any write.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Batch, Row, Store, StoreError, Table, Write};

/// The "disk" of a [`MemoryStore`]: what was committed to it outlives the engine that did.
///
/// Clones are the same disk; [`MemoryDisk::snapshot`] is a copy of its own.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Disk>>);

#[derive(Debug, Clone, Default)]
struct Disk {
    tables: [BTreeMap<Vec<u8>, Vec<u8>>; Table::ALL.len()],
    commits: u64,
    fault: Option<(u64, CommitFault)>,
}

/// How a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// Nothing of the batch is there afterwards.
    Lost,
    /// All of the batch is there afterwards, but the caller is told that it failed.
    AppliedButReported,
    /// The disk is full: nothing of the batch is there afterwards.
    Full,
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store on this disk.
    pub fn store(&self) -> MemoryStore {
        MemoryStore { disk: self.clone(), failed: AtomicBool::new(false) }
    }

    /// A copy of the disk as it is now: what a crash at this moment would leave.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let mut copy = self.lock().clone();
        copy.fault = None;
        MemoryDisk(Arc::new(Mutex::new(copy)))
    }

    /// How many batches were committed so far.
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Lets the commit after the next `after` ones fail; with 0 it is the next.
    pub fn fail_commit(&self, after: u64, fault: CommitFault) {
        let mut disk = self.lock();
        disk.fault = Some((disk.commits + after, fault));
    }

    /// The value of a key as it is on the disk.
    pub fn read(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        self.lock().tables[table as usize].get(key).cloned()
    }

    /// Sets or deletes a key behind the engine's back: how a test damages a record.
    pub fn write(&self, table: Table, key: &[u8], value: Option<&[u8]>) {
        self.lock().apply(Write { table, key, value });
    }

    /// All rows of a table, in the order of their keys.
    pub fn rows(&self, table: Table) -> Vec<Row> {
        self.lock().tables[table as usize].iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        // No code that can panic runs under the lock, so a poisoned one holds what it should.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    fn apply(&mut self, write: Write<'_>) {
        let table = &mut self.tables[write.table as usize];
        match write.value {
            Some(value) => table.insert(write.key.to_vec(), value.to_vec()),
            None => table.remove(write.key),
        };
    }
}

/// A [`Store`] on a [`MemoryDisk`].
#[derive(Debug)]
pub struct MemoryStore {
    disk: MemoryDisk,
    failed: AtomicBool,
}

impl Store for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.disk.read(table, key))
    }

    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let disk = self.disk.lock();
        let rows = disk.tables[table as usize].range(from.to_vec()..).take(limit);
        Ok(rows.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.disk.lock().tables[table as usize].last_key_value().map(|(key, _)| key.clone()))
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(StoreError::new("commit", "an earlier commit failed"));
        }
        debug_assert!(changes_each_key_once(batch), "{batch:?}");
        let mut disk = self.disk.lock();
        let fault = disk.fault.filter(|(at, _)| *at == disk.commits).map(|(_, fault)| fault);
        self.failed.store(fault.is_some(), Ordering::Release);
        if !matches!(fault, Some(CommitFault::Lost | CommitFault::Full)) {
            batch.writes().for_each(|write| disk.apply(write));
            disk.commits += 1;
        }
        match fault {
            None => Ok(()),
            Some(fault) => {
                disk.fault = None;
                let source = match fault {
                    CommitFault::Full => std::io::Error::from(std::io::ErrorKind::StorageFull),
                    _ => std::io::Error::other("the sync failed (as the test asked)"),
                };
                Err(StoreError::new("commit", source))
            }
        }
    }

    fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn changes_each_key_once(batch: &Batch) -> bool {
    let mut keys: Vec<_> = batch.writes().map(|write| (write.table, write.key)).collect();
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair[0] != pair[1])
}
