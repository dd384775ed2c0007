//! A crash at each commit in turn: in the end nothing is different.

use longhaul::core::{WorkflowType, fold};
use longhaul::store::{CommitFault, MemoryDisk, Table};
use longhaul::{Engine, Moment};

use crate::script::{Do, Script, Work};
use crate::support::{START, builder, is_stored_as, log};

fn script() -> Vec<Do> {
    vec![
        Do::Call(1),
        Do::Sleep(5),
        Do::Approvals(2),
        Do::Random,
        Do::Race(2, 60_000),
        Do::CallAll(vec![3, 4]),
        Do::BeginAndDrop(9),
        Do::Until(Moment(7)),
        Do::Call(5),
    ]
}

/// A user who starts the run, approves twice, and wants the result. An error means: open again and ask again.
async fn use_it(engine: &Engine) -> Option<Vec<u64>> {
    let run = engine.start::<Script>(script().into()).id("a").await.ok()?;
    for by in ["ann", "bob"] {
        let so_far: Vec<String> = run.query("approvals", ()).await.ok()?;
        if !so_far.iter().any(|approved| approved == by) {
            run.signal("approve", (by,)).await.ok()?;
        }
    }
    run.result().await.ok()
}

#[tokio::test]
async fn g1_g3_g5_g6_a_crash_at_any_commit_changes_nothing_in_the_end() {
    for (hot_runs, small_states) in [(10_000, 4_096), (0, 4_096), (10_000, 0)] {
        crash_at_each_commit(hot_runs, small_states).await;
    }
}

/// With `hot_runs` at 0 each transition begins from the stored state; with `small_states` at 0 that is behind the log, and the
/// transitions since are made again after a crash.
async fn crash_at_each_commit(hot_runs: usize, small_states: usize) {
    let open = async |disk: &MemoryDisk| {
        // The first attempt at each call fails, so that there are retries to be interrupted.
        let flaky = builder().play::<Work, _, _>(|ctx, (n,)| async move {
            if ctx.attempt == 1 { Err("not yet".to_owned()) } else { Ok(n * 10) }
        });
        flaky
            .hot_runs(hot_runs)
            .small_states(small_states)
            .near_timers(1)
            .open_store(disk.store())
            .await
            .unwrap()
    };
    let disk = MemoryDisk::new();
    let expected = use_it(&open(&disk).await).await.unwrap();
    let commits = disk.commits();
    // How many there are depends on what ends in one turn.
    assert!(commits >= 10, "{commits}");

    for fault in [CommitFault::Lost, CommitFault::AppliedButReported] {
        for crash in 0..commits {
            let disk = MemoryDisk::new();
            disk.fail_commit(crash, fault);
            let mut results = use_it(&open(&disk).await).await;
            if results.is_none() {
                results = use_it(&open(&disk).await).await;
            }
            let results = results.expect("the second life is without a crash");
            // The random number differs: the seed is drawn anew where the start was lost.
            assert_eq!(results.len(), expected.len(), "{fault:?} at {crash}");
            let calls = |results: &[u64]| results.iter().copied().filter(|n| *n <= 50).collect::<Vec<_>>();
            assert_eq!(calls(&results), calls(&expected), "{fault:?} at {crash}");

            let run = longhaul::store::RunNo(0);
            let record = fold(&WorkflowType::of::<Script>(), &log(&disk, run)).unwrap();
            assert!(is_stored_as(&disk, run, &record));
            assert!(record.updated > START);
            assert!(disk.rows(Table::Tasks).is_empty() && disk.rows(Table::Timers).is_empty());
        }
    }
}
