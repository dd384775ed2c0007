//! Data directories for tests.

use std::path::Path;
use std::{fs, io};

use longhaul::engine::{Clock, EngineBuilder};
use longhaul::{Engine, Moment, RunHandle};

use crate::script::{Do, Extra, Script, Work};

/// When virtual time begins.
pub(crate) const START: Moment = Moment(1_000_000_000);

/// An engine with virtual time that runs [`Script`] and its activities.
pub(crate) fn builder() -> EngineBuilder {
    Engine::builder()
        .workflow::<Script>()
        .activity::<Work>()
        .activity::<Extra>()
        .clock(Clock::virtual_from(START))
}

pub(crate) async fn start(
    engine: &Engine,
    id: &str,
    script: impl IntoIterator<Item = Do>,
) -> RunHandle<Script> {
    engine.start::<Script>(script.into_iter().collect()).id(id).await.expect("the run starts")
}

pub(crate) async fn find(engine: &Engine, id: &str) -> RunHandle<Script> {
    engine.handle::<Script>(id).await.expect("the run is there")
}

pub(crate) async fn approve(run: &RunHandle<Script>, by: &str) {
    run.signal("approve", (by,)).await.expect("the signal is accepted");
}

pub(crate) async fn approvals(run: &RunHandle<Script>) -> Vec<String> {
    run.query("approvals", ()).await.expect("the query is answered")
}

/// Copies a directory with all that is in it. Where it is in use, the store may take away a file meanwhile that it has no need of any more:
/// then it is copied again.
pub(crate) fn copy(from: &Path, to: &Path) {
    for _ in 0..100 {
        match try_copy(from, to) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::remove_dir_all(to).expect("the half of a copy is removed");
            }
            Err(error) => panic!("{} cannot be copied: {error}", from.display()),
        }
    }
    panic!("{} never stands still", from.display());
}

fn try_copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            try_copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
