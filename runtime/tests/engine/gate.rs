//! An engine whose commits wait for leave.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use longhaul::Engine;
use longhaul::engine::EngineBuilder;
use longhaul::store::{Batch, MemoryDisk, MemoryStore, Row, Store, StoreError, Table};

/// A store whose commits wait for leave.
struct Gated {
    store: MemoryStore,
    gate: Arc<Gate>,
}

#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// How many commits have leave although it is closed.
    leave: usize,
    waiting: bool,
    /// How many batches were committed together, at most.
    together: usize,
    /// How many rows of each table were in each batch.
    batches: Vec<BTreeMap<Table, usize>>,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, closed: bool) {
        self.state().closed = closed;
        self.changed.notify_all();
    }

    /// Lets one commit through.
    pub(crate) fn let_through(&self) {
        self.state().leave += 1;
        self.changed.notify_all();
    }

    /// Waits until a commit waits.
    pub(crate) fn wait(&self) {
        let until = |state: &mut State| !state.waiting;
        drop(self.changed.wait_while(self.state(), until).unwrap_or_else(PoisonError::into_inner));
    }

    /// How many batches were committed together, at most.
    pub(crate) fn most_together(&self) -> usize {
        self.state().together
    }

    /// Forgets the batches until now.
    pub(crate) fn forget(&self) {
        self.state().batches.clear();
    }

    /// The most rows of the table that were in a batch.
    pub(crate) fn most(&self, table: Table) -> usize {
        self.state().batches.iter().filter_map(|batch| batch.get(&table)).copied().max().unwrap_or_default()
    }
}

impl Store for Gated {
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
        let mut state = self.gate.state();
        let mut rows = BTreeMap::new();
        for write in batch.writes() {
            *rows.entry(write.table).or_default() += 1;
        }
        state.batches.push(rows);
        state.waiting = true;
        self.gate.changed.notify_all();
        let no_leave = |state: &mut State| state.closed && state.leave == 0;
        let mut state = self.gate.changed.wait_while(state, no_leave).unwrap_or_else(PoisonError::into_inner);
        state.leave = state.leave.saturating_sub(1);
        state.waiting = false;
        drop(state);
        self.store.commit(batch)
    }

    fn commit_all(&self, batches: &[Arc<Batch>]) -> Result<(), StoreError> {
        let mut state = self.gate.state();
        state.together = batches.len().max(state.together);
        drop(state);
        batches.iter().try_for_each(|batch| self.commit(batch))
    }

    fn close(&self) -> Result<(), StoreError> {
        self.store.close()
    }
}

pub(crate) async fn gated(builder: EngineBuilder, disk: &MemoryDisk) -> (Engine, Arc<Gate>) {
    let gate = Arc::<Gate>::default();
    let store = Gated { store: disk.store(), gate: Arc::clone(&gate) };
    (builder.open_store(store).await.unwrap(), gate)
}
