//! Where runs are kept: a [`Store`] is a handful of ordered tables and one atomic, durable write.
//!
//! One thread at a time writes, others read meanwhile. [`MemoryDisk`] keeps everything in memory and fails on demand;
//! the data directory on disk is kept by fjall.

mod batch;
mod calls;
mod commits;
#[cfg(test)]
mod compat_tests;
mod directory;
mod envelope;
mod fjall;
mod journal;
mod key;
mod memory;
mod packed;
mod record;
mod repair;
mod wide;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

pub use self::fjall::FjallStore;
pub use batch::{Batch, Write};
pub use calls::StoredCall;
pub use envelope::{Damage, DamageReason};
pub use journal::{Cut, JournalDamage};
pub use key::{RunNo, Seq, TaskId, TimerKey};
pub use memory::{CommitFault, MemoryDisk, MemoryStore};
pub use packed::{LogRow, StoredRun};
pub use record::{
    AnswerRecord, Armed, CommandRecord, EventRecord, HeartbeatRecord, LaterRecord, LogEntry, MarkRecord,
    Operation, Outcome, ParkReason, Phase, RunRecord, TaskRecord, UpdateRecord,
};
pub use repair::{Repaired, TouchedRun, repair};
pub use wide::{ArmedRecord, FrameRecord};

pub use crate::text::Text;

pub(crate) use calls::write_call;
use directory::DataDir;
pub(crate) use envelope::open;
pub(crate) use key::MARK_KEY;
pub(crate) use packed::{Encoded, Tail, write_run};

/// The tables of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Run number → all of a run's current state.
    Runs,
    /// Run number, transition number → what went into the transition and what came out.
    Log,
    /// Run number, operation → an activity that has not ended yet.
    Tasks,
    /// Deadline, run number, operation → nothing: a timer that has not fired yet.
    Timers,
    /// Run id → run number.
    Ids,
    /// What is known of the store as a whole.
    Meta,
    /// Run number, update id → an update that was accepted.
    Updates,
    /// Run number, update id → the answer of an update that was done.
    Answers,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 8] = [
        Table::Runs,
        Table::Log,
        Table::Tasks,
        Table::Timers,
        Table::Ids,
        Table::Meta,
        Table::Updates,
        Table::Answers,
    ];

    /// The name, as it is on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Runs => "runs",
            Table::Log => "log",
            Table::Tasks => "tasks",
            Table::Timers => "timers",
            Table::Ids => "ids",
            Table::Meta => "meta",
            Table::Updates => "updates",
            Table::Answers => "answers",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Ordered tables with one atomic, durable write.
///
/// The engine makes one commit at a time, in order, and reads while it is being made; such a read may see the keys of the
/// batch before or after, but each of them whole, and none as it was before once it was seen as it is after.
///
/// `longhaul::testing::store_conformance!` tests an implementation, point by point.
pub trait Store: Send + Sync + 'static {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Up to `limit` rows in the order of their keys, beginning with the first key that is not below `from`.
    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError>;

    /// The greatest key.
    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError>;

    /// Writes a batch. When this returns `Ok`, all of it survives a power cut; when it returns an error, it is
    /// unknown whether it will be there after a reopen, and this store takes no further write.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Writes batches in their order, which is what the engine does with those that wait when a commit has ended. When this returns
    /// `Ok`, all of them survive a power cut; when it returns an error, or the process is killed, it is unknown how many of
    /// them will be there after a reopen, but each will be there whole or not at all, and none without those before it.
    ///
    /// One after the other, if a store knows no better: most can make many durable at the price of one.
    fn commit_all(&self, batches: &[Arc<Batch>]) -> Result<(), StoreError> {
        batches.iter().try_for_each(|batch| self.commit(batch))
    }

    /// Closes the store in an orderly way. Nothing is asked of it afterwards.
    fn close(&self) -> Result<(), StoreError>;
}

/// What the store said when it could not do something.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{action}: {source}")]
pub struct StoreError {
    /// What was tried, in words.
    pub action: String,
    /// Why it failed.
    pub source: Arc<dyn Error + Send + Sync>,
}

impl StoreError {
    /// `action` failed because of `source`.
    pub fn new(action: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError { action: action.into(), source: Arc::from(source.into()) }
    }
}
