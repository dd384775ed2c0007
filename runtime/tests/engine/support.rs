//! Engines for tests.

use longhaul::engine::{Clock, EngineBuilder};
use longhaul::store::MemoryDisk;
use longhaul::{Engine, Moment, RunHandle};

use crate::script::{Do, Script, Work};

/// When virtual time begins.
pub(crate) const START: Moment = Moment(1_000_000_000);

pub(crate) type Run = RunHandle<Script>;

/// An engine with virtual time that runs [`Script`] and [`Work`].
pub(crate) fn builder() -> EngineBuilder {
    Engine::builder().workflow::<Script>().activity::<Work>().clock(Clock::virtual_from(START))
}

pub(crate) async fn open(disk: &MemoryDisk) -> Engine {
    builder().open_store(disk.store()).await.expect("the engine opens")
}

pub(crate) async fn start(engine: &Engine, id: &str, script: impl IntoIterator<Item = Do>) -> Run {
    engine.start::<Script>(script.into_iter().collect()).id(id).await.expect("the run starts")
}

pub(crate) async fn find(engine: &Engine, id: &str) -> Run {
    engine.handle::<Script>(id).await.expect("the run is there")
}

pub(crate) async fn approvals(run: &Run) -> Vec<String> {
    run.query("approvals", ()).await.expect("the query is answered")
}
