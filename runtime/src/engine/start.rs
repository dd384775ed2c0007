//! [`Start`]: a run about to be started.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use super::Engine;
use super::handle::{RunHandle, decoded, told};
use crate::codec::{self, CodecError, Payload};
use crate::core::Ending;
use crate::error::{ExecuteError, RunError, StartError};
use crate::failure::Never;
use crate::store::RunNo;
use crate::workflow::Workflow;

/// A run about to be started: awaiting it starts it and gives the typed handle.
///
/// The start is durable when the await returns. Where a run of the same id is there, open or ended, and workflow and
/// input are the same, this gives that run; so a start may be repeated.
#[must_use = "a run is started when this is awaited"]
pub struct Start<W> {
    engine: Engine,
    id: Option<String>,
    input: Result<Payload, CodecError>,
    workflow: PhantomData<fn() -> W>,
}

impl<W: Workflow> Start<W> {
    pub(super) fn new(engine: Engine, input: &W::Input) -> Self {
        Start { engine, id: None, input: codec::encode(input), workflow: PhantomData }
    }

    /// Sets the run's id. Default: a new UUID, version 7.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Starts the run and waits for its end.
    pub async fn execute(self) -> Result<W::Output, ExecuteError<W::Error>> {
        let ended = executed(self.engine, W::NAME, self.id, self.input).await?;
        decoded::<W>(ended).map_err(ExecuteError::Run)
    }

    async fn begin(self) -> Result<RunHandle<W>, StartError> {
        let (engine, id, run) = started(self.engine, W::NAME, self.id, self.input).await?;
        Ok(RunHandle::new(engine, id, run))
    }
}

/// What a run's handle is made of, once it is started.
type Started = Pin<Box<dyn Future<Output = Result<(Engine, String, RunNo), StartError>> + Send>>;

#[inline(never)]
fn started(
    engine: Engine,
    workflow: &'static str,
    id: Option<String>,
    input: Result<Payload, CodecError>,
) -> Started {
    Box::pin(async move {
        let (id, input, seed) = checked(&engine, id, input)?;
        let run = engine.ask_start(workflow, id.clone(), input, seed).await??;
        Ok((engine, id, run))
    })
}

/// How a run ended, once it is started.
type Executed = Pin<Box<dyn Future<Output = Result<Result<Ending, RunError<Never>>, StartError>> + Send>>;

#[inline(never)]
fn executed(
    engine: Engine,
    workflow: &'static str,
    id: Option<String>,
    input: Result<Payload, CodecError>,
) -> Executed {
    Box::pin(async move {
        let (id, input, seed) = checked(&engine, id, input)?;
        let ended = engine.ask_execute(workflow, id.clone(), input, seed).await??;
        Ok(ended.map_err(RunError::from).and_then(|ending| told(ending, &id)))
    })
}

/// What a start is asked with: the run's id, its input, and the seed of its random numbers.
fn checked(
    engine: &Engine,
    id: Option<String>,
    input: Result<Payload, CodecError>,
) -> Result<(String, Payload, u64), StartError> {
    let input = input.map_err(StartError::Input)?;
    engine.check("the input", &input)?;
    let seed = engine.seed();
    let id = id.unwrap_or_else(|| engine.new_id("run", seed));
    Ok((id, input, seed))
}

impl<W: Workflow> IntoFuture for Start<W> {
    type Output = Result<W::Handle, StartError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(W::Handle::from(self.begin().await?)) })
    }
}
