//! The data directory.

use std::fs;

use longhaul::Engine;
use longhaul::error::{EngineError, OpenError};

use crate::script::{Do, Script, Work};
use crate::support::start;

async fn open(path: &std::path::Path) -> Result<Engine, OpenError> {
    Engine::builder().workflow::<Script>().activity::<Work>().open(path).await
}

#[tokio::test]
async fn a_second_engine_is_told_who_has_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await.unwrap();
    let error = open(dir.path()).await.unwrap_err();
    let OpenError::Locked { path, holder } = &error else { panic!("{error}") };
    assert_eq!(path, dir.path());
    assert!(holder.starts_with(&format!("process {} since 20", std::process::id())), "{holder}");
    engine.shutdown().await.unwrap();
    open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn a_directory_that_is_not_ours_is_left_untouched() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "years of work").unwrap();
    let error = open(dir.path()).await.unwrap_err();
    assert!(matches!(&error, OpenError::NotOurs { .. }), "{error}");
    assert!(error.to_string().contains("thesis.tex"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);

    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("FORMAT"), "A4").unwrap();
    assert!(matches!(open(dir.path()).await.unwrap_err(), OpenError::NotOurs { .. }));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_directory_of_a_newer_format_is_left_untouched() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("FORMAT"), "longhaul data directory, format 2\n").unwrap();
    let error = open(dir.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::NewerFormat { found: 2, supported: 1, .. }));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_directory_whose_making_was_cut_short_is_made_whole() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("LOCK"), "").unwrap();
    fs::write(dir.path().join("FORMAT.new"), "longh").unwrap();
    open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_engine_and_gives_the_directory_free() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await.unwrap();
    let run = start(&engine, "a", [Do::Call(1)]).await;
    drop(engine);
    assert_eq!(run.result().await.unwrap(), [10]);
    drop(run);
    let engine = open(dir.path()).await.unwrap();
    assert_eq!(start(&engine, "a", [Do::Call(1)]).await.result().await.unwrap(), [10]);
}

#[tokio::test]
async fn after_a_shutdown_every_call_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path()).await.unwrap();
    let run = start(&engine, "a", [Do::Approvals(1)]).await;
    let waiting = tokio::spawn({
        let run = run.clone();
        async move { run.result().await }
    });
    run.describe().await.unwrap();
    engine.clone().shutdown().await.unwrap();
    assert!(waiting.await.unwrap().unwrap_err().to_string().contains("was shut down"));
    assert!(matches!(run.describe().await.unwrap_err(), EngineError::Closed));
    assert!(matches!(engine.shutdown().await.unwrap_err(), EngineError::Closed));
}

#[test]
fn an_engine_outside_of_a_tokio_runtime_is_refused() {
    let mut opening = Box::pin(Engine::builder().open_in_memory());
    let waker = std::task::Waker::noop();
    let polled = opening.as_mut().poll(&mut std::task::Context::from_waker(waker));
    assert!(matches!(polled, std::task::Poll::Ready(Err(OpenError::NoRuntime))));
}

#[tokio::test]
async fn two_of_one_name_are_refused() {
    let twice = Engine::builder().activity::<Work>().activity::<Work>().open_in_memory().await;
    assert!(matches!(twice, Err(OpenError::NameTwice { kind: "activities", name: "work" })));
}
