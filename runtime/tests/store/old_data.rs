//! What an older Longhaul left on disk is opened and goes on. `tests/format/data-N` is a data directory of format N
//! as its process left it when it was killed; it stays for ever.
//!
//! When a format is new, `LONGHAUL_BLESS=1 cargo test -p longhaul --test store old_data` writes its directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use longhaul::Engine;
use longhaul::engine::{ListFilter, RunStatus};
use longhaul::error::{OpenError, RunError};
use longhaul::store::{FjallStore, Store, Table};

use crate::directory::{approvals, approve, builder, copy, find, start};
use crate::script::{Do, Work, lower, raise};

const HOUR_MS: u64 = 60 * 60 * 1_000;

fn fixture(format: u32) -> PathBuf {
    data(&format!("data-{format}"))
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format").join(name)
}

/// The format that this code writes, as it says itself.
async fn current_format() -> u32 {
    let dir = tempfile::tempdir().unwrap();
    builder().open(dir.path()).await.unwrap().shutdown().await.unwrap();
    let text = fs::read_to_string(dir.path().join("FORMAT")).unwrap();
    text.trim().rsplit(' ').next().unwrap().parse().unwrap()
}

/// Runs of all kinds; some in the tables, some in the journal, as after a kill.
async fn write_fixture(to: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let engine = builder().open(dir.path()).await.unwrap();
    let done = start(&engine, "done", [Do::Call(1), Do::Sleep(10), Do::Random]).await;
    done.result().await.unwrap();
    start(&engine, "failed", [Do::Fail("no".to_owned())]).await.result().await.unwrap_err();
    let waiting = start(&engine, "waiting", [Do::Approvals(3), Do::Call(5)]).await;
    approve(&waiting, "ann").await;
    start(&engine, "sleeping", [Do::Sleep(HOUR_MS), Do::Call(7)]).await;
    raise("old data");
    let parked = start(&engine, "parked", [Do::PanicWhile("old data".to_owned()), Do::Call(2)]).await;
    approve(&parked, "bob").await;
    start(&engine, "terminated", [Do::Approvals(1)]).await.terminate("a duplicate").await.unwrap();
    let large = start(&engine, "large", [Do::Approvals(100)]).await;
    for n in 0..22 {
        approve(&large, &format!("{n:>200}")).await;
    }
    drop((done, waiting, parked, large));
    engine.shutdown().await.unwrap();

    // What is open when the process is killed.
    let never = |_, _| async { std::future::pending().await };
    let engine = builder().play::<Work, _, _>(never).open(dir.path()).await.unwrap();
    approve(&find(&engine, "waiting").await, "bob").await;
    let large = find(&engine, "large").await;
    for n in 22..25 {
        approve(&large, &format!("{n:>200}")).await;
    }
    start(&engine, "calling", [Do::Call(3)]).await;
    start(&engine, "late", [Do::Approvals(1)]).await;
    copy(dir.path(), to);
    lower("old data");
}

