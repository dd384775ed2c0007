//! A machine together with the tasks that it has begun, stepped until nothing goes on.

use std::task::Poll;

use super::cancel::Standing;
use super::context::{Context, Fault};
use super::drive::Sub;
use super::held::split_map;
use super::stored_tasks::EntryRecord;
use super::task::{self, Request};
use super::tasks::{Origin, Spawned, Tasks};
use super::wait::OpId;
use crate::codec;

/// The name of the tasks in a stored frame, which is none that a slot can have.
const TASKS: &str = "+tasks";

/// The bodies: what steps the machine, and what steps a task of it.
pub(super) trait Bodies<A, T> {
    fn step(&mut self, ctx: &Context, main: &mut Sub<A>) -> Poll<T>;
    fn step_spawned(&mut self, ctx: &Context, spawned: Box<Spawned>) -> Box<Spawned>;
    /// The tasks that are named outside of the machines: in the workflow's value.
    fn named(&self) -> Vec<OpId>;
}

/// A machine and its tasks.
pub(super) struct Machines<A> {
    main: Sub<A>,
    tasks: Tasks,
    /// The stored form, where it is not that of `main` alone.
    joined: Vec<u8>,
    armed: Vec<OpId>,
    /// Why the stored form could not be read.
    fault: Option<Fault>,
}

/// What giving up came to.
pub(super) enum GivenUp<T> {
    Nothing,
    Something,
    All(T),
}

impl<A> Machines<A> {
    pub(super) fn start(input: A) -> Self {
        let (main, tasks) = (Sub::start(input), Tasks::default());
        Machines { main, tasks, joined: Vec::new(), armed: Vec::new(), fault: None }
    }

    /// As it was stored; `name` is told where that cannot be read.
    pub(super) fn stored(name: &str, encoded: Vec<u8>) -> Self {
        let (tasks, fault) = match stored_tasks(&encoded) {
            Ok(tasks) => (tasks, None),
            Err(reason) => {
                let (machine, slot) = (name.to_owned(), TASKS.to_owned());
                (Tasks::default(), Some(Fault::BadSlot { machine, slot, reason }))
            }
        };
        let joined = if tasks.is_empty() { Vec::new() } else { encoded.clone() };
        Machines { main: Sub::stored(encoded), tasks, joined, armed: Vec::new(), fault }
    }

    /// The stored form, as of the last step. Empty before the first.
    pub(super) fn encoded(&self) -> &[u8] {
        if self.joined.is_empty() { self.main.encoded() } else { &self.joined }
    }

    /// The operations that are waited for, as of the last step.
    pub(super) fn armed(&self) -> &[OpId] {
        &self.armed
    }

    /// The tasks and triggers that variables are handles of, as of the last step.
    pub(super) fn named(&self) -> Vec<OpId> {
        self.main.named().iter().copied().chain(self.tasks.named()).collect()
    }

    /// Runs `with` while the context has the tasks.
    pub(super) fn lent<T>(&mut self, ctx: &Context, with: impl FnOnce(&mut Self) -> T) -> T {
        ctx.lend(std::mem::take(&mut self.tasks));
        let result = with(self);
        self.tasks = ctx.give_back();
        result
    }

    /// Lets all machines go as far as they can, `root` being how the machine itself stands; then `give_up` decides what
    /// becomes of what is cancelled.
    pub(super) fn step<T>(
        &mut self,
        bodies: &mut impl Bodies<A, T>,
        ctx: &Context,
        root: Standing,
    ) -> Poll<T> {
        if let Some(fault) = self.fault.take() {
            ctx.fault(fault);
            return Poll::Pending;
        }
        let polled = self.lent(ctx, |this| this.step_all(bodies, ctx, root));
        if polled.is_ready() {
            self.joined.clear();
            self.armed.clear();
        } else {
            self.take_down();
        }
        polled
    }

    /// What is left of the tasks of a machine that has ended.
    pub(super) fn left_over(&mut self) -> Tasks {
        std::mem::take(&mut self.tasks)
    }

