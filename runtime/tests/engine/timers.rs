//! Timers and sleeping runs.

use std::time::Duration;

use longhaul::Moment;
use longhaul::engine::{Clock, RunStatus};
use longhaul::store::{MemoryDisk, Table};

use crate::script::{Do, Script};
use crate::support::{START, builder, find, open, start};

#[tokio::test]
async fn virtual_time_jumps_to_the_next_timer_when_a_result_is_awaited() {
    let engine = open(&MemoryDisk::new()).await;
    let year = 365 * 24 * 3_600_000;
    let run = start(&engine, "a", [Do::Sleep(year), Do::Call(1), Do::Sleep(year)]).await;
    assert_eq!(run.result().await.unwrap(), [10]);
    assert_eq!(run.describe().await.unwrap().updated, Moment(START.0 + 2 * year * 1_000));
}

#[tokio::test]
async fn a_deadline_that_is_past_or_now_is_still_a_transition() {
    let engine = open(&MemoryDisk::new()).await;
    let run = start(&engine, "a", [Do::Until(Moment(5)), Do::Sleep(0)]).await;
    run.result().await.unwrap();
    assert_eq!(run.describe().await.unwrap().transitions, 3);
}

#[tokio::test]
async fn ten_thousand_sleeping_runs_are_on_disk_and_not_in_memory() {
    let disk = MemoryDisk::new();
    let small = || builder().hot_runs(100).near_timers(64);
    let engine = small().open_store(disk.store()).await.unwrap();
    let mut starts = tokio::task::JoinSet::new();
    for n in 0..10_000u64 {
        let engine = engine.clone();
        // Deadlines in no order at all.
        let millis = 1_000 + n * 7_919 % 10_007;
        starts.spawn(async move {
            engine.start::<Script>([Do::Sleep(millis)].into()).id(format!("run-{n}")).await.map(drop)
        });
    }
    assert!(starts.join_all().await.iter().all(Result::is_ok));
    assert!(engine.hot_runs() <= 100, "{} are hot", engine.hot_runs());
    assert_eq!(disk.rows(Table::Timers).len(), 10_000);
    engine.shutdown().await.unwrap();

    let engine = small().open_store(disk.store()).await.unwrap();
    assert_eq!(engine.recovered(), 10_000);
    engine.advance(Duration::from_secs(6)).await.unwrap();
    let awake = (0..10_000u64).filter(|n| 1_000 + n * 7_919 % 10_007 <= 6_000).count();
    assert_eq!(disk.rows(Table::Timers).len(), 10_000 - awake);
    engine.advance(Duration::from_secs(6)).await.unwrap();
    assert!(disk.rows(Table::Timers).is_empty());
    assert!(engine.hot_runs() <= 100);
    for n in [0, 5_000, 9_999u64] {
        let description = find(&engine, &format!("run-{n}")).await.describe().await.unwrap();
        assert_eq!(description.status, RunStatus::Completed);
        assert_eq!(description.updated, Moment(START.0 + (1_000 + n * 7_919 % 10_007) * 1_000));
    }
}

#[tokio::test]
async fn the_clock_never_goes_back_behind_what_is_stored() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    engine.advance(Duration::from_secs(100)).await.unwrap();
    start(&engine, "a", [Do::Approvals(1)]).await;
    engine.shutdown().await.unwrap();
    let engine = builder().clock(Clock::virtual_from(START)).open_store(disk.store()).await.unwrap();
    let run = start(&engine, "b", [Do::Approvals(1)]).await;
    assert_eq!(run.describe().await.unwrap().created, Moment(START.0 + 100_000_000));
}
