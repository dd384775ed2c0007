//! [`Engine::health`].

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Engine;
use super::builder::EngineBuilder;
use crate::error::EngineError;

/// How an engine is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Health {
    /// It does all that it is asked.
    Ready,
    /// It goes on, and somebody should look at something.
    Degraded(Vec<Degraded>),
    /// It acknowledges nothing any more, for this reason.
    Stopped(EngineError),
}

/// What somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Degraded {
    /// Runs are parked: [list](Engine::list) them, see why, and [redrive](Engine::redrive) them.
    ParkedRuns {
        /// How many.
        runs: u64,
    },
    /// A commit takes long, or one took long not long ago. What waits for it is not acknowledged meanwhile.
    SlowCommit {
        /// How long it takes, or took.
        time: Duration,
    },
    /// The engine's thread has been at one turn for long: some workflow's code, or one of its handlers, does not come back.
    SlowTurn {
        /// For how long.
        time: Duration,
    },
    /// As many requests wait as may; those who ask more wait before they are heard. See [`EngineBuilder::max_queue`].
    QueueFull {
        /// How many.
        requests: usize,
    },
    /// Records are damaged, so that something was left undone since the open; the log says which.
    Damaged {
        /// How often.
        times: u64,
    },
}

impl fmt::Display for Degraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Degraded::ParkedRuns { runs } => write!(f, "runs are parked: {runs}"),
            Degraded::SlowCommit { time } => write!(f, "a commit takes {time:?}"),
            Degraded::SlowTurn { time } => write!(f, "a turn takes {time:?}: workflow code may block"),
            Degraded::QueueFull { requests } => write!(f, "the queue is full: {requests} requests wait"),
            Degraded::Damaged { times } => write!(f, "damaged records were met: {times} times"),
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Health::Ready => f.write_str("ready"),
            Health::Stopped(error) => write!(f, "stopped: {error}"),
            Health::Degraded(reasons) => {
                f.write_str("degraded")?;
                for (n, reason) in reasons.iter().enumerate() {
                    write!(f, "{}{reason}", if n == 0 { ": " } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl Engine {
    /// How the engine is. It answers at once, also while the engine's thread is busy or waits for the disk: fit for what asks each
    /// second.
    ///
    /// ```
    /// use longhaul::Engine;
    /// use longhaul::engine::Health;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::builder().open_in_memory().await?;
    /// assert!(matches!(engine.health(), Health::Ready));
    /// engine.clone().shutdown().await?;
    /// assert!(matches!(engine.health(), Health::Stopped(_)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn health(&self) -> Health {
        let shared = &self.inner().shared;
        if let Some(why) = shared.ended.get() {
            return Health::Stopped(why.clone());
        }
        let pulse = &shared.pulse;
        let mut reasons = Vec::new();
        let runs = pulse.parked_runs.load(Ordering::Acquire);
        if runs > 0 {
            reasons.push(Degraded::ParkedRuns { runs });
        }
        let slow = |time: &Duration| *time >= pulse.slow;
        if let Some(time) = pulse.commit().filter(slow).or_else(|| pulse.last_slow_commit()) {
            reasons.push(Degraded::SlowCommit { time });
        } else if let Some(time) = pulse.turn().filter(slow) {
            reasons.push(Degraded::SlowTurn { time });
        }
        if shared.queue.is_full() {
            reasons.push(Degraded::QueueFull { requests: shared.queue.len() });
        }
        let times = pulse.damaged.load(Ordering::Acquire);
        if times > 0 {
            reasons.push(Degraded::Damaged { times });
        }
        if reasons.is_empty() { Health::Ready } else { Health::Degraded(reasons) }
    }
}

impl EngineBuilder {
    /// From when on a commit, or a turn of the engine's thread, is slow: [`Engine::health`] says so while it lasts, and of a commit for
    /// ten times as long after it. Default: 1 s.
    #[must_use]
    pub fn slow_after(mut self, time: Duration) -> Self {
        self.bounds().slow = time;
        self
    }
}
