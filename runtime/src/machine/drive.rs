//! Driving a machine: its frame comes from memory or from bytes, its body runs, its new state is taken down.

use std::any::Any;
use std::borrow::Cow;
use std::task::Poll;

use super::context::{Context, Fault, Step};
use super::describe::SlotDescription;
use super::frame::{Frame, Op, State};
use super::held::{Asked, Held};
use super::spawned::{Spawned, step_method};
use super::task::Site;
use super::wait::OpId;
use crate::time::Moment;

/// A machine with its arguments `A`, in one of three forms: not yet begun, as stored, or as it was left in memory.
pub struct Sub<A> {
    /// There before the first step.
    arguments: Option<A>,
    pub(super) held: Held,
}

impl<A> Sub<A> {
    /// A machine before its first step.
    pub fn start(args: A) -> Self {
        Sub { arguments: Some(args), held: Held::start() }
    }

    /// A machine as it was stored.
    pub fn stored(encoded: Vec<u8>) -> Self {
        Sub { arguments: None, held: Held::stored(encoded) }
    }

    /// Stands for the machine that `spawned`'s body is written in. Generated code calls this, drives it once, and takes the
    /// task [back](Self::into_spawned).
    pub fn within(spawned: Box<Spawned>) -> Self {
        Sub { arguments: None, held: Held::within(spawned) }
    }

    /// The task that this was made [with](Self::within).
    ///
    /// # Panics
    ///
    /// When it was not made with a task.
    pub fn into_spawned(self) -> Box<Spawned> {
        self.held.into_spawned()
    }

    /// The stored form, as of the last step. Empty before the first.
    pub fn encoded(&self) -> Cow<'_, [u8]> {
        self.held.sheet().bytes()
    }

    /// The operations that it waits for, as of the last step.
    pub fn armed(&self) -> Cow<'_, [OpId]> {
        self.held.sheet().armed()
    }
}

/// Steps a machine: gets its frame, runs `body` on it, and takes down the new state.
///
/// Generated code calls this with the body that it wrote; from the body, rustc infers the types of the frame's slots.
pub fn drive<F: Frame, A, T>(
    sub: &mut Sub<A>,
    ctx: &Context,
    mut body: impl FnMut(&mut F, Op<'_, '_, A>) -> Poll<T>,
) -> Poll<T> {
    let (mut output, arguments) = (Poll::Pending, &mut sub.arguments);
    let step = &mut |frame: &mut dyn Any, asked: Asked<'_, '_>| {
        let op = match asked {
            Asked::Step => Op::Step(arguments),
            Asked::Slots(slots) => Op::Slots(slots),
            Asked::Spawned(spawned) => Op::Spawned(spawned),
        };
        match frame.downcast_mut() {
            Some(frame) => output = body(frame, op),
            None => two_bodies(),
        }
        output.is_ready()
    };
    sub.held.drive(F::State::MACHINE, ctx, || Box::new(F::EMPTY), step);
    output
}

#[cold]
#[inline(never)]
fn two_bodies() {
    panic!("a machine is driven by one body");
}

/// Steps a task whose body is written here: an `async` block called `name`. A task whose body is written within
/// this one's is handed on.
pub fn drive_spawned<F: Frame, A: 'static, T: serde::Serialize>(
    spawned: &mut Spawned,
    ctx: &Context,
    name: &str,
    _: Site<A, T>,
    mut body: impl FnMut(&mut F, Op<'_, '_, A>) -> Poll<T>,
) {
    if spawned.body() == name {
        step_method(spawned, ctx, |sub: &mut Sub<A>| drive(sub, ctx, body));
    } else {
        let mut frame = F::EMPTY;
        let _ = body(&mut frame, Op::Spawned(spawned));
    }
}

/// A position that the machine does not have where it stands: the step cannot go on.
pub fn misplaced<S: State, T>(ctx: &Context, at: S) -> Poll<T> {
    not_here(ctx, S::MACHINE, at.name());
    Poll::Pending
}

#[cold]
#[inline(never)]
fn not_here(ctx: &Context, machine: &str, state: &str) {
    ctx.fault(Fault::UnknownState { machine: machine.to_owned(), state: state.to_owned() });
}

/// A stored task whose body this binary does not have: the step cannot stand.
pub fn no_such_task<T>(ctx: &Context, spawned: &Spawned) -> Poll<T> {
    not_known(ctx, spawned);
    Poll::Pending
}

#[cold]
#[inline(never)]
fn not_known(ctx: &Context, spawned: &Spawned) {
    ctx.fault(Fault::UnknownBody { body: spawned.body().to_owned() });
}

/// A task whose slots its body is to show, as [`described`](super::described) asks: `body` is its name.
pub fn task_to_show(body: &str) -> Box<Spawned> {
    Box::new(Spawned::stored(body.to_owned(), Vec::new()))
}

/// The slots of a machine, as its body shows them: `show` drives it once.
pub(super) fn slots(show: fn(&Context)) -> Vec<SlotDescription> {
    let asking = Step { describing: Some(Vec::new()), ..Step::default() };
    let ctx = Context::new("", Moment(0), asking);
    show(&ctx);
    ctx.into_step().describing.unwrap_or_default()
}
