//! The simulated store does what every store must.

use crate::testing::conformance::StorePlace;
use crate::testing::simulation::disk::{Fate, SimulatedStore};
use crate::testing::store_conformance;

/// A simulated disk: what is on it is what the store before left.
#[derive(Default)]
struct SimulatedDisk(SimulatedStore);

impl StorePlace for SimulatedDisk {
    type Store = SimulatedStore;

    fn open(&mut self) -> SimulatedStore {
        self.0 = SimulatedStore::on(self.0.tables());
        self.0.clone()
    }

    fn ways_to_fail(&self) -> usize {
        Fate::FAILURES.len()
    }

    fn fail_next_commit(&mut self, store: &SimulatedStore, way: usize) {
        store.decide(Fate::FAILURES[way]);
    }
}

store_conformance!(simulated: SimulatedDisk::default());
