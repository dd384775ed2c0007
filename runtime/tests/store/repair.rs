//! Repair: a copy without the damaged end of the journal, and what it lacks.

use std::fs;
use std::path::Path;

use longhaul::error::{OpenError, RepairError};
use longhaul::store::{RunNo, Table, TouchedRun};

use crate::corruption::{Known, Left};
use crate::directory::{approvals, approve, builder, copy, find, start};
use crate::old_data::files;
use crate::script::Do;

async fn approvals_in(path: &Path) -> usize {
    let engine = builder().open(path).await.unwrap();
    let run = find(&engine, "a").await;
    let found = approvals(&run).await.len();
    approve(&run, "eve").await;
    engine.verify("a").await.unwrap();
    drop(run);
    engine.shutdown().await.unwrap();
    found
}

#[tokio::test]
async fn a_damaged_end_is_left_out_of_a_copy_which_opens_and_what_it_lacks_is_said() {
    let left = Left::make(Known::All).await;
    // In the middle of the last batch, whose rows before that can be read; and just before its end.
    for at in [left.last.start + 1_000, left.last.end - 5] {
        let mut journal = left.journal.clone();
        journal[at] ^= 1;
        let from = left.with(&journal);
        builder().open(from.path()).await.unwrap_err();
        let before = files(from.path());
        let to = tempfile::tempdir().unwrap();
        let repaired = longhaul::repair(from.path(), to.path()).unwrap();
        assert!(files(from.path()) == before, "the directory was changed");
        let cut = repaired.cut.as_ref().unwrap();
        assert_eq!((cut.at, cut.bytes), (left.last.start as u64, left.last.len() as u64));
        assert_eq!(cut.journal, from.path().join("store/0.jnl"));
        assert_eq!(repaired.lost, Some(1));
        assert_eq!(repaired.rows[&Table::Log], 1);
        assert_eq!(repaired.rows[&Table::Runs], 1);
        let run = TouchedRun { number: RunNo(0), id: Some("a".to_owned()), is_kept: true };
        assert_eq!(repaired.runs, [run]);
        let text = repaired.to_string();
        assert!(text.contains("acknowledged commits that are lost: 1\n"), "{text}");
        assert!(text.ends_with("\nrun 0 (a) is as it was before"), "{text}");
        assert_eq!(approvals_in(to.path()).await, 1);
    }
}

#[tokio::test]
async fn what_was_cut_off_before_its_first_row_ended_is_said_by_its_length_alone() {
    let left = Left::make(Known::Nothing).await;
    let from = left.with(&left.journal[..left.last.start + 14]);
    let to = tempfile::tempdir().unwrap();
    let repaired = longhaul::repair(from.path(), to.path()).unwrap();
    assert_eq!((repaired.cut.as_ref().unwrap().bytes, repaired.lost), (14, None));
    assert!(repaired.rows.is_empty() && repaired.runs.is_empty(), "{repaired:?}");
    let text = repaired.to_string();
    assert!(text.ends_with("whether it was acknowledged is not known"), "{text}");
    assert_eq!(approvals_in(to.path()).await, 1);
}

#[tokio::test]
async fn a_run_that_began_in_what_was_cut_off_is_named() {
    let live = tempfile::tempdir().unwrap();
    let engine = builder().open(live.path()).await.unwrap();
    start(&engine, "a", [Do::Approvals(3)]).await;
    start(&engine, "b", [Do::Approvals(3)]).await;
    let from = tempfile::tempdir().unwrap();
    copy(live.path(), from.path());
    drop(engine);
    let path = from.path().join("store/0.jnl");
    let mut journal = fs::read(&path).unwrap();
    let end = journal.iter().rposition(|byte| *byte != 0).unwrap();
    journal[end] ^= 1;
    fs::write(&path, journal).unwrap();
    let to = tempfile::tempdir().unwrap();
    let repaired = longhaul::repair(from.path(), to.path()).unwrap();
    let run = TouchedRun { number: RunNo(1), id: Some("b".to_owned()), is_kept: false };
    assert_eq!(repaired.runs, [run]);
    assert!(repaired.to_string().ends_with("\nrun 1 (b) is lost"), "{repaired}");
}

#[tokio::test]
async fn a_directory_without_damage_is_copied_and_one_with_zeros_for_its_end_too() {
    let left = Left::make(Known::All).await;
    for (end, lost) in [(left.last.end, 0), (left.last.start, 1)] {
        let from = left.with(&left.journal[..end]);
        let to = tempfile::tempdir().unwrap();
        let repaired = longhaul::repair(from.path(), to.path()).unwrap();
        assert_eq!((repaired.cut.as_ref(), repaired.lost), (None, Some(lost)));
        assert_eq!(repaired.to_string().contains("that it lacks: 1"), lost == 1, "{repaired}");
        assert_eq!(approvals_in(to.path()).await, 2 - usize::try_from(lost).unwrap());
    }
}

#[tokio::test]
async fn a_repair_is_refused_where_something_whole_follows_and_where_it_could_do_harm() {
    let left = Left::make(Known::All).await;
    let mut journal = left.journal.clone();
    journal[left.last.start - 5] ^= 1;
    let from = left.with(&journal);
    let to = tempfile::tempdir().unwrap();
    let error = longhaul::repair(from.path(), to.path()).unwrap_err();
    assert!(matches!(error, RepairError::Refused(_)), "{error}");
    assert!(error.to_string().contains("would also lose what is whole behind it"), "{error}");
    assert!(files(to.path()).is_empty());

    let good = left.with(&left.journal);
    fs::write(to.path().join("notes"), "mine").unwrap();
    let error = longhaul::repair(good.path(), to.path()).unwrap_err();
    assert!(matches!(error, RepairError::NotEmpty { .. }), "{error}");
    let engine = builder().open(good.path()).await.unwrap();
    let new = to.path().join("new");
    let error = longhaul::repair(good.path(), &new).unwrap_err();
    assert!(matches!(error, RepairError::Directory(OpenError::Locked { .. })), "{error}");
    engine.shutdown().await.unwrap();
    let error = longhaul::repair(to.path(), &new).unwrap_err();
    assert!(matches!(error, RepairError::Directory(OpenError::NotOurs { .. })), "{error}");
    let error = longhaul::repair(&new, &new).unwrap_err();
    assert!(matches!(error, RepairError::Directory(OpenError::Directory { .. })), "{error}");
    assert!(!new.exists());
}

#[tokio::test]
async fn a_copy_that_was_not_finished_is_no_data_directory() {
    let to = tempfile::tempdir().unwrap();
    fs::create_dir(to.path().join("store.unfinished")).unwrap();
    let error = builder().open(to.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::NotOurs { .. }), "{error}");
}

#[cfg(feature = "repair")]
#[tokio::test]
async fn the_program_does_the_same_and_says_what_the_copy_lacks() {
    use std::process::Command;
    let program = || Command::new(env!("CARGO_BIN_EXE_longhaul-repair"));
    let left = Left::make(Known::All).await;
    let from = left.with(&left.journal[..left.last.end - 1]);
    let to = tempfile::tempdir().unwrap();
    let output = program().arg(from.path()).arg(to.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("acknowledged commits that are lost: 1\n") && text.contains("run 0 (a)"), "{text}");
    let again = program().arg(from.path()).arg(to.path()).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty: give a new directory"));
    assert_eq!(program().arg(from.path()).output().unwrap().status.code(), Some(2));
    assert_eq!(approvals_in(to.path()).await, 1);
}
