//! Frames: the program counter and the live variables of a machine, as data.
//!
//! A stored frame is one CBOR map: `at` (the state's name), then each slot that is live in that state under
//! its own name. A machine called from a machine is such a map within the caller's.

use std::any::Any;
use std::task::Poll;

use cbor4ii::core::dec::Decode;
use cbor4ii::core::enc::{Encode, Write};
use cbor4ii::core::utils::{BufWriter, SliceReader};
use cbor4ii::core::{RawValue, types};
use serde::{Serialize, de::DeserializeOwned};

use super::context::{Context, Fault, Step};
use super::describe::SlotDescription;
use super::wait::{OpId, Wait};
use crate::codec::{self, CodecError};
use crate::time::Moment;

/// What can be kept across an await: all that serde can write and read back without borrowing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is kept across an await but cannot be stored",
    label = "this value is still needed after an `.await`",
    note = "derive `Serialize` and `Deserialize` for an own type; clone what is borrowed (`.to_owned()`, `.clone()`); or let the value end before the `.await`, in a block of its own"
)]
pub trait Stored: Serialize + DeserializeOwned + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + 'static> Stored for T {}

/// The states of one machine: a plain enum that the generator writes.
pub trait State: Copy + Eq + 'static {
    /// The machine, as `Workflow::method`.
    const MACHINE: &'static str;
    /// Before the first step.
    const START: Self;
    /// After the last.
    const DONE: Self;
    /// The name that is stored.
    fn name(self) -> &'static str;
    /// All states, in source order.
    const ALL: &'static [Self];
    /// The state of that name.
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.name() == name)
    }
    /// The numbers of the slots that are live in this state.
    fn live(self) -> &'static [u16];
}

/// A frame, as the generator writes it: a struct of slots.
pub trait Frame: 'static {
    /// The states of the machine.
    type State: State;
    /// A frame in its first state, with nothing in its slots.
    fn empty() -> Self;
    /// Its position.
    fn at(&self) -> Self::State;
}

/// A place for one variable that lives across an await.
#[derive(Debug)]
pub struct Slot<T>(Option<T>);

impl<T> Slot<T> {
    /// A slot with nothing in it.
    pub const fn empty() -> Self {
        Slot(None)
    }

    /// Moves a value in.
    // Not inlined, as the other slot operations below: a machine has hundreds of these calls, and with the
    // dropping of an old value in each of them rustc's time for a release build doubles.
    #[inline(never)]
    pub fn put(&mut self, value: T) {
        self.0 = Some(value);
    }

    /// Moves the value out.
    ///
    /// # Panics
    ///
    /// When there is none: the generator and [`Slots`] see to it that a live slot is filled.
    #[inline(never)]
    pub fn take(&mut self) -> T {
        self.0.take().expect("a slot that is live in the current state is filled")
    }

    /// The value, in place.
    ///
    /// # Panics
    ///
    /// As [`Slot::take`].
    pub fn get_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("a slot that is live in the current state is filled")
    }
}

impl<T, E> Slot<Result<T, E>> {
    /// Moves the error out, if there is one.
    pub fn take_error(&mut self) -> Option<E> {
        match self.0.take() {
            Some(Err(error)) => Some(error),
            other => {
                self.0 = other;
                None
            }
        }
    }

    /// Moves the value out.
    ///
    /// # Panics
    ///
    /// When there is none; see [`Slot::take`].
    pub fn take_value(&mut self) -> T {
        self.take().unwrap_or_else(|_| panic!("an error in the slot was taken before"))
    }
}

/// What a machine's body is asked to do.
pub enum Op<'a, 'b, A> {
    /// Go on; the arguments are there at the first step only.
    Step(Option<A>),
    /// Show each slot to this visitor.
    Slots(&'a mut Slots<'b>),
}

/// The visitor of a frame's slots: it encodes, decodes or describes them. The generated body calls it for
/// the position first, then for each slot in the order of their numbers, with a branch's position before its slots.
pub struct Slots<'a> {
    mode: Mode<'a>,
    live: Vec<u16>,
}

