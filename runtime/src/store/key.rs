//! Keys. Big-endian, so that their order is the order of what they count, and rising with time, which is
//! what an LSM store takes in cheapest.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::machine::OpId;
use crate::time::Moment;

/// The number of a run within its store: rises with each start, is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunNo(pub u64);

impl fmt::Display for RunNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a transition within its run, from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// An activity call: its run and its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The run that called.
    pub run: RunNo,
    /// The operation that waits for it.
    pub op: OpId,
}

/// A timer: in the order in which timers fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    /// When it fires.
    pub deadline: Moment,
    /// The run that waits.
    pub run: RunNo,
    /// The operation that waits.
    pub op: OpId,
}

/// The one key of the mark in table `meta`.
pub(crate) const MARK_KEY: &[u8] = b"mark";

impl RunNo {
    /// The key in table `runs`.
    pub fn key(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// Reads a key of table `runs`.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        Some(RunNo(u64::from_be_bytes(key.try_into().ok()?)))
    }

    /// The key of a transition in table `log`.
    pub fn log_key(self, seq: Seq) -> [u8; 16] {
        pair(self.0, seq.0)
    }

    /// Reads a key of table `log`.
    pub fn from_log_key(key: &[u8]) -> Option<(Self, Seq)> {
        let (run, seq) = key.split_first_chunk::<8>()?;
        Some((RunNo(u64::from_be_bytes(*run)), Seq(u64::from_be_bytes(seq.try_into().ok()?))))
    }

    /// The key in tables `updates` and `answers` of the run's update with this id.
    pub fn update_key(self, id: &str) -> Vec<u8> {
        [&self.key(), id.as_bytes()].concat()
    }
}

impl TaskId {
    /// The key in table `tasks`.
    pub fn key(self) -> [u8; 16] {
        pair(self.run.0, self.op.0)
    }

    /// Reads a key of table `tasks`.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (run, op) = key.split_first_chunk::<8>()?;
        Some(TaskId {
            run: RunNo(u64::from_be_bytes(*run)),
            op: OpId(u64::from_be_bytes(op.try_into().ok()?)),
        })
    }
}

impl TimerKey {
    /// Before all timers.
    pub const FIRST: TimerKey = TimerKey { deadline: Moment(0), run: RunNo(0), op: OpId(0) };

    /// The first timer that a moment can have.
    pub fn at(deadline: Moment) -> Self {
        TimerKey { deadline, ..Self::FIRST }
    }

    /// The key in table `timers`.
    pub fn key(self) -> [u8; 24] {
        let mut key = [0; 24];
        key[..8].copy_from_slice(&self.deadline.0.to_be_bytes());
        key[8..].copy_from_slice(&pair(self.run.0, self.op.0));
        key
    }

    /// Reads a key of table `timers`.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (deadline, task) = key.split_first_chunk::<8>()?;
        let TaskId { run, op } = TaskId::from_key(task)?;
        Some(TimerKey { deadline: Moment(u64::from_be_bytes(*deadline)), run, op })
    }

    /// The first timer whose key is behind `key`, which may be one that is no timer's.
    pub(crate) fn after(key: &[u8]) -> Option<Self> {
        let mut next = [0; 24];
        let len = key.len().min(next.len());
        next[..len].copy_from_slice(&key[..len]);
        // What is shorter is already behind, with the zeros at its end.
        if len == next.len() {
            let at = next.iter().rposition(|byte| *byte < u8::MAX)?;
            next[at] += 1;
            next[at + 1..].fill(0);
        }
        Self::from_key(&next)
    }
}

fn pair(high: u64, low: u64) -> [u8; 16] {
    ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_what_they_count_and_read_back() {
        let timer =
            |deadline, run, op| TimerKey { deadline: Moment(deadline), run: RunNo(run), op: OpId(op) };
        let timers = [timer(1, 2, 3), timer(1, 2, 256), timer(1, 300, 0), timer(256, 0, 0)];
        assert!(timers.is_sorted_by_key(|timer| timer.key()));
        for timer in timers {
            assert_eq!(TimerKey::from_key(&timer.key()), Some(timer));
        }
        let task = TaskId { run: RunNo(7), op: OpId(9) };
        assert_eq!(TaskId::from_key(&task.key()), Some(task));
        assert_eq!(TaskId::from_key(&[1; 17]), None);
        assert_eq!(RunNo::from_key(b"seven"), None);
    }
}
