//! The runs in memory: at most so many, the least recently used go first. A sleeping run costs disk, not memory.

use std::collections::BTreeMap;

use super::run::Run;
use crate::store::RunNo;

/// A run in memory.
pub(crate) struct Hot {
    pub(crate) run: Run,
    /// Whether this engine tried in vain to drive it on since it was loaded.
    pub(crate) tried: bool,
    used: u64,
}

/// The runs in memory.
pub(crate) struct HotSet {
    runs: BTreeMap<RunNo, Hot>,
    ids: BTreeMap<String, RunNo>,
    /// From the least to the most recently used.
    order: BTreeMap<u64, RunNo>,
    clock: u64,
    bound: usize,
}

impl HotSet {
    pub(crate) fn new(bound: usize) -> Self {
        HotSet { runs: BTreeMap::new(), ids: BTreeMap::new(), order: BTreeMap::new(), clock: 0, bound }
    }

    pub(crate) fn contains(&self, no: RunNo) -> bool {
        self.runs.contains_key(&no)
    }

    pub(crate) fn get(&self, no: RunNo) -> Option<&Hot> {
        self.runs.get(&no)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<RunNo> {
        self.ids.get(id).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    /// The run, which counts as used now.
    pub(crate) fn touch(&mut self, no: RunNo) -> Option<&mut Hot> {
        let hot = self.runs.get_mut(&no)?;
        self.order.remove(&hot.used);
        self.clock += 1;
        hot.used = self.clock;
        self.order.insert(self.clock, no);
        Some(hot)
    }

    pub(crate) fn insert(&mut self, no: RunNo, run: Run) {
        self.clock += 1;
        self.ids.insert(run.record.id.clone(), no);
        self.order.insert(self.clock, no);
        self.runs.insert(no, Hot { run, tried: false, used: self.clock });
    }

    /// Lets go of the least recently used ones beyond the bound. Only after a commit: what is in memory
    /// alone cannot be loaded again.
    pub(crate) fn trim(&mut self) {
        while self.runs.len() > self.bound
            && let Some((_, no)) = self.order.pop_first()
        {
            if let Some(hot) = self.runs.remove(&no) {
                self.ids.remove(&hot.run.record.id);
            }
        }
    }
}
