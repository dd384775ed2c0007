//! A run's machines together: the workflow's own and the tasks beside it, stepped until nothing goes on.

use std::task::Poll;

use super::cancel::Standing;
use super::context::{Context, Fault};
use super::drive::{Sub, split_map};
use super::task::{self, Request};
use super::tasks::{EntryRecord, Keeper, Origin, Tasks};
use super::wait::OpId;
use crate::codec::{self, Payload};
use crate::workflow::{HandlerError, Workflow};

/// The name of the tasks in a stored frame, which is none that a slot can have.
const TASKS: &str = "+tasks";

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
    tasks: Tasks,
    /// The stored form, where it is not that of `main` alone.
    joined: Vec<u8>,
    armed: Vec<OpId>,
    /// Why the stored form could not be read.
    fault: Option<Fault>,
}

impl<W: Workflow> Process<W> {
    /// A process before its first step.
    pub fn start(input: W::Input) -> Self {
        let (main, tasks) = (Sub::start(input), Tasks::default());
        Process { main, tasks, joined: Vec::new(), armed: Vec::new(), fault: None }
    }

    /// A process as it was stored.
    pub fn stored(encoded: Vec<u8>) -> Self {
        let (tasks, fault) = match stored_tasks(&encoded) {
            Ok(tasks) => (tasks, None),
            Err(reason) => {
                let (machine, slot) = (W::NAME.to_owned(), TASKS.to_owned());
                (Tasks::default(), Some(Fault::BadSlot { machine, slot, reason }))
            }
        };
        let joined = if tasks.is_empty() { Vec::new() } else { encoded.clone() };
        Process { main: Sub::stored(encoded), tasks, joined, armed: Vec::new(), fault }
    }

    /// The stored form, as of the last step. Empty before the first.
    pub fn encoded(&self) -> &[u8] {
        if self.joined.is_empty() { self.main.encoded() } else { &self.joined }
    }

    /// The operations that are waited for, as of the last step.
    pub fn armed(&self) -> &[OpId] {
        &self.armed
    }

