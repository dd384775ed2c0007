//! Ids: a run is started once.

use longhaul::Engine;
use longhaul::engine::{ListFilter, RunStatus};
use longhaul::error::{HandleError, StartError};
use longhaul::store::MemoryDisk;

use crate::script::{Do, Script};
use crate::support::{builder, find, open, start};

#[tokio::test]
async fn a_start_with_the_same_id_and_input_is_the_same_run_open_or_ended_hot_or_cold() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let script = || [Do::Call(1)];
    let first = start(&engine, "a", script()).await;
    let second = start(&engine, "a", script()).await;
    assert_eq!(first.run(), second.run());
    assert_eq!(first.result().await.unwrap(), [10]);
    assert_eq!(start(&engine, "a", script()).await.run(), first.run());
    let engine = open(&disk.snapshot()).await;
    let third = start(&engine, "a", script()).await;
    assert_eq!(third.run(), first.run());
    assert_eq!(third.result().await.unwrap(), [10]);
}

#[tokio::test]
async fn a_start_with_the_same_id_and_another_input_is_refused() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    start(&engine, "a", [Do::Call(1)]).await;
    for engine in [engine, open(&disk.snapshot()).await] {
        let error = engine.start::<Script>([Do::Call(2)].into()).id("a").await.unwrap_err();
        assert!(matches!(&error, StartError::IdInUse { difference: "another input", .. }), "{error}");
    }
}

#[tokio::test]
async fn of_starts_that_race_for_an_id_all_get_one_run() {
    let engine = open(&MemoryDisk::new()).await;
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let engine = engine.clone();
        starts.spawn(async move { start(&engine, "a", [Do::Call(1)]).await.run() });
    }
    let runs = starts.join_all().await;
    assert!(runs.iter().all(|run| *run == runs[0]));
    assert_eq!(engine.list(ListFilter::default()).await.unwrap().runs.len(), 1);
}

#[tokio::test]
async fn bad_ids_unknown_runs_and_unregistered_workflows_are_named() {
    let engine = open(&MemoryDisk::new()).await;
    let error = engine.start::<Script>([].into()).id("").await.unwrap_err();
    assert!(matches!(error, StartError::BadId { len: 0 }));
    let error = engine.start::<Script>([].into()).id("x".repeat(1_025)).await.unwrap_err();
    assert!(matches!(error, StartError::BadId { len: 1_025 }));
    let error = engine.handle::<Script>("nobody").await.unwrap_err();
    assert!(matches!(error, HandleError::NotFound { id } if id == "nobody"));
    assert!(engine.redrive("nobody").await.unwrap_err().to_string().contains("nobody"));

    let bare = Engine::builder().open_in_memory().await.unwrap();
    let error = bare.start::<Script>([].into()).await.unwrap_err();
    assert!(matches!(error, StartError::UnknownWorkflow { workflow: "Script" }));
}

#[tokio::test]
async fn a_list_is_filtered_paged_and_exact() {
    let engine = builder().hot_runs(3).open_in_memory().await.unwrap();
    for n in 0..700 {
        let script = if n % 7 == 0 { vec![Do::Fail("no".into())] } else { vec![Do::Approvals(1)] };
        start(&engine, &format!("{}-{n}", ["even", "odd"][n % 2]), script).await;
    }
    let filter = ListFilter {
        status: Some(RunStatus::Failed),
        id_prefix: Some("odd".into()),
        workflow: Some("Script".into()),
        limit: 30,
        after: None,
    };
    let first = engine.list(filter.clone()).await.unwrap();
    let second = engine.list(ListFilter { after: first.next, ..filter }).await.unwrap();
    assert_eq!((first.runs.len(), second.runs.len(), second.next), (30, 20, None));
    let ids: Vec<_> = first.runs.iter().chain(&second.runs).map(|run| run.id.clone()).collect();
    let expected: Vec<_> =
        (0..700).filter(|n| n % 7 == 0 && n % 2 == 1).map(|n| format!("odd-{n}")).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn under_virtual_time_runs_without_an_id_get_others_in_each_life_of_the_store() {
    let disk = MemoryDisk::new();
    let mut ids = std::collections::BTreeSet::new();
    for life in 0..3 {
        let engine = open(&disk).await;
        for _ in 0..3 {
            let run = engine.start::<Script>([Do::Approvals(life)].into()).await.unwrap();
            assert!(ids.insert(run.id().to_owned()), "{}", run.id());
        }
        engine.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_run_without_an_id_gets_one() {
    let engine = Engine::builder().workflow::<Script>().open_in_memory().await.unwrap();
    let run = engine.start::<Script>([Do::Approvals(1)].into()).await.unwrap();
    let id = uuid::Uuid::parse_str(run.id()).unwrap();
    assert_eq!(id.get_version_num(), 7);
    assert_eq!(find(&engine, run.id()).await.run(), run.run());
}
