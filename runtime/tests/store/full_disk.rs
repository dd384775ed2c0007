//! A disk that is full: a small filesystem of its own, mounted where this process alone sees it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use longhaul::Engine;
use longhaul::engine::{Clock, EngineBuilder};
use longhaul::error::{EngineError, SignalError, StartError};
use longhaul::store::{Batch, FjallStore, Store, Table};

use crate::child::{again, skip, succeeds, text};
use crate::corruption::noise;
use crate::directory::{approvals, approve, builder, find, start};
use crate::script::{Do, Script};

/// Where the small filesystem is, in the process that has it.
const SMALL_DISK: &str = "LONGHAUL_SMALL_DISK";

/// Calls the test `name` again on a small filesystem that `mount` mounts at `$LONGHAUL_SMALL_DISK`.
fn on_small_disk(name: &str, unshare: &[&str], mount: &str) {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let script = format!("set -e; {mount}; exec \"$@\"");
    let wrapper = [unshare, &["sh", "-c", &script, "sh"]].concat();
    let output = again(&wrapper, name)
        .env(SMALL_DISK, &disk)
        .env("IMAGE", folder.path().join("image"))
        .output()
        .unwrap();
    let text = text(&output);
    assert!(output.status.success() && text.contains("test result: ok. 1 passed"), "{text}");
}

#[tokio::test]
async fn g11_on_a_full_tmpfs_the_engine_stops_and_goes_on_when_there_is_space_again() {
    let name = "full_disk::g11_on_a_full_tmpfs_the_engine_stops_and_goes_on_when_there_is_space_again";
    if let Some(disk) = std::env::var_os(SMALL_DISK) {
        return fill(&PathBuf::from(disk)).await;
    }
    if !succeeds(&["unshare", "-rm", "true"]) {
        return skip(name, "no namespace for a mount can be had here (`unshare -rm`)");
    }
    on_small_disk(name, &["unshare", "-rm"], &format!("mount -t tmpfs -o size=13m tmpfs \"${SMALL_DISK}\""));
}

#[tokio::test]
async fn g11_on_a_full_ext4_the_engine_stops_and_goes_on_when_there_is_space_again() {
    let name = "full_disk::g11_on_a_full_ext4_the_engine_stops_and_goes_on_when_there_is_space_again";
    if let Some(disk) = std::env::var_os(SMALL_DISK) {
        return fill(&PathBuf::from(disk)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let (image, disk) = (folder.path().join("image"), folder.path().join("disk"));
    fs::create_dir(&disk).unwrap();
    let make = "truncate -s 17m \"$IMAGE\" && mkfs.ext4 -q -m 0 \"$IMAGE\"";
    let mount = format!("{make} && mount -o loop \"$IMAGE\" \"${SMALL_DISK}\"");
    let mut can = Command::new("unshare");
    can.args(["-m", "sh", "-c", &mount]).env("IMAGE", image).env(SMALL_DISK, disk);
    if !can.output().is_ok_and(|output| output.status.success()) {
        return skip(
            name,
            "no ext4 image can be mounted here (that needs root, mkfs.ext4 and a loop device)",
        );
    }
    on_small_disk(name, &["unshare", "-m"], &mount);
}

#[test]
fn a_table_that_finds_no_space_in_the_background_tells_the_next_commit() {
    let name = "full_disk::a_table_that_finds_no_space_in_the_background_tells_the_next_commit";
    let Some(disk) = std::env::var_os(SMALL_DISK) else {
        if !succeeds(&["unshare", "-rm", "true"]) {
            return skip(name, "no namespace for a mount can be had here (`unshare -rm`)");
        }
        // Room for the journal of a table's 16 MiB, and not for the table.
        let mount = format!("mount -t tmpfs -o size=24m tmpfs \"${SMALL_DISK}\"");
        return on_small_disk(name, &["unshare", "-rm"], &mount);
    };
    let store = FjallStore::open(PathBuf::from(disk).join("data")).unwrap();
    let commit = |key: u64, value: Vec<u8>| {
        let mut batch = Batch::default();
        batch.put(Table::Ids, key.to_be_bytes(), value);
        store.commit(&batch)
    };
    for key in 0..34 {
        commit(key, noise(500_000).into_bytes()).unwrap();
    }
    let error = (34..).find_map(|key| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(key < 300, "the table was written");
        commit(key, vec![1]).err()
    });
    let told = error.unwrap().to_string();
    assert!(told.contains("in the background") && told.contains("No space left on device"), "{told}");
    assert_eq!(commit(1_000, vec![1]).unwrap_err().to_string(), "commit to disk: an earlier commit failed");
}

/// Fills the disk, with an engine that commits on its own thread and with one that has another for that.
async fn fill(disk: &Path) {
    let real = || builder().clock(Clock::system());
    for builder in [builder as fn() -> EngineBuilder, real] {
        let data = disk.join("data");
        fill_with(disk, &data, builder).await;
        fs::remove_dir_all(&data).unwrap();
    }
}

async fn fill_with(disk: &Path, data: &Path, builder: fn() -> EngineBuilder) {
    // As much as there is left for the engine: it can write all that it has once more.
    let other = disk.join("other");
    fs::write(&other, vec![1; 7 << 20]).unwrap();
    let engine = builder().open(data).await.unwrap();
    let run = start(&engine, "a", [Do::Approvals(100_000)]).await;
    let mut acknowledged = Vec::new();
    let error = loop {
        let by = format!("{} {}", acknowledged.len(), noise(50_000));
        match run.signal("approve", (&by,)).await {
            Ok(()) => acknowledged.push(by),
            Err(error) => break error,
        }
    };
    assert!(acknowledged.len() > 10, "{} were acknowledged", acknowledged.len());
    let SignalError::Engine(EngineError::Poisoned(_)) = &error else { panic!("{error:?}") };
    let told = error.to_string();
    assert!(told.contains("No space left on device") && told.contains("see to the disk"), "{told}");
    let again = engine.start::<Script>([].into()).id("b").await.unwrap_err();
    assert!(matches!(again, StartError::Engine(EngineError::Poisoned(_))), "{again:?}");
    drop(run);
    assert!(matches!(engine.shutdown().await, Err(EngineError::Poisoned(_))));

    // On the disk that is still full, it opens with all that was acknowledged, or says why not.
    match builder().open(data).await {
        Ok(engine) => {
            are_there(&engine, &acknowledged).await;
            drop(engine);
        }
        Err(error) => assert!(error.to_string().contains("No space left on device"), "{error}"),
    }
    fs::remove_file(other).unwrap();
    let engine = builder().open(data).await.unwrap();
    are_there(&engine, &acknowledged).await;
    let run = find(&engine, "a").await;
    approve(&run, "eve").await;
    start(&engine, "b", []).await.result().await.unwrap();
    drop(run);
    engine.shutdown().await.unwrap();
    let engine = builder().open(data).await.unwrap();
    engine.verify("a").await.unwrap();
    assert_eq!(approvals(&find(&engine, "a").await).await.last().map(String::as_str), Some("eve"));
    engine.shutdown().await.unwrap();
}

/// What was acknowledged is there, in order; and the one whose commit failed may be.
async fn are_there(engine: &Engine, acknowledged: &[String]) {
    let found = approvals(&find(engine, "a").await).await;
    assert!(found.starts_with(acknowledged), "something acknowledged is not there");
    assert!(found.len() <= acknowledged.len() + 1, "{} are there, of {}", found.len(), acknowledged.len());
}
