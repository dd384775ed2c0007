//! The runs in memory: at most so many, the least recently used go first. A sleeping run costs disk, not memory.

use std::collections::BTreeMap;

use super::run::Run;
use crate::store::{Batch, Encoded, Phase, RunNo, Tail, Text, write_run};

/// By how many bytes more than it has a log entry counts behind a stored state: each is read, and made again, by itself.
pub(crate) const LOG_ENTRY: usize = 128;

/// What is written where, by its length in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// A state of up to so many is written at each transition.
    pub(crate) small: usize,
    /// Up to so many log entries stand in the record of a run.
    pub(crate) tail: usize,
}

/// How many times as many stand in the last record of a run, which is not written again.
const LAST: usize = 4;

/// A run in memory.
pub(crate) struct Hot {
    pub(crate) run: Run,
    /// Whether this engine tried in vain to drive it on since it was loaded.
    pub(crate) tried: bool,
    pub(crate) written: Written,
    /// The log entries that stand in the stored record.
    pub(crate) tail: Tail,
    used: u64,
}

/// How far a run's stored state is behind the run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    /// The length of the stored state, without the log entries that stand behind it; 0 before it is stored.
    pub(crate) state: usize,
    /// The length of the log entries that were written since, with what each [counts](LOG_ENTRY) besides.
    pub(crate) tail: usize,
    /// Whether the stored state says that the run is open.
    pub(crate) open: bool,
}

impl Written {
    /// One more log entry, of this length, that the stored state does not have.
    pub(crate) fn fall_behind(&mut self, entry: usize) {
        self.tail += entry + LOG_ENTRY;
    }
}

impl Hot {
    /// Writes the run's state, and the log entries that stand behind it.
    fn write(&mut self, no: RunNo, batch: &mut Batch) {
        let state = write_run(no, &self.run.record, &self.tail, batch);
        let open = self.run.record.phase == Phase::Open;
        self.written = Written { state, tail: 0, open };
        if self.run.record.phase.is_closed() {
            // It is not written again.
            self.tail = Tail::default();
        }
    }

    /// Writes what the transition of this log entry has made of the run: the entry, and the state, if that is to be stored.
    ///
    /// The entry of a small state stands in its record, as long as there is room: that spares a key. If there is not, all those in the record
    /// become one row of the log.
    ///
    /// What is small is stored each time; what is not, when the entries since are as long as it is, or when the run's
    /// standing changes. So the bytes written are linear in those of the events, and what is to be read, and made again after a crash,
    /// is linear in the state.
    /// A run whose code need not do the same again is stored each time.
    pub(crate) fn write_after(&mut self, no: RunNo, entry: &Encoded<'_>, sizes: Sizes, batch: &mut Batch) {
        if self.run.behind.is_some() {
            entry.write(no, batch);
            if let Some(state) = self.run.standing_after() {
                write_run(no, state, &self.tail, batch);
            }
            return;
        }
        self.written.fall_behind(entry.len());
        let due = !self.written.open
            || self.run.record.phase != Phase::Open
            || self.run.unordered
            || self.written.state <= sizes.small
            || self.written.tail >= self.written.state.min(self.run.record.weight());
        if !due {
            return entry.write(no, batch);
        }
        let room = if self.run.record.phase.is_closed() { LAST * sizes.tail } else { sizes.tail };
        let is_kept = self.written.state <= sizes.small && self.tail.len() + entry.len() <= room;
        match (self.tail.takes(entry), is_kept) {
            (true, true) => self.tail.push(entry),
            (true, false) => self.tail.write_with(entry, no, batch),
            (false, _) => {
                self.tail.write(no, batch);
                entry.write(no, batch);
            }
        }
        self.write(no, batch);
    }
}

