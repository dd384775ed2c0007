//! Completing activities from outside.

use serde::Serialize;

use super::Engine;
use crate::activity::{Activity, Attempt, failed};
use crate::codec;
use crate::core::{AttemptEnd, Token, Told};
use crate::error::CompletionError;

impl Engine {
    /// Completes the attempt at activity `A` that handed out `token` ([`ActivityContext::token`](crate::ActivityContext::token)):
    /// durable once this returns. It may have ended with
    /// [`complete_later`](crate::ActivityContext::complete_later), before a restart of the engine too, or still be running.
    ///
    /// ```
    /// use longhaul::{Engine, prelude::*};
    /// # use std::sync::mpsc;
    ///
    /// #[activity(start_to_close = "3d")]
    /// async fn ask(ctx: ActivityContext, question: String) -> Result<bool, Failure> {
    ///     post(&question, &ctx.token());
    ///     ctx.complete_later().await
    /// }
    /// # static POSTED: std::sync::Mutex<Option<mpsc::Sender<String>>> = std::sync::Mutex::new(None);
    /// # fn post(_: &str, token: &str) { POSTED.lock().unwrap().as_ref().unwrap().send(token.to_owned()).unwrap() }
    ///
    /// #[workflow]
    /// async fn survey(ctx: &Context) -> Result<bool, Failure> {
    ///     Ok(ask("May we?".to_owned()).await?)
    /// }
    /// # #[tokio::main(flavor = "multi_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (post, posted) = mpsc::channel();
    /// # *POSTED.lock().unwrap() = Some(post);
    /// # let engine = Engine::builder().workflow::<survey>().activity::<ask>().open_in_memory().await?;
    /// let survey = engine.start::<survey>(()).await?;
    /// // Where the answer comes in:
    /// # let token = tokio::task::spawn_blocking(move || posted.recv().unwrap()).await?;
    /// engine.complete::<ask>(&token, &true).await?;
    /// assert!(survey.result().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CompletionError::Stale`] where another attempt has taken the place of this one, [`CompletionError::Ended`] where the
    /// call has ended: nothing has happened then.
    pub async fn complete<A: Activity>(
        &self,
        token: &str,
        output: &A::Output,
    ) -> Result<(), CompletionError> {
        let output = codec::encode(output)?;
        self.check("the result", &output)?;
        self.tell(token, Told::Ended(A::NAME, AttemptEnd::Completed(output))).await.map(drop)
    }

    /// Fails an attempt from outside, as [`complete`](Self::complete) completes it. The activity is tried again as if it had returned
    /// the error.
    ///
    /// # Errors
    ///
    /// As [`complete`](Self::complete).
    pub async fn fail<A: Activity>(&self, token: &str, error: &A::Error) -> Result<(), CompletionError> {
        let end = match failed::<A>(error)? {
            Attempt::Failed { error, display, retry } => {
                self.check("the error", &error)?;
                AttemptEnd::Failed { error, display, retry }
            }
            Attempt::Completed(output) => AttemptEnd::Completed(output),
            Attempt::Broken(error) => return Err(error.into()),
        };
        self.tell(token, Told::Ended(A::NAME, end)).await.map(drop)
    }

    /// Keeps an attempt alive from outside, as [`ActivityContext::heartbeat`](crate::ActivityContext::heartbeat) does from inside;
    /// gives whether it was told that it is cancelled. Each call is a commit.
    ///
    /// # Errors
    ///
    /// As [`complete`](Self::complete).
    pub async fn heartbeat<D: Serialize + ?Sized>(
        &self,
        token: &str,
        details: &D,
    ) -> Result<bool, CompletionError> {
        let details = codec::encode(details)?;
        self.check("what the heartbeat tells", &details)?;
        self.tell(token, Told::Heartbeat(details)).await
    }

    async fn tell(&self, token: &str, told: Told) -> Result<bool, CompletionError> {
        let token: Token = token.parse().map_err(|()| CompletionError::NoToken)?;
        self.ask_outside(token, told).await?
    }
}
