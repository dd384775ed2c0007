//! Asking the engine's thread.
//!
//! Each question is a function of its own that gives a boxed future: a crate that uses an engine compiles one call for
//! it, and not what is behind it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::driver::Work;
use super::history::HistoryError;
use super::list::Listing;
use super::reading::{Page, Part, Reading};
use super::{Engine, Inner, Message, RunPage};
use crate::codec::Payload;
use crate::core::{
    Asked, Ending, Input, ListFilter, NoEnding, Refusal, Reply, RunDescription, Stage, Starting, Target,
    Token, Told,
};
use crate::error::{
    CancelError, CompletionError, EngineError, HandleError, QueryError, RedriveError, SignalError, StartError,
};
use crate::store::{Damage, RunNo};
use crate::time::Moment;

/// How long the answer to what is only read is looked for before its asker sleeps: to be woken takes longer than the answer.
const LOOK_OUT: Duration = Duration::from_micros(10);

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

/// A start that was asked for: its answer, then the run's end.
pub(super) type Executed = Result<Result<Ending, NoEnding>, EngineError>;

impl Engine {
    #[inline(never)]
    pub(super) fn ask_start(
        &self,
        workflow: &'static str,
        id: String,
        input: Payload,
        seed: u64,
    ) -> Answer<Result<RunNo, StartError>> {
        self.ask(move |reply| {
            let starting = Starting { workflow, id, input, seed, reply, ending: None };
            Message::Work(Work::Input(Input::Start(starting)))
        })
    }

    /// A start and the wait for the run's end in one message; the asker is woken once.
    #[inline(never)]
    pub(super) fn ask_execute(
        &self,
        workflow: &'static str,
        id: String,
        input: Payload,
        seed: u64,
    ) -> Answer<Result<Executed, StartError>> {
        let (answer, started) = oneshot::channel();
        let ended = self.ask(move |ending| {
            let (reply, ending) = (Reply::new(answer), Some(ending));
            Message::Work(Work::Input(Input::Start(Starting { workflow, id, input, seed, reply, ending })))
        });
        Box::pin(async move {
            match ended.await {
                Ok(ending) => Ok(Ok(Ok(ending))),
                // It was not started, or the engine has ended: before that, or after.
                Err(ended) => match started.await {
                    Ok(Ok(_)) => Ok(Ok(Err(ended))),
                    Ok(Err(refused)) => Ok(Err(refused)),
                    Err(_) => Err(ended),
                },
            }
        })
    }

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
            let (answer, mut answered) = oneshot::channel();
            let message = message(Reply::new(answer));
            let Inner { messages, shared, .. } = engine.inner();
            if message.is_queued() && !shared.queue.enter().await {
                return Err(engine.ended());
            }
            let is_soon = message.is_read() && shared.attentive.load(Ordering::Acquire);
            if messages.send(message).is_err() {
                return Err(engine.ended());
            }
            if is_soon && let Some(answer) = look_out(&mut answered) {
                return Ok(answer);
            }
            answered.await.map_err(|_| engine.ended())
        })
    }
}

/// An answer that comes at once.
fn look_out<A>(answered: &mut oneshot::Receiver<A>) -> Option<A> {
    #[allow(clippy::disallowed_methods)] // how long to look out is no input of the core's
    let now = Instant::now;
    let until = now() + LOOK_OUT;
    while now() < until {
        for _ in 0..16 {
            if let Ok(answer) = answered.try_recv() {
                return Some(answer);
            }
            std::hint::spin_loop();
        }
        // The engine's thread may need this core.
        std::thread::yield_now();
    }
    None
}
