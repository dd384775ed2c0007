//! What is counted, as `docs/OPERATING.md` has it in its table.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use longhaul::engine::Clock;
use longhaul::prelude::*;
use longhaul::store::{CommitFault, MemoryDisk};
use longhaul::{Engine, Moment, RunError};
use metrics::{
    Counter, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// Keeps all that it is told.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    described: BTreeMap<String, &'static str>,
    counters: BTreeMap<String, Arc<AtomicU64>>,
    gauges: BTreeMap<String, Arc<Level>>,
    histograms: BTreeMap<String, Arc<Values>>,
}

#[derive(Default)]
struct Level(Mutex<f64>);

impl GaugeFn for Level {
    fn increment(&self, value: f64) {
        *self.0.lock().unwrap() += value;
    }

    fn decrement(&self, value: f64) {
        *self.0.lock().unwrap() -= value;
    }

    fn set(&self, value: f64) {
        *self.0.lock().unwrap() = value;
    }
}

#[derive(Default)]
struct Values(Mutex<Vec<f64>>);

impl HistogramFn for Values {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

impl Seen {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, key: &str) -> u64 {
        self.book().counters.get(key).unwrap_or_else(|| panic!("no {key}")).load(Ordering::Acquire)
    }

    fn level(&self, key: &str) -> f64 {
        *self.book().gauges[key].0.lock().unwrap()
    }

    fn values(&self, key: &str) -> Vec<f64> {
        self.book().histograms[key].0.lock().unwrap().clone()
    }
}

/// The name, with its labels.
fn text(key: &Key) -> String {
    key.labels()
        .fold(key.name().to_owned(), |text, label| format!("{text} {}={}", label.key(), label.value()))
}

impl Recorder for Seen {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.book().described.insert(key.as_str().to_owned(), "counter");
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.book().described.insert(key.as_str().to_owned(), "gauge");
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.book().described.insert(key.as_str().to_owned(), "histogram");
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.book().counters.entry(text(key)).or_default().clone())
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.book().gauges.entry(text(key)).or_default().clone())
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.book().histograms.entry(text(key)).or_default().clone())
    }
}

