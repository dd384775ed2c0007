//! A run as a process: the workflow's value with its machine and tasks.

use std::task::Poll;

use super::cancel::Standing;
use super::context::Context;
use super::drive::Sub;
use super::machines::{Bodies, Machines, follow_requests, step_tasks};
use super::task;
use super::tasks::Spawned;
use super::wait::OpId;
use crate::codec::{self, Payload};
use crate::workflow::{HandlerError, Workflow};

/// How a workflow's machine ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended<T, E> {
    /// With an output.
    Completed(T),
    /// With an error.
    Failed(E),
    /// A cancellation was not caught: with the error that it became, if it was one.
    Cancelled(Option<E>),
}

/// The machines of one run of `W`: that of `#[run]`, and its tasks.
pub struct Process<W: Workflow>(Machines<W::Input>);

/// The bodies of a workflow, which share its value.
struct OfRun<'w, W>(&'w mut W);

impl<W: Workflow> Bodies<W::Input, Result<W::Output, W::Error>> for OfRun<'_, W> {
    fn step(&mut self, ctx: &Context, main: &mut Sub<W::Input>) -> Poll<Result<W::Output, W::Error>> {
        self.0.step(ctx, main)
    }

    fn step_spawned(&mut self, ctx: &Context, spawned: Box<Spawned>) -> Box<Spawned> {
        self.0.step_spawned(ctx, spawned)
    }

    fn named(&self) -> Vec<OpId> {
        task::naming(&mut || drop(codec::encode(&*self.0)))
    }
}

impl<W: Workflow> Process<W> {
    /// A process before its first step.
    pub fn start(input: W::Input) -> Self {
        Process(Machines::start(input))
    }

    /// A process as it was stored.
    pub fn stored(encoded: Vec<u8>) -> Self {
        Process(Machines::stored(W::NAME, encoded))
    }

    /// The stored form, as of the last step. Empty before the first.
    pub fn encoded(&self) -> &[u8] {
        self.0.encoded()
    }

    /// The operations that are waited for, as of the last step.
    pub fn armed(&self) -> &[OpId] {
        self.0.armed()
    }

    /// Handles a signal: the part of an async handler before its first await, too.
    pub fn signal(
        &mut self,
        value: &mut W,
        ctx: &Context,
        name: &str,
        args: &Payload,
    ) -> Result<(), HandlerError> {
        begin_part(ctx);
        self.0.lent(ctx, |_| {
            value.signal(ctx, name, args)?;
            follow_requests(ctx);
            begin_handlers(value, ctx);
            Ok(())
        })
    }

    /// Handles an accepted update: the part of an async handler before its first await, too. When it is done, the context
    /// has its [outcome](super::Step::updates).
    pub fn update(
        &mut self,
        value: &mut W,
        ctx: &Context,
        id: &str,
        name: &str,
        args: &Payload,
    ) -> Result<(), HandlerError> {
        begin_part(ctx);
        self.0.lent(ctx, |_| {
            ctx.updating(Some(id.to_owned()));
            let handled = value.update(ctx, name, args);
            ctx.updating(None);
            if let Some(output) = handled? {
                ctx.update_done(id.to_owned(), output);
            }
            follow_requests(ctx);
            begin_handlers(value, ctx);
            Ok(())
        })
    }

    /// Lets all machines go as far as they can.
    pub fn step(&mut self, value: &mut W, ctx: &Context) -> Poll<Ended<W::Output, W::Error>> {
        let root = begin_part(ctx);
        match self.0.step(&mut OfRun(value), ctx, root) {
            Poll::Ready(Ok(output)) => Poll::Ready(Ended::Completed(output)),
            // What a cancelled run fails with is what its cancellation became.
            Poll::Ready(Err(error)) if ctx.is_run_cancelled() => Poll::Ready(Ended::Cancelled(Some(error))),
            Poll::Ready(Err(error)) => Poll::Ready(Ended::Failed(error)),
            Poll::Pending if ctx.is_run_given_up() => Poll::Ready(Ended::Cancelled(None)),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// A part of a transition begins, with code of the run itself; gives how that stands.
fn begin_part(ctx: &Context) -> Standing {
    // What a query, a validator or code that panicked asked for of a handle is nobody's: it may be of another run.
    drop(task::take_requests());
    let root = Standing { cancelled: ctx.is_run_cancelled(), ..Standing::default() };
    ctx.stand(root);
    root
}

/// Lets handlers that were just begun run up to their first await, before the run itself goes on.
fn begin_handlers<W: Workflow>(value: &mut W, ctx: &Context) {
    if let Some(first) = ctx.take_begun_handler() {
        step_tasks(&mut OfRun(value), ctx, first);
    }
}
