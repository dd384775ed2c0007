//! What is counted, by the `metrics` facade. `docs/OPERATING.md` has the table.
//!
//! Handles are taken once, when the engine is opened, so a recorder has to be installed before.

#[cfg(not(feature = "metrics"))]
pub(super) use none::Meter;
#[cfg(feature = "metrics")]
pub(super) use some::Meter;

/// What stands still between two turns.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code))]
pub(super) struct Levels {
    pub(super) queue: usize,
    pub(super) hot: usize,
    pub(super) open: u64,
    pub(super) parked: u64,
    pub(super) activities: usize,
}

#[cfg(not(feature = "metrics"))]
mod none {
    use std::sync::Arc;
    use std::time::Duration;

    use super::Levels;
    use crate::core::{Registry, Tally};
    use crate::store::Batch;

    /// Counts nothing.
    #[derive(Debug, Default)]
    pub(in crate::engine) struct Meter;

    #[allow(clippy::unused_self)] // as the other one
    impl Meter {
        pub(in crate::engine) fn new(_: &Registry) -> Self {
            Meter
        }

        pub(in crate::engine) fn committed(&self, _: &[Arc<Batch>], _: Duration, _: bool) {}

        pub(in crate::engine) fn turned(&self, _: &Tally, _: &Levels) {}
    }
}

#[cfg(feature = "metrics")]
#[allow(clippy::cast_precision_loss)] // counts are far below where it begins
mod some {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};

    use super::Levels;
    use crate::core::{AttemptOutcome, Registry, RunStatus, Tally};
    use crate::store::Batch;

    /// The handles of what is counted.
    pub(in crate::engine) struct Meter {
        commits: Counter,
        failed_commits: Counter,
        rows: Histogram,
        bytes: Histogram,
        seconds: Histogram,
        queue: Gauge,
        transitions: Counter,
        lateness: Histogram,
        started: BTreeMap<&'static str, Counter>,
        ended: BTreeMap<(&'static str, RunStatus), Counter>,
        attempts: BTreeMap<(&'static str, AttemptOutcome), Counter>,
        hot: Gauge,
        open: Gauge,
        parked: Gauge,
        activities: Gauge,
    }

    impl std::fmt::Debug for Meter {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Meter")
        }
    }

    impl Default for Meter {
        fn default() -> Self {
            Meter::new(&Registry::default())
        }
    }

    const STATUSES: [(RunStatus, &str); 4] = [
        (RunStatus::Completed, "completed"),
        (RunStatus::Failed, "failed"),
        (RunStatus::Cancelled, "cancelled"),
        (RunStatus::Terminated, "terminated"),
    ];

    const OUTCOMES: [(AttemptOutcome, &str); 6] = [
        (AttemptOutcome::Completed, "completed"),
        (AttemptOutcome::Failed, "failed"),
        (AttemptOutcome::TimedOut, "timed_out"),
        (AttemptOutcome::Panicked, "panicked"),
        (AttemptOutcome::Broken, "broken"),
        (AttemptOutcome::Cancelled, "cancelled"),
    ];

    impl Meter {
        pub(in crate::engine) fn new(registry: &Registry) -> Self {
            describe();
            let ended = |workflow: &'static str| {
                STATUSES.map(|(status, name)| {
                    let counter =
                        counter!("longhaul_runs_ended_total", "workflow" => workflow, "status" => name);
                    ((workflow, status), counter)
                })
            };
            let attempts = |activity: &'static str| {
                OUTCOMES.map(|(outcome, name)| {
                    let counter = counter!(
                        "longhaul_activity_attempts_total", "activity" => activity, "outcome" => name
                    );
                    ((activity, outcome), counter)
                })
            };
            let started = |workflow: &'static str| {
                (workflow, counter!("longhaul_runs_started_total", "workflow" => workflow))
            };
            Meter {
                commits: counter!("longhaul_commits_total"),
                failed_commits: counter!("longhaul_commits_failed_total"),
                rows: histogram!("longhaul_commit_rows"),
                bytes: histogram!("longhaul_commit_bytes"),
                seconds: histogram!("longhaul_commit_seconds"),
                queue: gauge!("longhaul_queued_requests"),
                transitions: counter!("longhaul_transitions_total"),
                lateness: histogram!("longhaul_timer_lateness_seconds"),
                started: registry.workflow_names().map(started).collect(),
                ended: registry.workflow_names().flat_map(ended).collect(),
                attempts: registry.activity_names().flat_map(attempts).collect(),
                hot: gauge!("longhaul_hot_runs"),
                open: gauge!("longhaul_open_runs"),
                parked: gauge!("longhaul_parked_runs"),
                activities: gauge!("longhaul_running_activities"),
            }
        }

        pub(in crate::engine) fn committed(&self, batches: &[Arc<Batch>], took: Duration, ok: bool) {
            if !ok {
                return self.failed_commits.increment(1);
            }
            self.commits.increment(1);
            self.rows.record(batches.iter().map(|batch| batch.len()).sum::<usize>() as f64);
            self.bytes.record(batches.iter().map(|batch| batch.bytes()).sum::<usize>() as f64);
            self.seconds.record(took.as_secs_f64());
        }

        pub(in crate::engine) fn turned(&self, tally: &Tally, levels: &Levels) {
            self.transitions.increment(tally.transitions);
            for late in &tally.lateness {
                self.lateness.record(late.as_secs_f64());
            }
            let started = tally.started.iter().filter_map(|workflow| self.started.get(workflow));
            started.for_each(|counter| counter.increment(1));
            let ended = tally.ended.iter().filter_map(|ended| self.ended.get(ended));
            ended.for_each(|counter| counter.increment(1));
            let attempts = tally.attempts.iter().filter_map(|attempt| self.attempts.get(attempt));
            attempts.for_each(|counter| counter.increment(1));
            self.queue.set(levels.queue as f64);
            self.hot.set(levels.hot as f64);
            self.open.set(levels.open as f64);
            self.parked.set(levels.parked as f64);
            self.activities.set(levels.activities as f64);
        }
    }

    fn describe() {
        use metrics::{describe_counter as count, describe_gauge as level, describe_histogram as spread};
        count!("longhaul_commits_total", Unit::Count, "Commits that became durable");
        count!("longhaul_commits_failed_total", Unit::Count, "Commits that failed");
        spread!("longhaul_commit_rows", Unit::Count, "Rows of a commit");
        spread!("longhaul_commit_bytes", Unit::Bytes, "Bytes of a commit");
        spread!("longhaul_commit_seconds", Unit::Seconds, "How long a commit took");
        level!("longhaul_queued_requests", Unit::Count, "Requests that wait for the engine");
        count!("longhaul_transitions_total", Unit::Count, "Transitions of runs");
        spread!("longhaul_timer_lateness_seconds", Unit::Seconds, "By how much a timer fired late");
        count!("longhaul_runs_started_total", Unit::Count, "Runs that were started");
        count!("longhaul_runs_ended_total", Unit::Count, "Runs that ended, by how");
        count!("longhaul_activity_attempts_total", Unit::Count, "Attempts at activities, by how they ended");
        level!("longhaul_hot_runs", Unit::Count, "Runs in memory");
        level!("longhaul_open_runs", Unit::Count, "Runs that have not ended");
        level!("longhaul_parked_runs", Unit::Count, "Runs that are parked");
        level!("longhaul_running_activities", Unit::Count, "Attempts at activities that run");
    }
}