enum Mode<'a> {
    Encode { out: BufWriter, ops: Vec<OpId>, fault: Option<Fault>, machine: &'static str },
    Decode { fields: Vec<(&'a str, &'a [u8])>, fault: Option<Fault>, machine: &'static str },
    Describe { slots: Vec<SlotDescription> },
}

const NO_MEMORY: &str = "writing to memory does not fail";

impl Slots<'_> {
    /// The machine's own position.
    pub fn at<S: State>(&mut self, at: &mut S) {
        self.position_named("at", at);
    }

    /// The position of a branch, itself a slot with a number.
    pub fn position<S: State>(&mut self, number: u16, name: &'static str, at: &mut S) {
        if matches!(self.mode, Mode::Describe { .. }) || self.live.contains(&number) {
            self.position_named(name, at);
        } else {
            *at = S::START;
        }
    }

    fn position_named<S: State>(&mut self, name: &'static str, at: &mut S) {
        match &mut self.mode {
            Mode::Encode { out, .. } => {
                name.encode(out).expect(NO_MEMORY);
                at.name().encode(out).expect(NO_MEMORY);
            }
            Mode::Decode { fields, fault, machine } => {
                match field(fields, name).and_then(|bytes| Ok(codec::decode_slice::<String>(bytes)?)) {
                    Ok(state) => {
                        if let Some(known) = S::from_name(&state) {
                            *at = known;
                        } else {
                            let machine = (*machine).to_owned();
                            fault.get_or_insert(Fault::UnknownState { machine, state });
                        }
                    }
                    Err(error) => bad_slot(fault, machine, name, &error),
                }
            }
            Mode::Describe { .. } => {}
        }
        self.live.extend_from_slice(at.live());
    }

    /// A variable.
    #[inline(never)]
    pub fn kept<T: Stored>(&mut self, number: u16, name: &'static str, slot: &mut Slot<T>) {
        self.visit(number, name, slot, |value, out, _| codec::encode_to(out, value), codec::decode_slice);
    }

    /// A begun operation.
    #[inline(never)]
    pub fn wait<W: Wait>(&mut self, number: u16, name: &'static str, slot: &mut Slot<W>) {
        let write = |wait: &W, out: &mut BufWriter, ops: &mut Vec<OpId>| {
            wait.armed(&mut |op| ops.push(op));
            codec::encode_to(out, wait)
        };
        self.visit(number, name, slot, write, codec::decode_slice);
    }

    /// A machine called from this one: its bytes are copied as they are.
    pub fn machine<A: Stored>(&mut self, number: u16, name: &'static str, slot: &mut Slot<Sub<A>>) {
        let write = |sub: &Sub<A>, out: &mut BufWriter, ops: &mut Vec<OpId>| {
            ops.extend_from_slice(&sub.armed);
            out.push(&sub.encoded).expect(NO_MEMORY);
            Ok(())
        };
        self.visit(number, name, slot, write, |bytes| Ok(Sub::stored(bytes.to_vec())));
    }

    /// The output of a branch: stored from when the branch is done, so it may be empty.
    pub fn output<T: Stored>(&mut self, number: u16, name: &'static str, slot: &mut Slot<T>) {
        let absent = match &self.mode {
            Mode::Encode { .. } => slot.0.is_none(),
            Mode::Decode { fields, .. } => field(fields, name).is_err(),
            Mode::Describe { .. } => false,
        };
        if !absent {
            self.kept(number, name, slot);
        }
    }

    fn visit<T>(
        &mut self,
        number: u16,
        name: &'static str,
        slot: &mut Slot<T>,
        write: impl FnOnce(&T, &mut BufWriter, &mut Vec<OpId>) -> Result<(), CodecError>,
        read: impl FnOnce(&[u8]) -> Result<T, CodecError>,
    ) {
        if let Mode::Describe { slots } = &mut self.mode {
            slots.push(SlotDescription { name, type_name: std::any::type_name::<T>() });
            return;
        }
        if !self.live.contains(&number) {
            slot.0 = None;
            return;
        }
        match &mut self.mode {
            Mode::Encode { out, ops, fault, machine } => {
                name.encode(out).expect(NO_MEMORY);
                let written =
                    slot.0.as_ref().ok_or(SlotError::Empty).and_then(|value| Ok(write(value, out, ops)?));
                if let Err(error) = written {
                    bad_slot(fault, machine, name, &error);
                }
            }
            Mode::Decode { fields, fault, machine } => {
                match field(fields, name).and_then(|bytes| Ok(read(bytes)?)) {
                    Ok(value) => slot.0 = Some(value),
                    Err(error) => bad_slot(fault, machine, name, &error),
                }
            }
            Mode::Describe { .. } => {}
        }
    }
}

fn field<'a>(fields: &[(&'a str, &'a [u8])], name: &str) -> Result<&'a [u8], SlotError> {
    fields.iter().find(|(key, _)| *key == name).map(|(_, bytes)| *bytes).ok_or(SlotError::Missing)
}

#[derive(Debug, thiserror::Error)]
enum SlotError {
    #[error("it is missing from the stored frame")]
    Missing,
    #[error("it is live in the current state, but empty: a bug of the generator")]
    Empty,
    #[error(transparent)]
    Codec(#[from] CodecError),
}

fn bad_slot(fault: &mut Option<Fault>, machine: &str, slot: &str, reason: &dyn std::fmt::Display) {
    fault.get_or_insert_with(|| Fault::BadSlot {
        machine: machine.to_owned(),
        slot: slot.to_owned(),
        reason: reason.to_string(),
    });
}

/// A machine with its arguments `A`, in one of three forms: not yet begun, as stored, or as it was left in memory.
pub struct Sub<A> {
    form: Form<A>,
    /// The stored form, as of the last step.
    encoded: Vec<u8>,
    /// The operations that the current state waits for.
    armed: Vec<OpId>,
}

enum Form<A> {
    Start(A),
    Stored,
    Hot(Box<dyn Any>),
    Done,
}

impl<A> Sub<A> {
    /// A machine before its first step.
    pub fn start(args: A) -> Self {
        Sub { form: Form::Start(args), encoded: Vec::new(), armed: Vec::new() }
    }

