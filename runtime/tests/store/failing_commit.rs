//! What every store must do when a commit fails, of the store on disk: a sync, a write, or the second half of a write fails.

use std::fs;
use std::path::{Path, PathBuf};

use longhaul::store::FjallStore;
use longhaul::testing::{StorePlace, StorePoint};
use tempfile::TempDir;

use crate::child::{again, skip, text};
use crate::shim::shim;

/// The file that says what fails next, in the process in which it does.
const NEXT: &str = "FAIL_NEXT";
const NAME: &str = "failing_commit::what_every_store_must_do_when_a_commit_fails_the_one_on_disk_does";
const WAYS: [&str; 3] = ["sync", "write", "half"];

/// A directory on a disk that fails when it is told to.
struct FailingDisk {
    folder: TempDir,
    next: PathBuf,
}

impl StorePlace for FailingDisk {
    type Store = FjallStore;

    fn open(&mut self) -> FjallStore {
        assert!(!self.next.exists(), "what was to fail did not: {:?}", fs::read_to_string(&self.next));
        FjallStore::open(self.folder.path()).unwrap()
    }

    fn ways_to_fail(&self) -> usize {
        WAYS.len()
    }

    fn fail_next_commit(&mut self, _store: &FjallStore, way: usize) {
        fs::write(&self.next, WAYS[way]).unwrap();
    }
}

#[test]
fn what_every_store_must_do_when_a_commit_fails_the_one_on_disk_does() {
    if let Some(next) = std::env::var_os(NEXT) {
        return work(Path::new(&next));
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(shim) = shim(folder.path()) else {
        return skip(NAME, "it needs Linux and a C compiler, `cc`");
    };
    let mut child = again(&[], NAME);
    let output = child.env("LD_PRELOAD", &shim).env(NEXT, folder.path().join("next")).output().unwrap();
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    let failed = |what: &str| text.lines().filter(|line| line.ends_with(what)).count();
    assert_eq!((failed("sync fails"), failed("write fails")), (2, 4), "{text}");
}

fn work(next: &Path) {
    for point in [StorePoint::Failed, StorePoint::Together] {
        let place = FailingDisk { folder: tempfile::tempdir().unwrap(), next: next.to_owned() };
        point.check(place).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}