async fn check(path: &Path) {
    lower("old data");
    let engine = builder().open(path).await.unwrap();
    let page = engine.list(ListFilter::default()).await.unwrap();
    assert_eq!((page.runs.len(), page.damaged), (9, vec![]));
    for run in &page.runs {
        engine.verify(&run.id).await.unwrap_or_else(|error| panic!("{}: {error}", run.id));
    }
    let done = find(&engine, "done").await.result().await.unwrap();
    assert_eq!((done.len(), done[0]), (2, 10));
    let failed = find(&engine, "failed").await.result().await;
    assert!(matches!(failed, Err(RunError::Failed(error)) if error == "no"));
    let terminated = find(&engine, "terminated").await.result().await;
    assert!(matches!(terminated, Err(RunError::Terminated { reason }) if reason == "a duplicate"));
    let large = find(&engine, "large").await;
    let expected: Vec<_> = (0..25).map(|n| format!("{n:>200}")).collect();
    assert_eq!(approvals(&large).await, expected);

    let waiting = find(&engine, "waiting").await;
    assert_eq!(approvals(&waiting).await, ["ann", "bob"]);
    approve(&waiting, "eve").await;
    assert_eq!(waiting.result().await.unwrap(), [50]);
    engine.redrive("parked").await.unwrap();
    let parked = find(&engine, "parked").await;
    assert_eq!(
        (parked.result().await.unwrap(), approvals(&parked).await),
        (vec![20], vec!["bob".to_owned()])
    );
    assert_eq!(find(&engine, "calling").await.result().await.unwrap(), [30]);
    engine.advance(Duration::from_millis(2 * HOUR_MS)).await.unwrap();
    assert_eq!(find(&engine, "sleeping").await.result().await.unwrap(), [70]);
    approve(&find(&engine, "late").await, "ann").await;
    still_open(&engine, &["large"]).await;
    engine.shutdown().await.unwrap();
    let engine = builder().open(path).await.unwrap();
    still_open(&engine, &["large"]).await;
}

async fn still_open(engine: &Engine, expected: &[&str]) {
    let filter = ListFilter { status: Some(RunStatus::Open), ..ListFilter::default() };
    let open: Vec<_> = engine.list(filter).await.unwrap().runs.into_iter().map(|run| run.id).collect();
    assert_eq!(open, expected);
}

#[tokio::test]
async fn data_of_each_format_is_opened_and_its_runs_go_on() {
    let current = current_format().await;
    if std::env::var_os("LONGHAUL_BLESS").is_some() && !fixture(current).exists() {
        write_fixture(&fixture(current)).await;
    }
    for format in 1..=current {
        let path = fixture(format);
        assert!(
            path.exists(),
            "format {format} has no data directory at {}: write it with LONGHAUL_BLESS=1",
            path.display()
        );
        let text = fs::read_to_string(path.join("FORMAT")).unwrap();
        assert_eq!(text, format!("longhaul data directory, format {format}\n"));
        let dir = tempfile::tempdir().unwrap();
        copy(&path, dir.path());
        check(dir.path()).await;
    }
    assert!(!fixture(current + 1).exists(), "a directory of a format that this code does not write");
}

/// Of format 1 there are two: since some time records may be lists, and those have version 2.
#[tokio::test]
async fn data_of_format_1_with_log_entries_in_the_records_of_runs_is_opened_and_its_runs_go_on() {
    let path = data("data-1-lists");
    if std::env::var_os("LONGHAUL_BLESS").is_some() && !path.exists() {
        write_fixture(&path).await;
    }
    let dir = tempfile::tempdir().unwrap();
    copy(&path, dir.path());
    let store = FjallStore::open(dir.path()).unwrap();
    let versions = |table| {
        let rows = store.scan(table, &[], usize::MAX).unwrap();
        rows.into_iter().map(|(_, value)| value[0]).collect::<BTreeSet<u8>>()
    };
    assert_eq!((versions(Table::Runs), versions(Table::Log)), ([2].into(), [1, 2].into()));
    store.close().unwrap();
    drop(store);
    check(dir.path()).await;
}

#[tokio::test]
async fn data_of_a_newer_format_is_refused_and_not_touched() {
    let current = current_format().await;
    let dir = tempfile::tempdir().unwrap();
    copy(&fixture(current), dir.path());
    let newer = format!("longhaul data directory, format {}\n", current + 1);
    fs::write(dir.path().join("FORMAT"), newer).unwrap();
    let before = files(dir.path());
    let error = builder().open(dir.path()).await.unwrap_err();
    let OpenError::NewerFormat { found, supported, .. } = &error else { panic!("{error}") };
    assert_eq!((*found, *supported), (current + 1, current));
    assert!(error.to_string().contains("use a newer Longhaul"), "{error}");
    assert!(files(dir.path()) == before, "something was changed");
}

/// All files below a directory, with what is in them.
pub(crate) fn files(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}
