//! A run as a process: the workflow's value with its machine and tasks.

use std::borrow::Cow;
use std::task::Poll;

use super::cancel::Standing;
use super::context::Context;
use super::drive::Sub;
use super::held::Held;
use super::machines::{Bodies, Machines, follow_requests, step_tasks};
use super::sheet::Sheet;
use super::spawned::Spawned;
use super::task;
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
pub struct Process<W: Workflow> {
    main: Sub<W::Input>,
    machines: Machines,
}

/// How `#[run]` ended.
type Ending<W> = Result<<W as Workflow>::Output, <W as Workflow>::Error>;

/// The bodies of a workflow, which share its value.
struct OfRun<'w, W: Workflow> {
    value: &'w mut W,
    main: &'w mut Sub<W::Input>,
    ending: Option<Ending<W>>,
}

impl<W: Workflow> Bodies for OfRun<'_, W> {
    fn main(&self) -> &Held {
        &self.main.held
    }

    fn step(&mut self, ctx: &Context) -> Poll<()> {
        self.value.step(ctx, self.main).map(|ending| self.ending = Some(ending))
    }

    fn step_spawned(&mut self, ctx: &Context, spawned: Box<Spawned>) -> Box<Spawned> {
        self.value.step_spawned(ctx, spawned)
    }

    fn named(&self) -> Vec<OpId> {
        task::naming(&mut || drop(codec::encode(&*self.value)))
    }
}

impl<W: Workflow> Process<W> {
    /// A process before its first step.
    pub fn start(input: W::Input) -> Self {
        Process { main: Sub::start(input), machines: Machines::start() }
    }

    /// A process as it was stored.
    pub fn stored(encoded: Vec<u8>) -> Self {
        let machines = Machines::stored(W::NAME, &encoded);
        Process { main: Sub::stored(encoded), machines }
    }

    /// The stored form, as of the last step. Empty before the first.
    pub fn encoded(&self) -> Cow<'_, [u8]> {
        self.sheet().bytes()
    }

    /// The operations that are waited for, as of the last step.
    pub fn armed(&self) -> Cow<'_, [OpId]> {
        self.sheet().armed()
    }

    /// What was taken down after the last step.
    pub(crate) fn sheet(&self) -> &Sheet {
        self.machines.sheet(&self.main.held)
    }

    /// Handles a signal: the part of an async handler before its first await, too.
    pub fn signal(
        &mut self,
        value: &mut W,
        ctx: &Context,
        name: &str,
        args: &Payload,
    ) -> Result<(), HandlerError> {
        let mut run = OfRun { value, main: &mut self.main, ending: None };
        handle(&mut self.machines, &mut run, ctx, |run| run.value.signal(ctx, name, args))
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
        let mut run = OfRun { value, main: &mut self.main, ending: None };
        handle(&mut self.machines, &mut run, ctx, |run| {
            ctx.updating(Some(id.to_owned()));
            let handled = run.value.update(ctx, name, args);
            ctx.updating(None);
            if let Some(output) = handled? {
                ctx.update_done(id.to_owned(), output);
            }
            Ok(())
        })
    }

    /// Lets all machines go as far as they can.
    pub fn step(&mut self, value: &mut W, ctx: &Context) -> Poll<Ended<W::Output, W::Error>> {
        let root = begin_part(ctx);
        let mut run = OfRun { value, main: &mut self.main, ending: None };
        let polled = self.machines.step(&mut run, ctx, root);
        match run.ending.filter(|_| polled.is_ready()) {
            Some(Ok(output)) => Poll::Ready(Ended::Completed(output)),
            // What a cancelled run fails with is what its cancellation became.
            Some(Err(error)) if ctx.is_run_cancelled() => Poll::Ready(Ended::Cancelled(Some(error))),
            Some(Err(error)) => Poll::Ready(Ended::Failed(error)),
            None if ctx.is_run_given_up() => Poll::Ready(Ended::Cancelled(None)),
            None => Poll::Pending,
        }
    }
}

/// Lets `handler` run, and the handlers that it begins up to their first await.
fn handle<B: Bodies>(
    machines: &mut Machines,
    bodies: &mut B,
    ctx: &Context,
    handler: impl FnOnce(&mut B) -> Result<(), HandlerError>,
) -> Result<(), HandlerError> {
    begin_part(ctx);
    let (mut handler, mut handled) = (Some(handler), Ok(()));
    machines.lent(ctx, &mut || {
        if let Some(handler) = handler.take() {
            handled = handler(bodies);
        }
        if handled.is_ok() {
            follow_requests(ctx);
            begin_handlers(bodies, ctx);
        }
    });
    handled
}

/// A part of a transition begins, with code of the run itself; gives how that stands.
#[inline(never)]
fn begin_part(ctx: &Context) -> Standing {
    // What a query, a validator or code that panicked asked for of a handle is nobody's: it may be of another run.
    drop(task::take_requests());
    let root = Standing::of_run(ctx.is_run_cancelled());
    ctx.stand(root);
    root
}

/// Lets handlers that were just begun run up to their first await, before the run itself goes on.
fn begin_handlers(bodies: &mut dyn Bodies, ctx: &Context) {
    if let Some(first) = ctx.take_begun_handler() {
        step_tasks(bodies, ctx, first);
    }
}
