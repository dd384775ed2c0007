//! Driving a machine: its frame comes from memory or from bytes, its body runs, its new state is taken down.

use std::any::Any;
use std::task::Poll;

use cbor4ii::core::dec::Decode;
use cbor4ii::core::utils::SliceReader;
use cbor4ii::core::{RawValue, types};

use super::context::{Context, Fault, Step};
use super::describe::SlotDescription;
use super::frame::{Frame, Mode, Op, Slots, State};
use super::task::{self, Site};
use super::tasks::{Spawned, step_method};
use super::wait::OpId;
use crate::codec::{self, Writer};
use crate::time::Moment;

/// A machine with its arguments `A`, in one of three forms: not yet begun, as stored, or as it was left in memory.
pub struct Sub<A> {
    form: Form<A>,
    /// The stored form, as of the last step.
    encoded: Vec<u8>,
    /// The operations that the current state waits for.
    armed: Vec<OpId>,
    /// The tasks and triggers that its variables are handles of.
    named: Vec<OpId>,
}

enum Form<A> {
    Start(A),
    Stored,
    Hot(Box<dyn Any>),
    /// Not this machine, but a task whose body is written within it.
    Spawned(Box<Spawned>),
    Done,
}

impl<A> Sub<A> {
    fn new(form: Form<A>, encoded: Vec<u8>) -> Self {
        Sub { form, encoded, armed: Vec::new(), named: Vec::new() }
    }

    /// A machine before its first step.
    pub fn start(args: A) -> Self {
        Self::new(Form::Start(args), Vec::new())
    }

    /// A machine as it was stored.
    pub fn stored(encoded: Vec<u8>) -> Self {
        Self::new(Form::Stored, encoded)
    }

    /// Stands for the machine that `spawned`'s body is written in. Generated code calls this, drives it once, and takes the
    /// task [back](Self::into_spawned).
    pub fn within(spawned: Box<Spawned>) -> Self {
        Self::new(Form::Spawned(spawned), Vec::new())
    }

    /// The task that this was made [with](Self::within).
    ///
    /// # Panics
    ///
    /// When it was not made with a task.
    pub fn into_spawned(self) -> Box<Spawned> {
        match self.form {
            Form::Spawned(spawned) => spawned,
            _ => panic!("this stands for no task"),
        }
    }

    /// The stored form, as of the last step. Empty before the first.
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// The operations that it waits for, as of the last step.
    pub fn armed(&self) -> &[OpId] {
        &self.armed
    }

    /// The tasks and triggers that its variables are handles of, as of the last step.
    pub(super) fn named(&self) -> &[OpId] {
        &self.named
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
    // Behind a pointer, rustc compiles the body once, and not for each place that calls it.
    drive_body(sub, ctx, &mut body)
}

/// What a machine's body is: it steps the frame, or shows its slots.
type Body<'b, F, A, T> = dyn FnMut(&mut F, Op<'_, '_, A>) -> Poll<T> + 'b;

fn drive_body<F: Frame, A, T>(sub: &mut Sub<A>, ctx: &Context, body: &mut Body<'_, F, A, T>) -> Poll<T> {
    if ctx.is_describing() && !matches!(sub.form, Form::Spawned(_)) {
        #[cfg(feature = "testing")]
        super::stored::begin(F::State::MACHINE);
        let mut slots = Slots::new(Mode::Describe { slots: Vec::new() });
        let _ = body(&mut F::empty(), Op::Slots(&mut slots));
        if let Mode::Describe { slots } = slots.mode {
            ctx.describe_slots(slots);
        }
        return Poll::Pending;
    }
    let (mut frame, args) = match std::mem::replace(&mut sub.form, Form::Done) {
        Form::Start(args) => {
            ctx.goes_on_at_once();
            ctx.progress();
            (Box::new(F::empty()), Some(args))
        }
        Form::Spawned(mut spawned) => {
            let _ = body(&mut F::empty(), Op::Spawned(&mut spawned));
            sub.form = Form::Spawned(spawned);
            return Poll::Pending;
        }
        Form::Stored => match decode_frame(&sub.encoded, body) {
            Ok(frame) => (frame, None),
            Err(fault) => {
                ctx.fault(fault);
                return Poll::Pending;
            }
        },
        Form::Hot(frame) => (frame.downcast::<F>().expect("a machine is driven by one body"), None),
        Form::Done => {
            ctx.fault(Fault::UnknownState {
                machine: F::State::MACHINE.to_owned(),
                state: "Done".to_owned(),
            });
            return Poll::Pending;
        }
    };
    match body(&mut frame, Op::Step(args)) {
        Poll::Ready(output) => {
            sub.encoded.clear();
            sub.armed.clear();
            sub.named.clear();
            Poll::Ready(output)
        }
        Poll::Pending => {
            encode_frame(&mut *frame, sub, ctx, body);
            sub.form = Form::Hot(frame);
            Poll::Pending
        }
    }
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
        let _ = body(&mut F::empty(), Op::Spawned(spawned));
    }
}

/// A position that the machine does not have where it stands: the step cannot go on.
pub fn misplaced<S: State, T>(ctx: &Context, at: S) -> Poll<T> {
    ctx.fault(Fault::UnknownState { machine: S::MACHINE.to_owned(), state: at.name().to_owned() });
    Poll::Pending
}

