//! A machine together with the tasks that it has begun, stepped until nothing goes on.

use std::task::Poll;

use super::cancel::{Cancel, Standing};
use super::context::{Context, Fault};
use super::held::{Held, split_map};
use super::opaque::Opaque;
use super::sheet::Sheet;
use super::spawned::Spawned;
use super::stored_tasks::EntryRecord;
use super::task::{self, Request};
use super::tasks::{PutBack, Tasks};
use super::wait::{OpId, WaitWriter};
use crate::codec::{self, CodecError};

/// The name of the tasks in a stored frame, which is none that a slot can have.
pub(crate) const TASKS: &str = "+tasks";

/// The machine and its bodies, their types erased: what steps it, and what steps a task of it.
pub(super) trait Bodies {
    /// The machine.
    fn main(&self) -> &Held;
    /// Steps the machine. Once it has ended, its output is here.
    fn step(&mut self, ctx: &Context) -> Poll<()>;
    #[allow(clippy::unnecessary_box_returns)] // It is handed from one to the other.
    fn step_spawned(&mut self, ctx: &Context, spawned: Box<Spawned>) -> Box<Spawned>;
    /// The tasks that are named outside of the machines: in the workflow's value.
    fn named(&self) -> Vec<OpId>;
}

/// The tasks of a machine, and what is taken down of all of them.
pub(super) struct Machines(Opaque<Inner>);

#[derive(Default)]
struct Inner {
    /// `None` where there are none, and while the machines are stepped: then the context has them.
    tasks: Option<Box<Tasks>>,
    /// What was taken down, where it is not of the machine alone.
    joined: Option<Box<Sheet>>,
    /// Why the stored form could not be read.
    fault: Option<Box<Fault>>,
}

/// What giving up came to.
enum GivenUp {
    Nothing,
    Something,
    All,
}

impl Machines {
    #[inline(never)]
    pub(super) fn start() -> Self {
        Machines(Opaque::new(Inner::default()))
    }

    /// The tasks of a machine as it was stored; `name` is told where that cannot be read.
    #[inline(never)]
    pub(super) fn stored(name: &str, encoded: &[u8]) -> Self {
        let (tasks, fault) = match stored_tasks(encoded) {
            Ok(tasks) => (tasks, None),
            Err(reason) => {
                let (machine, slot) = (name.to_owned(), TASKS.to_owned());
                (Tasks::default(), Some(Box::new(Fault::BadSlot { machine, slot, reason })))
            }
        };
        let joined = (!tasks.is_empty()).then(|| Box::new(Sheet::stored(encoded.to_owned())));
        Machines(Opaque::new(Inner { tasks: Box::new(tasks).kept(), joined, fault }))
    }

    /// What was taken down after the last step. Empty before the first.
    #[inline(never)]
    pub(super) fn sheet<'m>(&'m self, main: &'m Held) -> &'m Sheet {
        self.0.get().joined.as_deref().unwrap_or_else(|| main.sheet())
    }

    /// Writes all of it as a slot of the caller of `main`.
    #[inline(never)]
    pub(super) fn write(&self, main: &Held, out: &mut WaitWriter<'_>) -> Result<(), CodecError> {
        out.sheet(self.sheet(main))
    }

    /// Runs `with` while the context has the tasks.
    #[inline(never)]
    pub(super) fn lent(&mut self, ctx: &Context, with: &mut dyn FnMut()) {
        ctx.lend(self.0.get_mut().tasks.take().unwrap_or_else(Tasks::none));
        with();
        self.0.get_mut().tasks = ctx.give_back().kept();
    }

    /// Lets all machines go as far as they can, `root` being how the machine itself stands; then `give_up` decides what
    /// becomes of what is cancelled. When this gives `Ready`, the bodies have the output.
    #[inline(never)]
    pub(super) fn step(&mut self, bodies: &mut dyn Bodies, ctx: &Context, root: Standing) -> Poll<()> {
        if let Some(fault) = self.0.get_mut().fault.take() {
            ctx.fault(*fault);
            return Poll::Pending;
        }
        let mut polled = Poll::Pending;
        self.lent(ctx, &mut || polled = step_all(bodies, ctx, root));
        let inner = self.0.get_mut();
        if polled.is_ready() {
            inner.joined = None;
        } else if let Err(error) = inner.take_down(bodies.main()) {
            ctx.fault(error.encoding("the tasks of a run"));
        }
        polled
    }

    /// What is left of the tasks of a machine that has ended goes to the machine around it.
    #[inline(never)]
    pub(super) fn hand_over(&mut self, ctx: &Context) {
        if let Some(left) = self.0.get_mut().tasks.take() {
            ctx.have_ended(ctx.tasks(|tasks| tasks.take_over(*left)));
        }
    }
}

impl Inner {
    /// Takes down the machine and its tasks.
    fn take_down(&mut self, main: &Held) -> Result<(), codec::Error> {
        let Some(tasks) = self.tasks.as_mut().filter(|tasks| !tasks.is_empty()) else {
            self.joined = None;
            return Ok(());
        };
        // The frame is a map without a length: before its end there is room for one more entry.
        let mut joined = self.joined.take().unwrap_or_default();
        *joined = main.sheet().with_more(std::mem::take(&mut *joined), |draft| {
            draft.out.text(TASKS);
            tasks.write(draft)
        })?;
        self.joined = Some(joined);
        Ok(())
    }
}

