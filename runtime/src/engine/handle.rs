//! [`RunHandle`]: how one talks to a run.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Engine;
use super::reading::{Page, Part};
use super::update::Update;
use crate::codec;
use crate::core::{Awaited, Ending, NoEnding, RunDescription, RunStatus, Target};
use crate::error::{CancelError, EngineError, QueryError, RunError, SignalError};
use crate::failure::Never;
use crate::machine::Ended;
use crate::store::RunNo;
use crate::workflow::{HandlerError, SignalType, Workflow};

/// A handle to one run of workflow `W`. Clones are handles to the same run.
///
/// `#[workflow]` makes a typed handle around it, with a method for each signal, query and update.
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

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }
}

impl<W: Workflow> RunHandle<W> {
    /// Waits for the run's end and gives its output. A run that ended already gives it at once, any number of times.
    pub async fn result(&self) -> Result<W::Output, RunError<W::Error>> {
        decoded::<W>(ending(&self.engine, self.run, &self.id).await)
    }

    /// How the run stands, what it waits for and since when, and how far its activities are: attempts, last errors and heartbeats.
    pub async fn describe(&self) -> Result<RunDescription, EngineError> {
        let mut described = self.engine.ask_describe(self.run).await??;
        if matches!(described.status, RunStatus::Open | RunStatus::Parked) {
            described.awaits = awaited::<W>(&described.state);
        }
        let unknown = described.waits_for.iter().filter(|waiting| waiting.since.is_none());
        let ops: Vec<_> = unknown.map(|waiting| waiting.op).collect();
        if !ops.is_empty() {
            let part = Part::Begun { run: self.run, ops, transitions: described.transitions };
            if let Ok(Page::Begun(begun)) = self.engine.ask_reading(part).await? {
                for waiting in &mut described.waits_for {
                    waiting.since = waiting.since.or_else(|| begun.get(&waiting.op).copied());
                }
            }
        }
        Ok(described)
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
        let args = checked_args::<W, SignalError>("signal", W::SIGNALS, &name, &args);
        async move {
            let args = args?;
            engine.check("the arguments of the signal", &args)?;
            engine.ask_signal(run, name, args).await?
        }
    }

    /// Asks a query by name; the typed handle's methods call this. `args` is the tuple of the arguments.
    ///
    /// The answer is from the last committed state and sees each signal that was acknowledged before. It works on
    /// open, parked and ended runs alike.
    pub fn query<R: Deserialize<'static>>(
        &self,
        name: &str,
        args: impl Serialize,
    ) -> impl Future<Output = Result<R, QueryError>> + Send {
        let engine = self.engine.clone();
        let (run, name) = (self.run, name.to_owned());
        let args = codec::encode(&args);
        async move {
            let args = args?;
            let answer = engine.ask_query(run, name, args).await??;
            Ok(codec::decode(&answer)?)
        }
    }

    /// Sends an update by name whose handler returns a `T`, once the returned [`Update`] is awaited; the typed handle's methods
    /// call this. `args` is the tuple of the arguments.
    pub fn update<T: Deserialize<'static>>(&self, name: &str, args: impl Serialize) -> Update<T> {
        let args = checked_args::<W, _>("update", W::UPDATES, name, &args);
        Update::new(self, name, args, |answer| codec::decode(answer).map(Ok))
    }

    /// As [`update`](Self::update), where the handler returns a `Result<T, E>`.
    pub fn try_update<T: Deserialize<'static>, E: Deserialize<'static>>(
        &self,
        name: &str,
        args: impl Serialize,
    ) -> Update<T, E> {
        let args = checked_args::<W, _>("update", W::UPDATES, name, &args);
        Update::new(self, name, args, codec::decode)
    }

    /// Asks the run to cancel. The request is durable when this returns; asking again changes nothing.
    ///
    /// What the run waits for then gives an error or is given up, and the run has time to clean up; what protects it is
    /// [`shield`](crate::shield). It ends as [`RunError::Cancelled`] if it does not end by itself: a run that goes on and
    /// completes is completed. One that has ended already gives [`CancelError::Closed`]. A parked run takes note, and is cancelled when
    /// it goes on.
    ///
    /// ```
    /// use longhaul::prelude::*;
    /// use longhaul::{Engine, RunError};
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Reminder;
    ///
    /// #[workflow]
    /// impl Reminder {
    ///     #[run]
    ///     async fn run(&mut self, ctx: &Context) {
    ///         ctx.sleep(days(30)).await;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::builder().workflow::<Reminder>().open_in_memory().await?;
    /// let reminder = engine.start::<Reminder>(()).await?;
    /// reminder.cancel().await?;
    /// assert!(matches!(reminder.result().await, Err(RunError::Cancelled(None))));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn cancel(&self) -> Result<(), CancelError> {
        self.engine.ask_cancel(Target::Run(self.run)).await?
    }

    /// Ends the run at once, open or parked, without running any of its code. It is durable when this returns.
    ///
    /// Its result is [`RunError::Terminated`] with `reason`; activities that it waits for are told. What it had accepted and not
    /// handled stays visible to queries.
    pub async fn terminate(&self, reason: impl Into<String>) -> Result<(), CancelError> {
        self.engine.ask_terminate(Target::Run(self.run), reason.into()).await?
    }
}

