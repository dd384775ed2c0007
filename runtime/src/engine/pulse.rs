//! What can be seen of an engine from outside of its thread, also while that is busy or waits for the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Shared;
use crate::store::{Batch, Store, StoreError};

/// What an engine is at, and what there is to say of it.
#[derive(Debug)]
pub(super) struct Pulse {
    origin: Instant,
    /// From when on a commit or a turn is slow.
    pub(super) slow: Duration,
    commit: Stretch,
    turn: Stretch,
    /// When the last slow commit ended, and how long it took.
    slow_ended: AtomicU64,
    slow_took: AtomicU64,
    pub(super) parked_runs: AtomicU64,
    /// How often something was left undone because of a damaged record.
    pub(super) damaged: AtomicU64,
}

/// Something that takes time: when it began, in µs after the origin; 0 while there is nothing.
#[derive(Debug, Default)]
struct Stretch(AtomicU64);

impl Pulse {
    pub(super) fn new(slow: Duration) -> Self {
        #[allow(clippy::disallowed_methods)] // how long the disk takes is no input of the core's
        let origin = Instant::now();
        Pulse {
            origin,
            slow,
            commit: Stretch::default(),
            turn: Stretch::default(),
            slow_ended: AtomicU64::new(0),
            slow_took: AtomicU64::new(0),
            parked_runs: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
        }
    }

    /// The time after the origin; never 0.
    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX).max(1)
    }

    pub(super) fn turn_begins(&self) {
        self.turn.0.store(self.now(), Ordering::Release);
    }

    pub(super) fn turn_ends(&self) {
        self.turn.0.store(0, Ordering::Release);
    }

    /// For how long the engine's thread has been at one turn.
    pub(super) fn turn(&self) -> Option<Duration> {
        self.since(&self.turn)
    }

    /// For how long a commit is under way.
    pub(super) fn commit(&self) -> Option<Duration> {
        self.since(&self.commit)
    }

    /// How long a slow commit took that has ended not long ago.
    pub(super) fn last_slow_commit(&self) -> Option<Duration> {
        let ended = self.slow_ended.load(Ordering::Acquire);
        let ago = Duration::from_micros(self.now().saturating_sub(ended));
        (ended != 0 && ago < self.slow * 10)
            .then(|| Duration::from_micros(self.slow_took.load(Ordering::Acquire)))
    }

    fn since(&self, stretch: &Stretch) -> Option<Duration> {
        let began = stretch.0.load(Ordering::Acquire);
        (began != 0).then(|| Duration::from_micros(self.now().saturating_sub(began)))
    }

    fn commit_begins(&self) -> u64 {
        let now = self.now();
        self.commit.0.store(now, Ordering::Release);
        now
    }

    fn commit_ends(&self, began: u64) -> Duration {
        let now = self.now();
        let took = Duration::from_micros(now - began);
        self.commit.0.store(0, Ordering::Release);
        if took >= self.slow {
            self.slow_took.store(now - began, Ordering::Release);
            self.slow_ended.store(now, Ordering::Release);
        }
        took
    }
}

impl Default for Pulse {
    fn default() -> Self {
        Pulse::new(Duration::from_secs(1))
    }
}

impl Shared {
    /// Commits batches, and takes note of how long that takes.
    pub(super) fn commit(&self, store: &dyn Store, batches: &[Arc<Batch>]) -> Result<(), StoreError> {
        let began = self.pulse.commit_begins();
        let committed = match batches {
            [batch] => store.commit(batch),
            _ => store.commit_all(batches),
        };
        let took = self.pulse.commit_ends(began);
        self.meter.committed(batches, took, committed.is_ok());
        let (rows, micros) = (batches.iter().map(|batch| batch.len()).sum::<usize>(), took.as_micros());
        let (batches, ok) = (batches.len(), committed.is_ok());
        tracing::trace!(target: "longhaul::commit", batches, rows, micros, ok, "commit");
        committed
    }
}
