//! `execute`: a start and the wait for the run's end are one question, and each way in which it has no answer is told apart.

use longhaul::error::{EngineError, ExecuteError, RunError, StartError};
use longhaul::store::{CommitFault, MemoryDisk};

use crate::script::{Do, Script};
use crate::support::{open, start};

#[tokio::test]
async fn execute_gives_what_the_run_comes_to_new_or_there_already() {
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = || engine.start::<Script>([Do::Call(1), Do::Sleep(1_000)].into()).id("a").execute();
    assert_eq!(run().await.unwrap(), [10]);
    let commits = disk.commits();
    assert_eq!(run().await.unwrap(), [10]);
    assert_eq!(disk.commits(), commits, "it has ended, and is not started again");

    let failed = engine.start::<Script>([Do::Fail("no".to_owned())].into()).execute().await.unwrap_err();
    assert!(matches!(failed, ExecuteError::Run(RunError::Failed(_))), "{failed}");
}

#[tokio::test]
async fn execute_joins_a_run_that_is_under_way() {
    let engine = open(&MemoryDisk::new()).await;
    let run = start(&engine, "a", [Do::Sleep(1_000), Do::Call(2)]).await;
    let joined = engine.start::<Script>([Do::Sleep(1_000), Do::Call(2)].into()).id("a").execute();
    let (joined, result) = tokio::join!(joined, run.result());
    assert_eq!((joined.unwrap(), result.unwrap()), (vec![20], vec![20]));
}

#[tokio::test]
async fn execute_of_a_start_that_is_refused_says_why() {
    let engine = open(&MemoryDisk::new()).await;
    start(&engine, "a", [Do::Call(1)]).await;
    let error = engine.start::<Script>([Do::Call(2)].into()).id("a").execute().await.unwrap_err();
    assert!(matches!(error, ExecuteError::Start(StartError::IdInUse { .. })), "{error}");
    let error = engine.start::<Script>([].into()).id("").execute().await.unwrap_err();
    assert!(matches!(error, ExecuteError::Start(StartError::BadId { len: 0 })), "{error}");
}

#[tokio::test]
async fn execute_tells_whether_the_store_failed_before_the_run_was_started_or_after() {
    for (commit, is_started) in [(0, false), (1, true)] {
        let disk = MemoryDisk::new();
        let engine = open(&disk).await;
        disk.fail_commit(commit, CommitFault::Lost);
        let error = engine.start::<Script>([Do::Call(1)].into()).execute().await.unwrap_err();
        match error {
            ExecuteError::Start(StartError::Engine(EngineError::Poisoned(_))) => assert!(!is_started),
            ExecuteError::Run(RunError::Engine(EngineError::Poisoned(_))) => assert!(is_started),
            other => panic!("{other}"),
        }
    }
}
