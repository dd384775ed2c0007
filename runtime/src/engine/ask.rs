//! Asking the engine's thread.
//!
//! Each question is a function of its own that gives a boxed future: a crate that uses an engine compiles one call for
//! it, and not what is behind it.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::oneshot;

use super::driver::Work;
use super::history::HistoryError;
use super::list::Listing;
use super::reading::{Page, Part, Reading};
use super::{Engine, Message, RunPage};
use crate::codec::Payload;
use crate::core::{
    Asked, Ending, Input, ListFilter, NoEnding, Refusal, Reply, RunDescription, Stage, Target, Token, Told,
};
use crate::error::{
    CancelError, CompletionError, EngineError, HandleError, QueryError, RedriveError, SignalError, StartError,
};
use crate::store::{Damage, RunNo};
use crate::time::Moment;

/// What is asked when this is first polled, and answered later; or the engine has ended.
pub(super) type Answer<A> = Pin<Box<dyn Future<Output = Result<A, EngineError>> + Send>>;

/// Questions that are an input of the core.
macro_rules! inputs {
    ($($name:ident: $input:ident($($field:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Engine {$(
            #[inline(never)]
            pub(super) fn $name(&self, $($field: $type),*) -> Answer<$answer> {
                self.ask(move |reply| Message::Work(Work::Input(Input::$input { $($field,)* reply })))
            }
        )*}
    };
}

inputs! {
    ask_start: Start(workflow: &'static str, id: String, input: Payload, seed: u64) -> Result<RunNo, StartError>;
    ask_find: Find(workflow: &'static str, id: String) -> Result<RunNo, HandleError>;
    ask_signal: Signal(run: RunNo, name: String, args: Payload) -> Result<(), SignalError>;
    ask_update: Update(asked: Asked, stage: Stage) -> Result<Option<Payload>, Refusal>;
    ask_cancel: Cancel(target: Target) -> Result<(), CancelError>;
    ask_terminate: Terminate(target: Target, reason: String) -> Result<(), CancelError>;
    ask_query: Query(run: RunNo, name: String, args: Payload) -> Result<Payload, QueryError>;
    ask_describe: Describe(run: RunNo) -> Result<RunDescription, Damage>;
    ask_wait: Wait(run: RunNo) -> Result<Ending, NoEnding>;
    ask_redrive: Redrive(id: String) -> Result<(), RedriveError>;
    ask_outside: Outside(token: Token, told: Told) -> Result<bool, CompletionError>;
}

impl Engine {
    #[inline(never)]
    pub(super) fn ask_list(&self, filter: ListFilter) -> Answer<Result<RunPage, EngineError>> {
        self.ask(|reply| Message::Work(Work::List(Listing::new(filter, reply))))
    }

    #[inline(never)]
    pub(super) fn ask_reading(&self, part: Part) -> Answer<Result<Page, HistoryError>> {
        self.ask(|reply| Message::Work(Work::History(Reading { part, reply })))
    }

    #[inline(never)]
    pub(super) fn ask_advance(&self, duration: Duration) -> Answer<Moment> {
        self.ask(move |reply| Message::Advance(duration, reply))
    }

    #[inline(never)]
    pub(super) fn ask_now(&self) -> Answer<Moment> {
        self.ask(|reply| Message::Work(Work::Now(reply)))
    }

    #[inline(never)]
    pub(super) fn ask_shutdown(&self) -> Answer<Result<(), EngineError>> {
        self.ask(Message::Shutdown)
    }

    #[inline(never)]
    pub(super) fn ask_finish(&self, grace: Duration) -> Answer<Result<(), EngineError>> {
        self.ask(move |reply| Message::Finish(grace, reply))
    }

    fn ask<A: Send + 'static>(
        &self,
        message: impl FnOnce(Reply<A>) -> Message + Send + 'static,
    ) -> Answer<A> {
        let engine = self.clone();
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let message = message(Reply::new(answer));
            if message.is_queued() && !engine.inner().shared.queue.enter().await {
                return Err(engine.ended());
            }
            if engine.inner().messages.send(message).is_err() {
                return Err(engine.ended());
            }
            answered.await.map_err(|_| engine.ended())
        })
    }
}
