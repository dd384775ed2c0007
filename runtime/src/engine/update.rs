//! [`Update`]: an update about to be sent.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use super::Engine;
use super::handle::RunHandle;
use crate::codec::{CodecError, Payload};
use crate::core::{Asked, Refusal, Stage};
use crate::error::UpdateError;
use crate::failure::Never;
use crate::store::RunNo;
use crate::workflow::Workflow;

/// An update about to be sent: awaiting it sends it, waits until its handler is done, and gives what that returned.
///
/// An update changes the run, as a signal does, and answers, as a query does. Its validator, if it has one, may refuse it, and
/// then it leaves no trace. Accepted, it is durable, and is done even if the engine crashes meanwhile.
///
/// It has an id of its own. Asking again with the same id, also after a crash and after the run's end, does not do it again, but
/// waits for the same answer; so give one ([`id`](Self::id)) to an update that you may have to ask for again.
#[must_use = "an update is sent when this is awaited"]
pub struct Update<T, E = Never> {
    engine: Engine,
    run: RunNo,
    id: Option<String>,
    name: String,
    args: Result<Payload, UpdateError<E>>,
    read: fn(&Payload) -> Result<Result<T, E>, CodecError>,
}

/// An update that was accepted: it is durable, and will be done unless the run ends before.
pub struct AcceptedUpdate<T, E = Never> {
    engine: Engine,
    asked: Asked,
    read: fn(&Payload) -> Result<Result<T, E>, CodecError>,
}

impl<T, E> fmt::Debug for Update<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Update");
        shown.field("run", &self.run).field("id", &self.id).field("name", &self.name);
        shown.finish_non_exhaustive()
    }
}

impl<T, E> fmt::Debug for AcceptedUpdate<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedUpdate").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl<T, E> Update<T, E> {
    pub(super) fn new<W: Workflow>(
        handle: &RunHandle<W>,
        name: &str,
        args: Result<Payload, UpdateError<E>>,
        read: fn(&Payload) -> Result<Result<T, E>, CodecError>,
    ) -> Self {
        let (engine, run) = (handle.engine().clone(), handle.run());
        Update { engine, run, id: None, name: name.to_owned(), args, read }
    }

    /// Sets the update's id, which is its own within the run. Default: a new UUID, version 7.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sends the update and waits until it is accepted, which is before its handler is done where that is async.
    pub async fn accepted(self) -> Result<AcceptedUpdate<T, E>, UpdateError<E>> {
        let read = self.read;
        let (engine, asked) = self.asked()?;
        send(&engine, asked.clone(), Stage::Accepted, read).await?;
        Ok(AcceptedUpdate { engine, asked, read })
    }

    fn asked(self) -> Result<(Engine, Asked), UpdateError<E>> {
        let Update { engine, run, id, name, args, .. } = self;
        let args = args?;
        engine.check("the arguments of the update", &args)?;
        let id = id.unwrap_or_else(|| engine.new_id("update", engine.seed()));
        Ok((engine, Asked { run, id, name, args }))
    }
}

impl<T, E> AcceptedUpdate<T, E> {
    /// The update's id.
    pub fn id(&self) -> &str {
        &self.asked.id
    }

    /// Waits until the update is done and gives what its handler returned, any number of times.
    pub async fn result(&self) -> Result<T, UpdateError<E>> {
        done(&self.engine, self.asked.clone(), self.read).await
    }
}

impl<T: Send + 'static, E: Send + 'static> IntoFuture for Update<T, E> {
    type Output = Result<T, UpdateError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let read = self.read;
        let asked = self.asked();
        Box::pin(async move {
            let (engine, asked) = asked?;
            done(&engine, asked, read).await
        })
    }
}

async fn done<T, E>(
    engine: &Engine,
    asked: Asked,
    read: fn(&Payload) -> Result<Result<T, E>, CodecError>,
) -> Result<T, UpdateError<E>> {
    let Some(answer) = send(engine, asked, Stage::Done, read).await? else {
        unreachable!("what is done has an answer");
    };
    read(&answer)?.map_err(UpdateError::Failed)
}

async fn send<T, E>(
    engine: &Engine,
    asked: Asked,
    stage: Stage,
    read: fn(&Payload) -> Result<Result<T, E>, CodecError>,
) -> Result<Option<Payload>, UpdateError<E>> {
    let answer = engine.ask_update(asked, stage).await?;
    answer.map_err(|refusal: Refusal| rejected(refusal, read))
}

/// A refusal's error, from the encoded answer of the handler.
fn rejected<T, E>(
    refusal: Refusal,
    read: fn(&Payload) -> Result<Result<T, E>, CodecError>,
) -> UpdateError<E> {
    refusal.map(|answer| match read(&answer)? {
        Err(error) => Ok(error),
        Ok(_) => Err(CodecError::Decode {
            type_name: std::any::type_name::<E>(),
            reason: "the validator refused with an answer that is no error".to_owned(),
        }),
    })
}