    fn step_all<T>(&mut self, bodies: &mut impl Bodies<A, T>, ctx: &Context, root: Standing) -> Poll<T> {
        if root.cancelled && !root.shielded {
            ctx.tasks(|tasks| tasks.cancel_children(None));
        }
        loop {
            let before = ctx.progressed();
            if let Poll::Ready(output) = self.step_main(bodies, ctx, root) {
                return Poll::Ready(output);
            }
            if ctx.tasks(|tasks| tasks.is_empty()) && !(ctx.is_run() && root.cancelled) {
                return Poll::Pending;
            }
            step_tasks(bodies, ctx, OpId(0));
            if ctx.has_fault() {
                return Poll::Pending;
            }
            if ctx.progressed() != before || self.drop_unnamed(bodies, ctx) {
                continue;
            }
            // A machine within the run's gives up when the run does, but for tasks that are cancelled and it is not.
            if !ctx.is_run() && !ctx.is_giving_up() && root.cancelled && !root.shielded {
                return Poll::Pending;
            }
            match self.give_up(bodies, ctx, root) {
                GivenUp::Nothing => return Poll::Pending,
                GivenUp::Something => {}
                GivenUp::All(output) => return Poll::Ready(output),
            }
        }
    }

    fn step_main<T>(&mut self, bodies: &mut impl Bodies<A, T>, ctx: &Context, root: Standing) -> Poll<T> {
        ctx.stand(root);
        let polled = bodies.step(ctx, &mut self.main);
        follow_requests(ctx);
        polled
    }

    /// Cancels the tasks that no handle names any more.
    fn drop_unnamed<T>(&self, bodies: &impl Bodies<A, T>, ctx: &Context) -> bool {
        let mut named = bodies.named();
        named.extend_from_slice(self.main.named());
        ctx.tasks(|tasks| {
            named.extend(tasks.named());
            named.sort_unstable();
            tasks.drop_unnamed(|op| named.binary_search(&op).is_ok())
        })
    }

    /// When nothing goes on: lets one cancelled scope end, of the youngest task first, of the machine itself last.
    fn give_up<T>(&mut self, bodies: &mut impl Bodies<A, T>, ctx: &Context, root: Standing) -> GivenUp<T> {
        let around = ctx.is_giving_up();
        for op in ctx.tasks(|tasks| tasks.cancelled()) {
            if ctx.tasks(|tasks| tasks.has_children(Some(op))) {
                continue;
            }
            let (shields, before) = (ctx.shields(), ctx.progressed());
            ctx.give_up(true);
            step_task(bodies, ctx, op);
            ctx.give_up(false);
            if ctx.progressed() != before {
                return GivenUp::Something;
            }
            if ctx.shields() == shields {
                ctx.tasks(|tasks| tasks.give_up(op));
                ctx.progress();
                return GivenUp::Something;
            }
        }
        // Of a machine within the run's it is the scope around it that is given up, once its tasks have ended.
        if !ctx.is_run() {
            let waits = root.cancelled && !root.shielded && ctx.tasks(|tasks| tasks.has_children(None));
            ctx.give_up(around && !waits);
            return GivenUp::Nothing;
        }
        if !root.cancelled || ctx.tasks(|tasks| tasks.has_children(None)) {
            return GivenUp::Nothing;
        }
        let (shields, before) = (ctx.shields(), ctx.progressed());
        ctx.give_up(true);
        let polled = self.step_main(bodies, ctx, root);
        ctx.give_up(false);
        match polled {
            Poll::Ready(output) => GivenUp::All(output),
            Poll::Pending if ctx.progressed() != before => GivenUp::Something,
            Poll::Pending => {
                if ctx.shields() == shields {
                    ctx.run_given_up();
                }
                GivenUp::Nothing
            }
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
        self.armed.extend(self.tasks.armed());
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
pub(super) fn step_tasks<A, T>(bodies: &mut impl Bodies<A, T>, ctx: &Context, from: OpId) {
    let mut next = from;
    while let Some(op) = ctx.tasks(|tasks| tasks.next_running(next, |op| ctx.is_resolved(op))) {
        step_task(bodies, ctx, op);
        if ctx.has_fault() {
            return;
        }
        next = OpId(op.0 + 1);
    }
}

fn step_task<A, T>(bodies: &mut impl Bodies<A, T>, ctx: &Context, op: OpId) {
    let Some((mut spawned, Origin { cancelled, dropped, .. })) = ctx.tasks(|tasks| tasks.take(op)) else {
        return;
    };
    ctx.stand(Standing { cancelled, shielded: false, dropped, task: Some(op) });
    let watched = ctx.watched();
    spawned = bodies.step_spawned(ctx, spawned);
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
pub(super) fn follow_requests(ctx: &Context) {
    for request in task::take_requests() {
        let news = match request {
            Request::Cancel(op) => ctx.tasks_with(op, |tasks| tasks.cancel(op)),
            Request::Resolve(op, value, names) => ctx.tasks_with(op, |tasks| tasks.resolve(op, value, names)),
            Request::Detach(op) => {
                ctx.tasks_with(op, |tasks| tasks.detach(op));
                false
            }
        };
        if news {
            ctx.progress();
        }
    }
}