/// A stored task whose body this binary does not have: the step cannot stand.
pub fn no_such_task<T>(ctx: &Context, spawned: &Spawned) -> Poll<T> {
    ctx.fault(Fault::UnknownBody { body: spawned.body().to_owned() });
    Poll::Pending
}

/// The slots of a machine, as its body shows them: `step` drives it once.
pub fn slots<A>(step: impl FnOnce(&Context, &mut Sub<A>)) -> Vec<SlotDescription> {
    let ctx = asking();
    step(&ctx, &mut Sub::stored(Vec::new()));
    described(ctx)
}

// Compiled with this crate, not with each that has a workflow.
#[inline(never)]
fn asking() -> Context {
    Context::new("", Moment(0), Step { describing: Some(Vec::new()), ..Step::default() })
}

#[inline(never)]
fn described(ctx: Context) -> Vec<SlotDescription> {
    ctx.into_step().describing.unwrap_or_default()
}

/// The slots of a task whose body is written within a machine, by the body's name: `step` looks for it once.
pub fn slots_of_task(body: &str, step: impl FnOnce(&Context, Box<Spawned>)) -> Vec<SlotDescription> {
    let asking = Step { describing: Some(Vec::new()), ..Step::default() };
    let ctx = Context::new("", Moment(0), asking);
    step(&ctx, Box::new(Spawned::stored(body.to_owned(), Vec::new())));
    ctx.into_step().describing.unwrap_or_default()
}

fn encode_frame<F: Frame, A, T>(
    frame: &mut F,
    sub: &mut Sub<A>,
    ctx: &Context,
    body: &mut Body<'_, F, A, T>,
) {
    let (mut buffer, mut ops) = (std::mem::take(&mut sub.encoded), std::mem::take(&mut sub.armed));
    buffer.clear();
    ops.clear();
    let mut out = Writer::new(buffer);
    out.begin_frame();
    let mode = Mode::Encode { out, ops, fault: None, machine: F::State::MACHINE };
    let mut slots = Slots::new(mode);
    let ((), named) = task::naming(|| drop(body(frame, Op::Slots(&mut slots))));
    sub.named = named;
    if let Mode::Encode { mut out, ops, fault, .. } = slots.mode {
        out.end_frame();
        sub.encoded = out.into_bytes();
        sub.armed = ops;
        if let Some(fault) = fault {
            ctx.fault(fault);
        }
    }
}

fn decode_frame<F: Frame, A, T>(encoded: &[u8], body: &mut Body<'_, F, A, T>) -> Result<Box<F>, Fault> {
    let machine = F::State::MACHINE;
    let fields = split_map(encoded).map_err(|reason| Fault::BadSlot {
        machine: machine.to_owned(),
        slot: "at".to_owned(),
        reason,
    })?;
    let mode = Mode::Decode { fields, fault: None, machine };
    let mut slots = Slots::new(mode);
    let mut frame = Box::new(F::empty());
    let _ = body(&mut frame, Op::Slots(&mut slots));
    match slots.mode {
        Mode::Decode { fault: Some(fault), .. } => Err(fault),
        _ => Ok(frame),
    }
}

/// The fields of a stored frame, each with its bytes.
pub(super) fn split_map(encoded: &[u8]) -> Result<Vec<(&str, &[u8])>, String> {
    Fields::of(encoded)?.collect()
}

/// What can go wrong in bytes that are all there.
type DecodeError = cbor4ii::core::error::DecodeError<std::convert::Infallible>;

/// Reads the fields of a stored frame, one after the other.
struct Fields<'a> {
    reader: SliceReader<'a>,
    /// How many are left, where the map says so.
    left: Option<usize>,
}

impl<'a> Fields<'a> {
    fn of(encoded: &'a [u8]) -> Result<Self, String> {
        let mut reader = SliceReader::new(encoded);
        let left = types::Map::len(&mut reader).map_err(|error| error.to_string())?;
        Ok(Fields { reader, left })
    }

    fn read(&mut self) -> Result<Option<(&'a str, &'a [u8])>, DecodeError> {
        let over = match &mut self.left {
            Some(left) => std::mem::replace(left, left.saturating_sub(1)) == 0,
            None => cbor4ii::core::dec::is_break(&mut self.reader)?,
        };
        if over {
            self.left = Some(0);
            return Ok(None);
        }
        let name = <&str>::decode(&mut self.reader)?;
        let value = RawValue::decode(&mut self.reader)?;
        Ok(Some((name, value.as_bytes())))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(&'a str, &'a [u8]), String>;

    fn next(&mut self) -> Option<Self::Item> {
        let field = self.read();
        if field.is_err() {
            self.left = Some(0);
        }
        field.map_err(|error| error.to_string()).transpose()
    }
}

/// The name of the state that a stored frame is in, if it is one. It is the first field, so the others are not read.
pub(crate) fn stored_state(encoded: &[u8]) -> Option<String> {
    let at = Fields::of(encoded).ok()?.find(|field| !matches!(field, Ok((name, _)) if *name != "at"))?;
    codec::decode_slice(at.ok()?.1).ok()
}