fn step_all(bodies: &mut dyn Bodies, ctx: &Context, root: Standing) -> Poll<()> {
    if root.reaching().is_some() {
        ctx.tasks(|tasks| tasks.cancel_all(root.reaching()));
    }
    loop {
        let (before, watched) = (ctx.progressed(), ctx.watched());
        if step_main(bodies, ctx, root).is_ready() {
            return Poll::Ready(());
        }
        if ctx.tasks(|tasks| tasks.is_empty()) && !(ctx.is_run() && root.cancel.is_some()) {
            // A condition may have come to hold by what went on after it was looked at.
            if ctx.progressed() != before && ctx.overtaken() > watched && !ctx.has_fault() {
                continue;
            }
            return Poll::Pending;
        }
        step_tasks(bodies, ctx, OpId(0));
        if ctx.has_fault() {
            return Poll::Pending;
        }
        if ctx.progressed() != before || drop_unnamed(bodies, ctx) {
            continue;
        }
        // A machine within the run's gives up when the run does, but for tasks that are cancelled and it is not.
        if !ctx.is_run() && !ctx.is_giving_up() && root.reaching().is_some() {
            return Poll::Pending;
        }
        match give_up(bodies, ctx, root) {
            GivenUp::Nothing => return Poll::Pending,
            GivenUp::Something => {}
            GivenUp::All => return Poll::Ready(()),
        }
    }
}

fn step_main(bodies: &mut dyn Bodies, ctx: &Context, root: Standing) -> Poll<()> {
    ctx.stand(root);
    let polled = bodies.step(ctx);
    follow_requests(ctx);
    polled
}

/// Cancels the tasks that no handle names any more.
fn drop_unnamed(bodies: &dyn Bodies, ctx: &Context) -> bool {
    let outside = bodies.named();
    ctx.tasks(|tasks| {
        tasks.look_at(bodies.main().sheet(), outside);
        tasks.drop_unnamed()
    })
}

/// When nothing goes on: lets one cancelled scope end, of the youngest task first, of the machine itself last.
fn give_up(bodies: &mut dyn Bodies, ctx: &Context, root: Standing) -> GivenUp {
    let around = ctx.is_giving_up();
    let mut youngest = ctx.tasks(|tasks| tasks.cancelled(None));
    while let Some(op) = youngest {
        youngest = ctx.tasks(|tasks| tasks.cancelled(Some(op)));
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
            ctx.have_ended(vec![op]);
            ctx.progress();
            return GivenUp::Something;
        }
        ctx.tasks(|tasks| tasks.holds_on(op));
    }
    // Of a machine within the run's it is the scope around it that is given up, once its tasks have ended.
    if !ctx.is_run() {
        // What was found in a shield before, and is not asked again, holds on to what is around the function, too.
        if ctx.tasks(|tasks| tasks.any_holds_on()) {
            ctx.holds_on();
        }
        let waits = root.reaching().is_some() && ctx.tasks(|tasks| tasks.has_children(None));
        ctx.give_up(around && !waits);
        return GivenUp::Nothing;
    }
    if root.cancel == Cancel::Not || ctx.tasks(|tasks| tasks.has_children(None)) {
        return GivenUp::Nothing;
    }
    let (shields, before) = (ctx.shields(), ctx.progressed());
    ctx.give_up(true);
    let polled = step_main(bodies, ctx, root);
    ctx.give_up(false);
    match polled {
        Poll::Ready(()) => GivenUp::All,
        Poll::Pending if ctx.progressed() != before => GivenUp::Something,
        Poll::Pending => {
            if ctx.shields() == shields {
                ctx.run_given_up();
            }
            GivenUp::Nothing
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
#[inline(never)]
pub(super) fn step_tasks(bodies: &mut dyn Bodies, ctx: &Context, from: OpId) {
    let mut next = from;
    // Some are taken up meanwhile, which does no harm: whoever waits for one of them is only asked in vain.
    let resolved = ctx.resolved(|ops| ctx.tasks(|tasks| tasks.waiting_for(ops)));
    while let Some(op) = ctx.tasks(|tasks| tasks.next_running(next, &resolved)) {
        step_task(bodies, ctx, op);
        if ctx.has_fault() {
            return;
        }
        next = OpId(op.0 + 1);
    }
}

fn step_task(bodies: &mut dyn Bodies, ctx: &Context, op: OpId) {
    let Some((mut spawned, cancel)) = ctx.tasks(|tasks| tasks.take(op)) else { return };
    ctx.stand(Standing { cancel, shielded: false, task: Some(op) });
    let watched = ctx.watched();
    spawned = bodies.step_spawned(ctx, spawned);
    spawned.by_operation = ctx.watched() == watched;
    if spawned.output.is_some() {
        ctx.progress();
    }
    match ctx.tasks(|tasks| tasks.put_back(op, spawned)) {
        PutBack::Running => {}
        PutBack::Ended => ctx.have_ended(vec![op]),
        PutBack::Answered(id, output) => ctx.update_done(id, output),
    }
    follow_requests(ctx);
}

/// Does what handles have asked for.
#[inline(never)]
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
