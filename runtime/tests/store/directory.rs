//! Data directories for tests.

use std::fs;
use std::path::Path;

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

/// Copies a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the directory is made");
    for entry in fs::read_dir(from).expect("the directory is read") {
        let entry = entry.expect("the directory is read");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a kind of file").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("the file is copied");
        }
    }
}