#[activity(start_to_close = "1s", retry(max_attempts = 2))]
async fn step(ctx: ActivityContext, n: u32) -> Result<u32, Failure> {
    match n {
        0 => Ok(0),
        1 => Err(Failure::msg("no")),
        2 => panic!("oh"),
        _ => {
            ctx.sleep(minutes(1)).await;
            Ok(n)
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Walk {}

#[workflow]
impl Walk {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        ctx.sleep(seconds(1)).await;
        Ok(step(n).await?)
    }
}

#[workflow]
async fn stumble(ctx: &Context) {
    ctx.sleep(days(1)).await;
    panic!("as ever");
}

async fn open(disk: &MemoryDisk) -> Engine {
    let engine = Engine::builder().workflow::<Walk>().workflow::<stumble>().activity::<step>();
    engine.clock(Clock::virtual_from(Moment(1_000_000))).open_store(disk.store()).await.unwrap()
}

/// One test, for there is one recorder in a process.
#[tokio::test]
async fn what_is_counted_is_what_happens_and_what_the_table_says() {
    let seen = Seen::default();
    metrics::set_global_recorder(seen.clone()).unwrap_or_else(|_| panic!("it is the first"));
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    assert_eq!(engine.start::<Walk>(0).execute().await.unwrap(), 0);
    for n in [1, 2, 3] {
        assert!(engine.start::<Walk>(n).execute().await.is_err());
    }
    let run = engine.start::<Walk>(0).await.unwrap();
    run.terminate("no use").await.unwrap();
    let run = engine.start::<Walk>(0).await.unwrap();
    run.cancel().await.unwrap();
    assert!(matches!(run.result().await, Err(RunError::Cancelled(_))));
    // One whose attempt runs.
    let run = engine.start::<Walk>(4).await.unwrap();
    engine.advance(Duration::from_secs(1)).await.unwrap();
    // It is seen after the turn that started it.
    engine.now().await.unwrap();
    engine.now().await.unwrap();
    assert!((seen.level("longhaul_running_activities") - 1.0).abs() < 0.1);
    run.cancel().await.unwrap();
    assert!(run.result().await.is_err());

    let started = |workflow: &str| seen.count(&format!("longhaul_runs_started_total workflow={workflow}"));
    let ended =
        |status: &str| seen.count(&format!("longhaul_runs_ended_total workflow=Walk status={status}"));
    let attempts = |outcome: &str| {
        seen.count(&format!("longhaul_activity_attempts_total activity=step outcome={outcome}"))
    };
    // What an effect brings about may be seen before the turn is counted.
    engine.now().await.unwrap();
    assert_eq!((started("Walk"), started("stumble")), (7, 0));
    assert_eq!(["completed", "failed", "cancelled", "terminated"].map(ended), [1, 3, 2, 1]);
    let outcomes = ["completed", "failed", "panicked", "timed_out", "cancelled", "broken"];
    assert_eq!(outcomes.map(attempts), [1, 2, 2, 2, 1, 0]);
    assert_eq!(seen.count("longhaul_commits_total"), disk.commits());
    assert_eq!(seen.count("longhaul_commits_failed_total"), 0);
    let rows = seen.values("longhaul_commit_rows");
    assert_eq!((rows.len() as u64, rows.iter().all(|rows| *rows >= 2.0)), (disk.commits(), true));
    assert!(seen.values("longhaul_commit_bytes").iter().all(|bytes| *bytes > 40.0));
    assert_eq!(seen.values("longhaul_commit_seconds").len(), rows.len());
    let late = seen.values("longhaul_timer_lateness_seconds");
    assert_eq!((late.len(), late.iter().all(|late| *late == 0.0)), (5, true));
    assert!(seen.count("longhaul_transitions_total") >= 7 * 2);
    let level = |name: &str| seen.level(&format!("longhaul_{name}"));
    // Levels are shown after each turn, so what was answered in one may be seen before.
    let come_to = async |names: &[&str], expected: &[f64]| {
        let mut levels = Vec::new();
        for _ in 0..100_000 {
            levels = names.iter().map(|name| level(name)).collect();
            if levels == expected {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{names:?} are {levels:?}");
    };
    let levels = ["open_runs", "hot_runs", "parked_runs", "queued_requests", "running_activities"];
    come_to(&levels, &[0.0, 7.0, 0.0, 0.0, 0.0]).await;

    engine.start::<stumble>(()).id("s").await.unwrap();
    // The next engine is late.
    engine.shutdown().await.unwrap();
    let engine = Engine::builder().workflow::<Walk>().workflow::<stumble>().activity::<step>();
    let clock = Clock::virtual_from(Moment(2 * 24 * 3_600 * 1_000_000));
    let engine = engine.clock(clock).open_store(disk.store()).await.unwrap();
    engine.advance(Duration::from_secs(1)).await.unwrap();
    come_to(&["parked_runs", "open_runs"], &[1.0, 1.0]).await;
    let late = seen.values("longhaul_timer_lateness_seconds");
    assert!(late[5] > 3_600.0 * 23.0, "{late:?}");
    disk.fail_commit(0, CommitFault::Lost);
    engine.start::<stumble>(()).await.unwrap_err();
    assert_eq!(seen.count("longhaul_commits_failed_total"), 1);

    let shown = std::fs::read_to_string("../docs/OPERATING.md").unwrap();
    let table: BTreeMap<String, &str> = shown
        .lines()
        .filter_map(|line| line.strip_prefix("| `longhaul_"))
        .map(|line| {
            let (name, rest) = line.split_once('`').unwrap();
            let kinds = ["counter", "gauge", "histogram"].into_iter();
            let kind = kinds.filter(|kind| rest.starts_with(&format!(" | {kind} |"))).collect::<Vec<_>>();
            (format!("longhaul_{name}"), kind[0])
        })
        .collect();
    assert_eq!(seen.book().described, table);
    let names = seen.book();
    let all = names.counters.keys().chain(names.gauges.keys()).chain(names.histograms.keys());
    for key in all {
        let name = key.split(' ').next().unwrap();
        assert!(table.contains_key(name), "{key}");
        for label in key.split(' ').skip(1).map(|label| label.split_once('=').unwrap().0) {
            let row = shown.lines().find(|line| line.contains(&format!("`{name}`"))).unwrap();
            assert!(row.contains(&format!("`{label}`")), "{key}");
        }
    }
}