/// How a run ended, not decoded; or why that cannot be told.
type EndingOf = Pin<Box<dyn Future<Output = Result<Ending, RunError<Never>>> + Send>>;

#[inline(never)]
/// What the code of a run awaits in a state of this name.
fn awaited<W: Workflow>(state: &str) -> Option<Awaited> {
    let machines = W::describe();
    let machine = machines.first()?;
    let state = machine.states.iter().find(|known| known.name == state)?;
    (!state.waits_for.is_empty()).then_some(Awaited {
        source: state.waits_for,
        file: machine.file,
        line: state.line,
    })
}

fn ending(engine: &Engine, run: RunNo, id: &Arc<str>) -> EndingOf {
    let (asked, id) = (engine.ask_wait(run), Arc::clone(id));
    Box::pin(async move { told(asked.await?, &id) })
}

/// How the run of this id ended, or why that cannot be told.
pub(super) fn told(ending: Result<Ending, NoEnding>, id: &str) -> Result<Ending, RunError<Never>> {
    ending.map_err(|why| match why {
        NoEnding::Damaged(damage) => EngineError::Damaged(damage).into(),
        NoEnding::Terminated(reason) => RunError::Terminated { reason },
        NoEnding::Parked(reason) => RunError::Parked { id: id.to_owned(), reason },
    })
}

/// What a run of `W` gave.
pub(super) fn decoded<W: Workflow>(
    ended: Result<Ending, RunError<Never>>,
) -> Result<W::Output, RunError<W::Error>> {
    match ended {
        Ok(Ended::Completed(output)) => Ok(codec::decode(&output)?),
        Ok(Ended::Failed(error)) => Err(RunError::Failed(codec::decode_error(&error)?)),
        Ok(Ended::Cancelled(None)) => Err(RunError::Cancelled(None)),
        Ok(Ended::Cancelled(Some(error))) => Err(RunError::Cancelled(Some(codec::decode_error(&error)?))),
        Err(error) => Err(error.of_any()),
    }
}

impl RunError<Never> {
    /// The same for a workflow with errors of any type.
    fn of_any<E>(self) -> RunError<E> {
        match self {
            RunError::Failed(never) | RunError::Cancelled(Some(never)) => match never {},
            RunError::Cancelled(None) => RunError::Cancelled(None),
            RunError::Terminated { reason } => RunError::Terminated { reason },
            RunError::Codec(error) => RunError::Codec(error),
            RunError::Parked { id, reason } => RunError::Parked { id, reason },
            RunError::Engine(error) => RunError::Engine(error),
        }
    }
}

/// The encoded arguments, once it is sure that the workflow takes them.
fn checked_args<W: Workflow, E: From<HandlerError> + From<codec::CodecError>>(
    kind: &'static str,
    known: &[SignalType],
    name: &str,
    args: &impl Serialize,
) -> Result<codec::Payload, E> {
    let Some(handler) = known.iter().find(|handler| handler.name == name) else {
        let known: Vec<_> = known.iter().map(|handler| handler.name).collect();
        return Err(HandlerError::unknown(W::NAME, kind, name, &known).into());
    };
    let args = codec::encode(args)?;
    match (handler.check)(&args) {
        Ok(()) => Ok(args),
        Err(source) => Err(HandlerError::Codec { name: name.to_owned(), source }.into()),
    }
}