    /// Handles a signal: the part of an async handler before its first await, too.
    pub fn signal(
        &mut self,
        value: &mut W,
        ctx: &Context,
        name: &str,
        args: &Payload,
    ) -> Result<(), HandlerError> {
        self.lent(ctx, |_| {
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
        self.lent(ctx, |_| {
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
        if let Some(fault) = self.fault.take() {
            ctx.fault(fault);
            return Poll::Pending;
        }
        let ended = self.lent(ctx, |this| this.step_all(value, ctx));
        match ended {
            Poll::Ready(ended) => {
                (self.tasks, self.joined, self.armed) = Default::default();
                Poll::Ready(ended)
            }
            Poll::Pending => {
                self.take_down();
                Poll::Pending
            }
        }
    }

    /// Runs `with` while the context has the tasks.
    fn lent<T>(&mut self, ctx: &Context, with: impl FnOnce(&mut Self) -> T) -> T {
        ctx.tasks(|tasks| std::mem::swap(tasks, &mut self.tasks));
        let result = with(self);
        ctx.tasks(|tasks| std::mem::swap(tasks, &mut self.tasks));
        result
    }

    fn step_all(&mut self, value: &mut W, ctx: &Context) -> Poll<Ended<W::Output, W::Error>> {
        drop(task::take_requests());
        if ctx.is_run_cancelled() {
            ctx.tasks(|tasks| tasks.cancel_children(None));
        }
        loop {
            let before = ctx.progressed();
            if let Poll::Ready(ended) = self.step_main(value, ctx) {
                return Poll::Ready(ended);
            }
            if ctx.tasks(|tasks| tasks.is_empty()) && !ctx.is_run_cancelled() {
                return Poll::Pending;
            }
            step_tasks(value, ctx, OpId(0));
            if ctx.has_fault() {
                return Poll::Pending;
            }
            if ctx.progressed() != before || self.drop_unnamed(value, ctx) {
                continue;
            }
            match self.give_up(value, ctx) {
                GivenUp::Nothing => return Poll::Pending,
                GivenUp::Something => {}
                GivenUp::Run(ended) => return Poll::Ready(ended),
            }
        }
    }

    fn step_main(&mut self, value: &mut W, ctx: &Context) -> Poll<Ended<W::Output, W::Error>> {
        ctx.stand(Standing { cancelled: ctx.is_run_cancelled(), shielded: false, task: None });
        let polled = value.step(ctx, &mut self.main);
        follow_requests(ctx);
        polled.map(|result| match result {
            Ok(output) => Ended::Completed(output),
            // What a cancelled run fails with is what its cancellation became.
            Err(error) if ctx.has_delivered_cancel() => Ended::Cancelled(Some(error)),
            Err(error) => Ended::Failed(error),
        })
    }

    /// Cancels the tasks that no handle names any more.
    fn drop_unnamed(&self, value: &W, ctx: &Context) -> bool {
        let (_, mut named) = task::naming(|| codec::encode(value));
        named.extend_from_slice(self.main.armed());
        ctx.tasks(|tasks| {
            named.extend(tasks.named());
            named.sort_unstable();
            tasks.drop_unnamed(|op| named.binary_search(&op).is_ok())
        })
    }

    /// When nothing goes on: lets one cancelled scope end, of the youngest task first.
    fn give_up(&mut self, value: &mut W, ctx: &Context) -> GivenUp<Ended<W::Output, W::Error>> {
        for op in ctx.tasks(|tasks| tasks.cancelled()) {
            if ctx.tasks(|tasks| tasks.has_children(Some(op))) {
                continue;
            }
            let shields = ctx.shields();
            ctx.give_up(true);
            step_task(value, ctx, op);
            if !ctx.give_up(false) {
                return GivenUp::Something;
            }
            if ctx.shields() == shields {
                ctx.tasks(|tasks| tasks.give_up(op));
                return GivenUp::Something;
            }
        }
        if !ctx.is_run_cancelled() || ctx.tasks(|tasks| tasks.has_children(None)) {
            return GivenUp::Nothing;
        }
        let shields = ctx.shields();
        ctx.give_up(true);
        let polled = self.step_main(value, ctx);
        match polled {
            Poll::Ready(ended) => {
                ctx.give_up(false);
                GivenUp::Run(ended)
            }
            Poll::Pending if !ctx.give_up(false) => GivenUp::Something,
            Poll::Pending if ctx.shields() == shields => GivenUp::Run(Ended::Cancelled(None)),
            Poll::Pending => GivenUp::Nothing,
        }
    }

    /// Takes down the stored form and what is waited for.
    fn take_down(&mut self) {
        self.joined.clear();
        self.armed.clear();
        self.armed.extend_from_slice(self.main.armed());
        if self.tasks.is_empty() {
            return;
        }
        self.armed.extend(self.tasks.named());
        self.armed.retain(|op| !self.tasks.contains(*op));
        self.armed.sort_unstable();
        let tasks = codec::encode(&self.tasks.records()).expect("records are plain data");
        let name = codec::encode(TASKS).expect("a text is plain data");
        // The frame is a map without a length: before its end there is room for one more entry.
        if let Some((end, entries)) = self.main.encoded().split_last() {
            self.joined.extend_from_slice(entries);
            self.joined.extend_from_slice(&name.0);
            self.joined.extend_from_slice(&tasks.0);
            self.joined.push(*end);
        }
    }
}

/// What giving up came to.
enum GivenUp<T> {
    Nothing,
    Something,
    Run(T),
}

fn stored_tasks(encoded: &[u8]) -> Result<Tasks, String> {
    // What is no map at all is the machine's to report.
    let Ok(fields) = split_map(encoded) else { return Ok(Tasks::default()) };
    let Some((_, bytes)) = fields.into_iter().find(|(name, _)| *name == TASKS) else {
        return Ok(Tasks::default());
    };
    let records: Vec<EntryRecord> = codec::decode_slice(bytes).map_err(|error| error.to_string())?;
    Ok(Tasks::from_records(records))
}

/// Steps each task from `from` on, those that are begun meanwhile, too.
fn step_tasks<W: Workflow>(value: &mut W, ctx: &Context, from: OpId) {
    let mut next = from;
    while let Some(op) = ctx.tasks(|tasks| tasks.next_running(next, |op| ctx.is_resolved(op))) {
        step_task(value, ctx, op);
        if ctx.has_fault() {
            return;
        }
        next = OpId(op.0 + 1);
    }
}

/// Lets handlers that were just begun run up to their first await, before the run itself goes on.
fn begin_handlers<W: Workflow>(value: &mut W, ctx: &Context) {
    if let Some(first) = ctx.take_begun_handler() {
        step_tasks(value, ctx, first);
    }
}

fn step_task<W: Workflow>(value: &mut W, ctx: &Context, op: OpId) {
    let Some((mut spawned, Origin { cancelled, .. })) = ctx.tasks(|tasks| tasks.take(op)) else { return };
    ctx.stand(Standing { cancelled, shielded: false, task: Some(op) });
    let watched = ctx.watched();
    spawned = value.step_spawned(ctx, spawned);
    spawned.by_operation = ctx.watched() == watched;
    if spawned.output.is_some() {
        ctx.progress();
    }
    if let Some((id, output)) = ctx.tasks(|tasks| tasks.put_back(op, spawned)) {
        ctx.update_done(id, output);
    }
    follow_requests(ctx);
}

/// Does what handles have asked for.
fn follow_requests(ctx: &Context) {
    for request in task::take_requests() {
        let news = ctx.tasks(|tasks| match request {
            Request::Cancel(op) => tasks.cancel(op),
            Request::Resolve(op, value) => tasks.resolve(op, value),
            Request::Detach(op) => {
                tasks.detach(op);
                false
            }
        });
        if news {
            ctx.progress();
        }
    }
}

impl Keeper {
    /// That of a handler which is begun now.
    pub(super) fn handler(update: Option<String>) -> Self {
        update.map_or(Keeper::Signal, Keeper::Update)
    }
}