    /// A machine as it was stored.
    pub fn stored(encoded: Vec<u8>) -> Self {
        Sub { form: Form::Stored, encoded, armed: Vec::new() }
    }

    /// The stored form, as of the last step. Empty before the first.
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// The operations that it waits for, as of the last step.
    pub fn armed(&self) -> &[OpId] {
        &self.armed
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
    if ctx.is_describing() {
        let mut slots = Slots { mode: Mode::Describe { slots: Vec::new() }, live: Vec::new() };
        let _ = body(&mut F::empty(), Op::Slots(&mut slots));
        if let Mode::Describe { slots } = slots.mode {
            ctx.describe_slots(slots);
        }
        return Poll::Pending;
    }
    let (mut frame, args) = match std::mem::replace(&mut sub.form, Form::Done) {
        Form::Start(args) => (Box::new(F::empty()), Some(args)),
        Form::Stored => match decode_frame(&sub.encoded, &mut body) {
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
            Poll::Ready(output)
        }
        Poll::Pending => {
            encode_frame(&mut *frame, sub, ctx, &mut body);
            sub.form = Form::Hot(frame);
            Poll::Pending
        }
    }
}

/// A position that the machine does not have where it stands: the step cannot go on.
pub fn misplaced<S: State, T>(ctx: &Context, at: S) -> Poll<T> {
    ctx.fault(Fault::UnknownState { machine: S::MACHINE.to_owned(), state: at.name().to_owned() });
    Poll::Pending
}

/// The slots of a machine, as its body shows them: `step` drives it once.
pub fn slots<A>(step: impl FnOnce(&Context, &mut Sub<A>)) -> Vec<SlotDescription> {
    let asking = Step { describing: Some(Vec::new()), ..Step::default() };
    let ctx = Context::new("", Moment(0), asking);
    step(&ctx, &mut Sub::stored(Vec::new()));
    ctx.into_step().describing.unwrap_or_default()
}

fn encode_frame<F: Frame, A, T>(
    frame: &mut F,
    sub: &mut Sub<A>,
    ctx: &Context,
    body: &mut impl FnMut(&mut F, Op<'_, '_, A>) -> Poll<T>,
) {
    let (mut buffer, mut ops) = (std::mem::take(&mut sub.encoded), std::mem::take(&mut sub.armed));
    buffer.clear();
    ops.clear();
    let mut out = BufWriter::new(buffer);
    types::Map::unbounded(&mut out).expect(NO_MEMORY);
    let mode = Mode::Encode { out, ops, fault: None, machine: F::State::MACHINE };
    let mut slots = Slots { mode, live: Vec::new() };
    let _ = body(frame, Op::Slots(&mut slots));
    if let Mode::Encode { mut out, ops, fault, .. } = slots.mode {
        types::Map::end(&mut out).expect(NO_MEMORY);
        sub.encoded = out.into_inner();
        sub.armed = ops;
        if let Some(fault) = fault {
            ctx.fault(fault);
        } else if let Err(reason) = codec::check_depth(&sub.encoded) {
            let machine = F::State::MACHINE.to_owned();
            ctx.fault(Fault::BadSlot { machine, slot: frame.at().name().to_owned(), reason });
        }
    }
}

fn decode_frame<F: Frame, A, T>(
    encoded: &[u8],
    body: &mut impl FnMut(&mut F, Op<'_, '_, A>) -> Poll<T>,
) -> Result<Box<F>, Fault> {
    let machine = F::State::MACHINE;
    let fields = split_map(encoded).map_err(|reason| Fault::BadSlot {
        machine: machine.to_owned(),
        slot: "at".to_owned(),
        reason,
    })?;
    let mode = Mode::Decode { fields, fault: None, machine };
    let mut slots = Slots { mode, live: Vec::new() };
    let mut frame = Box::new(F::empty());
    let _ = body(&mut frame, Op::Slots(&mut slots));
    match slots.mode {
        Mode::Decode { fault: Some(fault), .. } => Err(fault),
        _ => Ok(frame),
    }
}

/// The fields of a stored frame, each with its bytes.
fn split_map(encoded: &[u8]) -> Result<Vec<(&str, &[u8])>, String> {
    let mut reader = SliceReader::new(encoded);
    let len = types::Map::len(&mut reader).map_err(|error| error.to_string())?;
    let mut fields = Vec::new();
    loop {
        let over = match len {
            Some(len) => fields.len() == len,
            None => cbor4ii::core::dec::is_break(&mut reader).map_err(|error| error.to_string())?,
        };
        if over {
            return Ok(fields);
        }
        let name = <&str>::decode(&mut reader).map_err(|error| error.to_string())?;
        let value = RawValue::decode(&mut reader).map_err(|error| error.to_string())?;
        fields.push((name, value.as_bytes()));
    }
}

/// The name of the state that a stored frame is in, if it is one.
pub(crate) fn stored_state(encoded: &[u8]) -> Option<String> {
    let fields = split_map(encoded).ok()?;
    let (_, bytes) = fields.into_iter().find(|(name, _)| *name == "at")?;
    codec::decode_slice(bytes).ok()
}
