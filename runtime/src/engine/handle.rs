//! [`RunHandle`]: how one talks to a run.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use super::Engine;
use crate::codec;
use crate::core::{Input, NoEnding, RunDescription};
use crate::error::{EngineError, QueryError, RunError, SignalError};
use crate::machine::Ended;
use crate::store::RunNo;
use crate::workflow::{HandlerError, Workflow};

/// A handle to one run of workflow `W`. Clones are handles to the same run.
///
/// `#[workflow]` makes a typed handle around it, with a method for each signal and query.
pub struct RunHandle<W> {
    engine: Engine,
    id: Arc<str>,
    run: RunNo,
    workflow: PhantomData<fn() -> W>,
}

impl<W> Clone for RunHandle<W> {
    fn clone(&self) -> Self {
        RunHandle {
            engine: self.engine.clone(),
            id: Arc::clone(&self.id),
            run: self.run,
            workflow: PhantomData,
        }
    }
}

impl<W> fmt::Debug for RunHandle<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHandle").field("id", &self.id).field("run", &self.run).finish_non_exhaustive()
    }
}

impl<W> RunHandle<W> {
    pub(super) fn new(engine: Engine, id: String, run: RunNo) -> Self {
        RunHandle { engine, id: id.into(), run, workflow: PhantomData }
    }

    /// The run's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The run's number in its store.
    pub fn run(&self) -> RunNo {
        self.run
    }
}

impl<W: Workflow> RunHandle<W> {
    /// Waits for the run's end and gives its output. A run that ended already gives it at once, any number of times.
    pub async fn result(&self) -> Result<W::Output, RunError<W::Error>> {
        let run = self.run;
        let ending = self.engine.ask(|reply| Input::Wait { run, reply }).await?;
        match ending {
            Ok(Ended::Completed(output)) => Ok(codec::decode(&output)?),
            Ok(Ended::Failed(error)) => Err(RunError::Failed(codec::decode(&error)?)),
            Ok(Ended::Cancelled(error)) => {
                Err(RunError::Cancelled(error.map(|error| codec::decode(&error)).transpose()?))
            }
            Err(NoEnding::Damaged(damage)) => Err(EngineError::Damaged(damage).into()),
            Err(NoEnding::Parked(reason)) => Err(RunError::Parked { id: self.id.to_string(), reason }),
        }
    }

    /// How the run stands and what it waits for.
    pub async fn describe(&self) -> Result<RunDescription, EngineError> {
        let run = self.run;
        Ok(self.engine.ask(|reply| Input::Describe { run, reply }).await??)
    }

    /// Sends a signal by name; the typed handle's methods call this. `args` is the tuple of the arguments.
    ///
    /// It is durable when this returns, and is handled once, after the signals that were accepted before it. A
    /// signal that the workflow does not have, or whose arguments do not decode, is refused and leaves no trace.
    pub fn signal(
        &self,
        name: &str,
        args: impl Serialize,
    ) -> impl Future<Output = Result<(), SignalError>> + Send {
        let engine = self.engine.clone();
        let (run, name) = (self.run, name.to_owned());
        let args = signal_args::<W>(&name, &args);
        async move {
            let args = args?;
            engine.ask(|reply| Input::Signal { run, name, args, reply }).await?
        }
    }

    /// Asks a query by name; the typed handle's methods call this. `args` is the tuple of the arguments.
    ///
    /// The answer is from the last committed state and sees each signal that was acknowledged before. It works on
    /// open, parked and ended runs alike.
    pub fn query<R: DeserializeOwned>(
        &self,
        name: &str,
        args: impl Serialize,
    ) -> impl Future<Output = Result<R, QueryError>> + Send {
        let engine = self.engine.clone();
        let (run, name) = (self.run, name.to_owned());
        let args = codec::encode(&args);
        async move {
            let args = args?;
            let answer = engine.ask(|reply| Input::Query { run, name, args, reply }).await??;
            Ok(codec::decode(&answer)?)
        }
    }
}

/// The encoded arguments, once it is sure that the workflow takes them.
fn signal_args<W: Workflow>(name: &str, args: &impl Serialize) -> Result<codec::Payload, SignalError> {
    let Some(signal) = W::SIGNALS.iter().find(|signal| signal.name == name) else {
        return Err(SignalError::Handler(HandlerError::Unknown {
            workflow: W::NAME,
            kind: "signal",
            name: name.to_owned(),
            known: W::SIGNALS.iter().map(|signal| signal.name).collect(),
        }));
    };
    let args = codec::encode(args)?;
    match (signal.check)(&args) {
        Ok(()) => Ok(args),
        Err(source) => Err(SignalError::Handler(HandlerError::Codec { name: name.to_owned(), source })),
    }
}
