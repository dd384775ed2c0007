//! Starting, awaiting, signalling, asking.

use longhaul::engine::{RunStatus, WaitingFor};
use longhaul::store::MemoryDisk;
use longhaul::{Engine, Moment};

use crate::script::{Do, Script, Work};
use crate::support::{START, approvals, find, open, start};

#[tokio::test]
async fn a_run_calls_activities_sleeps_takes_signals_answers_queries_and_completes_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let builder = || Engine::builder().workflow::<Script>().activity::<Work>();
    let engine = builder().open(dir.path()).await.unwrap();
    let run = start(&engine, "order-42", [Do::Call(1), Do::Sleep(1), Do::Approvals(1), Do::Call(2)]).await;
    engine.shutdown().await.unwrap();
    drop(run);

    let engine = builder().open(dir.path()).await.unwrap();
    assert_eq!(engine.recovered(), 1);
    let run = find(&engine, "order-42").await;
    run.signal("approve", ("ann",)).await.unwrap();
    assert_eq!(approvals(&run).await, ["ann"]);
    assert_eq!(run.result().await.unwrap(), [10, 20]);
    drop((run, engine));

    let engine = builder().open(dir.path()).await.unwrap();
    assert_eq!(engine.recovered(), 0);
    let run = find(&engine, "order-42").await;
    assert_eq!(run.result().await.unwrap(), [10, 20]);
    assert_eq!(approvals(&run).await, ["ann"]);
    assert_eq!(run.describe().await.unwrap().status, RunStatus::Completed);
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn describe_says_in_which_state_a_run_is_and_what_it_waits_for() {
    let engine = open(&MemoryDisk::new()).await;
    let run = start(&engine, "a", [Do::Sleep(1_000)]).await;
    let description = run.describe().await.unwrap();
    assert_eq!(description.status, RunStatus::Open);
    assert_eq!(description.state, "AwaitSleep");
    assert_eq!(description.transitions, 1);
    assert_eq!(description.created, START);
    let [waiting] = &description.waits_for[..] else { panic!("{description:?}") };
    assert_eq!(waiting.what, WaitingFor::Timer { deadline: Moment(START.0 + 1_000_000) });
}
