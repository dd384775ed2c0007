//! The timers that fire next. All timers are on disk in the order of their deadlines; only the first of them
//! are in memory, and they are filled up from where the last scan ended, never from the start of the table:
//! what was deleted there is slow to step over.

use std::collections::BTreeSet;

use crate::store::TimerKey;
use crate::time::Moment;

/// The nearest timers.
pub(crate) struct NearTimers {
    /// Each stored timer before `horizon`, and none other.
    near: BTreeSet<TimerKey>,
    /// The first timer that is on disk alone; `None` when there is none.
    horizon: Option<TimerKey>,
    /// Timers that are due, but whose run cannot be loaded. They stay on disk for the next open.
    stuck: BTreeSet<TimerKey>,
    /// How many are loaded at once; twice as many are held at most.
    capacity: usize,
}

impl NearTimers {
    /// Nothing in memory yet; timers begin at `from`.
    pub(crate) fn new(from: Moment, capacity: usize) -> Self {
        let horizon = Some(TimerKey::at(from));
        NearTimers { near: BTreeSet::new(), horizon, stuck: BTreeSet::new(), capacity }
    }

    /// Takes note of a new timer.
    pub(crate) fn arm(&mut self, timer: TimerKey) {
        if self.horizon.is_some_and(|horizon| timer >= horizon) {
            return;
        }
        self.near.insert(timer);
        if self.near.len() > 2 * self.capacity
            && let Some(first_far) = self.near.iter().nth(self.capacity).copied()
        {
            self.near.split_off(&first_far);
            self.horizon = Some(first_far);
        }
    }

    /// Forgets a timer that was disarmed or has fired.
    pub(crate) fn disarm(&mut self, timer: &TimerKey) {
        self.near.remove(timer);
    }

    /// Sets a due timer aside until the next open.
    pub(crate) fn set_aside(&mut self, timer: TimerKey) {
        self.near.remove(&timer);
        self.stuck.insert(timer);
    }

    /// From where, and how many, to scan; `None` when there is enough in memory. Scan after a commit only.
    pub(crate) fn wants(&self) -> Option<(TimerKey, usize)> {
        if self.near.is_empty() { self.horizon.map(|from| (from, self.capacity)) } else { None }
    }

    /// Takes up what a scan gave that was wanted so.
    ///
    /// `last` is the last of the keys found, be it a timer's or a damaged one.
    pub(crate) fn admit(&mut self, timers: impl IntoIterator<Item = TimerKey>, found: usize, last: &[u8]) {
        self.near.extend(timers);
        self.horizon = if found >= self.capacity { TimerKey::after(last) } else { None };
    }

    /// When the next one fires; exact when nothing is [wanted](Self::wants).
    pub(crate) fn next(&self) -> Option<Moment> {
        self.near.first().map(|timer| timer.deadline)
    }

    /// Up to `limit` timers that are due.
    pub(crate) fn due(&self, now: Moment, limit: usize) -> Vec<TimerKey> {
        self.near.iter().take_while(|timer| timer.deadline <= now).take(limit).copied().collect()
    }

    /// No timer on disk is before this moment, or will be.
    pub(crate) fn low_water(&self, now: Moment) -> Moment {
        let firsts = [self.near.first(), self.stuck.first(), self.horizon.as_ref()];
        firsts.into_iter().flatten().map(|timer| timer.deadline).fold(now, Moment::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::OpId;
    use crate::store::RunNo;

    fn timer(deadline: u64) -> TimerKey {
        TimerKey { deadline: Moment(deadline), run: RunNo(deadline), op: OpId(0) }
    }

    /// Against a plain ordered set: whatever is armed when, all fire in order, and few are in memory.
    #[test]
    fn timers_beyond_the_horizon_are_found_again_in_order() {
        let mut disk = BTreeSet::new();
        let mut near = NearTimers::new(Moment(0), 4);
        for n in 0..100u64 {
            let timer = timer(n * 37 % 101 + 1);
            disk.insert(timer);
            near.arm(timer);
            if let Some((from, limit)) = near.wants() {
                let found: Vec<_> = disk.range(from..).take(limit).copied().collect();
                near.admit(
                    found.clone(),
                    found.len(),
                    &found.last().map(|last| last.key()).unwrap_or_default(),
                );
            }
            assert!(near.near.len() <= 8);
        }
        let mut fired = Vec::new();
        while let Some(next) = {
            if let Some((from, limit)) = near.wants() {
                let found: Vec<_> = disk.range(from..).take(limit).copied().collect();
                near.admit(
                    found.clone(),
                    found.len(),
                    &found.last().map(|last| last.key()).unwrap_or_default(),
                );
            }
            near.next()
        } {
            assert!(near.low_water(next) <= next);
            for timer in near.due(next, 10) {
                near.disarm(&timer);
                disk.remove(&timer);
                fired.push(timer.deadline.0);
            }
        }
        assert!(fired.is_sorted() && fired.len() == 100 && disk.is_empty());
    }
}