/// The runs in memory.
pub(crate) struct HotSet {
    // Boxed, since nearly half of what a tree has room for is empty where numbers rise.
    runs: BTreeMap<RunNo, Box<Hot>>,
    ids: BTreeMap<Text, RunNo>,
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
        self.runs.get(&no).map(|hot| &**hot)
    }

    pub(crate) fn get_mut(&mut self, no: RunNo) -> Option<&mut Hot> {
        self.runs.get_mut(&no).map(|hot| &mut **hot)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<RunNo> {
        self.ids.get(id).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    /// The run, which counts as used now.
    ///
    /// One that was used a short while ago keeps its place: as many others as are an eighth of the bound, at most, have been used since, so it
    /// is far from being let go.
    pub(crate) fn touch(&mut self, no: RunNo) -> Option<&mut Hot> {
        let hot = self.runs.get_mut(&no)?;
        if self.clock - hot.used > self.bound as u64 / 8 {
            self.order.remove(&hot.used);
            self.clock += 1;
            hot.used = self.clock;
            self.order.insert(self.clock, no);
        }
        Some(hot)
    }

    pub(crate) fn insert(&mut self, no: RunNo, run: Run, written: Written, tail: Tail) {
        self.clock += 1;
        self.ids.insert(run.record.id.clone(), no);
        self.order.insert(self.clock, no);
        self.runs.insert(no, Box::new(Hot { run, tried: false, written, tail, used: self.clock }));
    }

    /// Writes the states of the runs that are ahead of what is stored of them: of those that [`trim`](Self::trim) lets go, or
    /// of all.
    pub(crate) fn write_overdue(&mut self, all: bool, batch: &mut Batch) {
        let surplus = if all { self.runs.len() } else { self.runs.len().saturating_sub(self.bound) };
        for no in self.order.values().take(surplus) {
            let is_overdue = |hot: &&mut Box<Hot>| hot.written.tail > 0 && hot.run.behind.is_none();
            if let Some(hot) = self.runs.get_mut(no).filter(is_overdue) {
                // The entries since are rows.
                hot.tail.write(*no, batch);
                hot.write(*no, batch);
            }
        }
    }

    /// Lets go of the least recently used ones beyond the bound. Only at the end of a turn: what
    /// is in memory alone cannot be loaded again.
    pub(crate) fn trim(&mut self) {
        while self.runs.len() > self.bound
            && let Some((_, no)) = self.order.pop_first()
        {
            if let Some(hot) = self.runs.remove(&no) {
                self.ids.remove(&*hot.run.record.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Payload;
    use crate::machine::RunRng;
    use crate::store::{ArmedRecord, FrameRecord, RunRecord, Seq};
    use crate::time::Moment;

    fn run(no: u64) -> Run {
        Run::stored(RunRecord {
            id: format!("run {no}").into(),
            workflow: "Flow".into(),
            phase: Phase::Open,
            ahead: None,
            seq: Seq(1),
            created: Moment(0),
            updated: Moment(0),
            state: "Start".to_owned(),
            value: Payload::default(),
            frame: FrameRecord::default(),
            input: None,
            next_op: 0,
            rng: RunRng::new(0),
            armed: ArmedRecord::default(),
            inbox: Vec::new(),
            cancelled: false,
        })
    }

    /// Sixteen runs, as many as are kept: two are an eighth of them.
    fn sixteen() -> HotSet {
        let mut hot = HotSet::new(16);
        (0..16).for_each(|no| hot.insert(RunNo(no), run(no), Written::default(), Tail::default()));
        hot
    }

    /// Which are let go as others come, one by one.
    fn let_go(hot: &mut HotSet, others: std::ops::Range<u64>) -> Vec<u64> {
        let mut gone = Vec::new();
        let mut kept: Vec<u64> = (0..16).collect();
        for no in others {
            hot.insert(RunNo(no), run(no), Written::default(), Tail::default());
            hot.trim();
            let (still, left) = kept.into_iter().partition(|no| hot.contains(RunNo(*no)));
            kept = still;
            gone.extend::<Vec<u64>>(left);
        }
        gone
    }

    #[test]
    fn the_least_recently_used_run_goes_first_and_its_id_with_it() {
        let mut hot = sixteen();
        assert_eq!(let_go(&mut hot, 100..103), [0, 1, 2]);
        assert_eq!(hot.by_id("run 2"), None);
        assert_eq!(hot.by_id("run 3"), Some(RunNo(3)));
        assert_eq!(hot.len(), 16);
    }

    #[test]
    fn a_run_that_was_used_long_ago_moves_when_it_is_touched() {
        let mut hot = sixteen();
        assert!(hot.touch(RunNo(0)).is_some());
        assert_eq!(let_go(&mut hot, 100..116), (1..16).chain([0]).collect::<Vec<_>>());
    }

    #[test]
    fn a_run_that_was_used_within_an_eighth_of_the_bound_keeps_its_place() {
        let mut hot = sixteen();
        // After 13 two others were used, after 12 three.
        assert!(hot.touch(RunNo(13)).is_some());
        assert!(hot.touch(RunNo(12)).is_some());
        let gone = let_go(&mut hot, 100..116);
        assert_eq!(gone, (0..12).chain(13..16).chain([12]).collect::<Vec<_>>());
        assert!(hot.touch(RunNo(12)).is_none(), "it is not there any more");
    }
}
