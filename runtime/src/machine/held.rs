//! What is kept of a machine between two steps, its types erased: so it is compiled once, and not for each machine.

use std::any::Any;
use std::collections::BTreeMap;

use cbor4ii::core::dec::Decode;
use cbor4ii::core::utils::SliceReader;
use cbor4ii::core::{RawValue, types};

use super::context::{Context, Fault};
use super::listed::Shared;
use super::opaque::Opaque;
use super::sheet::{Draft, Sheet};
use super::slots::{Mode, Slots};
use super::spawned::Spawned;
use super::task;
use crate::codec;

/// A machine without its arguments.
pub(super) struct Held(Opaque<Inner>);

struct Inner {
    form: Form,
    /// What was taken down after the last step.
    sheet: Sheet,
    /// Of the slots with much in them, what was taken down when that was last changed.
    shared: BTreeMap<u16, Shared>,
}

enum Form {
    /// Not yet begun.
    Start,
    /// As it was stored.
    Stored,
    /// As it was left in memory: its frame.
    Hot(Box<dyn Any>),
    /// Not this machine, but a task whose body is written within it.
    Spawned(Box<Spawned>),
    Done,
}

/// What a body is asked to do with a frame.
pub(super) enum Asked<'a, 'b> {
    /// Go on.
    Step,
    /// Show the slots.
    Slots(&'a mut Slots<'b>),
    /// Step a task whose body is written within.
    Spawned(&'a mut Spawned),
}

/// A machine's body, its types erased: gives whether the machine has ended.
pub(super) type Body<'b> = dyn FnMut(&mut dyn Any, Asked<'_, '_>) -> bool + 'b;

impl Held {
    fn new(form: Form, encoded: Vec<u8>) -> Self {
        Held(Opaque::new(Inner { form, sheet: Sheet::stored(encoded), shared: BTreeMap::new() }))
    }

    #[inline(never)]
    pub(super) fn start() -> Self {
        Self::new(Form::Start, Vec::new())
    }

    #[inline(never)]
    pub(super) fn stored(encoded: Vec<u8>) -> Self {
        Self::new(Form::Stored, encoded)
    }

    #[inline(never)]
    pub(super) fn within(spawned: Box<Spawned>) -> Self {
        Self::new(Form::Spawned(spawned), Vec::new())
    }

    #[inline(never)]
    #[allow(clippy::unnecessary_box_returns)] // It is handed back.
    pub(super) fn into_spawned(mut self) -> Box<Spawned> {
        match std::mem::replace(&mut self.0.get_mut().form, Form::Done) {
            Form::Spawned(spawned) => spawned,
            _ => panic!("this stands for no task"),
        }
    }

    /// What was taken down after the last step. Empty before the first.
    #[inline(never)]
    pub(super) fn sheet(&self) -> &Sheet {
        &self.0.get().sheet
    }

    /// Writes it as a slot of its caller: what was taken down is used as it is. Gives whether there is something.
    #[inline(never)]
    pub(super) fn write(&self, draft: &mut Draft) -> Result<bool, codec::Error> {
        let sheet = self.sheet();
        draft.include(0, sheet)?;
        Ok(!sheet.is_empty())
    }

    /// Steps the machine: gets its frame, which `empty` makes, runs `body` on it, and takes down the new state.
    #[inline(never)]
    pub(super) fn drive(
        &mut self,
        machine: &'static str,
        ctx: &Context,
        empty: fn() -> Box<dyn Any>,
        body: &mut Body<'_>,
    ) {
        let mut frame = if let Some(frame) = self.take_frame(ctx) {
            frame
        } else {
            let mut frame = empty();
            if !self.prepare(machine, ctx, &mut |asked| body(&mut *frame, asked)) {
                return;
            }
            frame
        };
        if body(&mut *frame, Asked::Step) {
            self.clear();
        } else {
            self.take_down(machine, ctx, &mut |asked| body(&mut *frame, asked));
            self.0.get_mut().form = Form::Hot(frame);
        }
    }

    /// The frame, if it is in memory and is to be stepped.
    fn take_frame(&mut self, ctx: &Context) -> Option<Box<dyn Any>> {
        if ctx.is_describing() {
            return None;
        }
        let form = &mut self.0.get_mut().form;
        match std::mem::replace(form, Form::Done) {
            Form::Hot(frame) => Some(frame),
            other => {
                *form = other;
                None
            }
        }
    }

    /// Makes an empty frame into what is to be stepped; or does what is asked instead of a step, and gives `false`.
    fn prepare(
        &mut self,
        machine: &'static str,
        ctx: &Context,
        body: &mut dyn FnMut(Asked<'_, '_>) -> bool,
    ) -> bool {
        let inner = self.0.get_mut();
        if ctx.is_describing() && !matches!(inner.form, Form::Spawned(_)) {
            describe(machine, ctx, body);
            return false;
        }
        match std::mem::replace(&mut inner.form, Form::Done) {
            Form::Start => {
                ctx.progress();
                true
            }
            Form::Hot(_) => true,
            Form::Spawned(mut spawned) => {
                body(Asked::Spawned(&mut spawned));
                inner.form = Form::Spawned(spawned);
                false
            }
            Form::Stored => match decode(machine, &inner.sheet.bytes(), body) {
                Ok(()) => true,
                Err(fault) => {
                    ctx.fault(fault);
                    false
                }
            },
            Form::Done => {
                ctx.fault(Fault::UnknownState { machine: machine.to_owned(), state: "Done".to_owned() });
                false
            }
        }
    }

    /// The machine has ended.
    fn clear(&mut self) {
        let inner = self.0.get_mut();
        inner.sheet = Sheet::default();
        inner.shared.clear();
    }

    /// Takes down the new state of a frame that was stepped.
    fn take_down(
        &mut self,
        machine: &'static str,
        ctx: &Context,
        body: &mut dyn FnMut(Asked<'_, '_>) -> bool,
    ) {
        let inner = self.0.get_mut();
        let mut draft = Draft::new(std::mem::take(&mut inner.sheet));
        draft.out.begin_frame();
        let (encoding, shared) = (&mut draft, &mut inner.shared);
        let mut slots = Slots::new(Mode::Encode { draft: encoding, shared, fault: None, machine });
        let named = task::naming(&mut || {
            body(Asked::Slots(&mut slots));
        });
        if let Mode::Encode { fault: Some(fault), .. } = slots.mode {
            ctx.fault(fault);
        }
        draft.name(&named);
        draft.out.end_frame();
        inner.sheet = draft.finish();
    }
}

fn describe(machine: &'static str, ctx: &Context, body: &mut dyn FnMut(Asked<'_, '_>) -> bool) {
    #[cfg(feature = "testing")]
    super::stored::begin(machine);
    #[cfg(not(feature = "testing"))]
    let _ = machine;
    let mut slots = Slots::new(Mode::Describe { slots: Vec::new() });
    body(Asked::Slots(&mut slots));
    if let Mode::Describe { slots } = slots.mode {
        ctx.describe_slots(slots);
    }
}

/// Fills the frame with what was stored.
fn decode(
    machine: &'static str,
    encoded: &[u8],
    body: &mut dyn FnMut(Asked<'_, '_>) -> bool,
) -> Result<(), Fault> {
    let fields = split_map(encoded).map_err(|reason| Fault::BadSlot {
        machine: machine.to_owned(),
        slot: "at".to_owned(),
        reason,
    })?;
    let mut slots = Slots::new(Mode::Decode { fields, fault: None, machine });
    body(Asked::Slots(&mut slots));
    match slots.mode {
        Mode::Decode { fault: Some(fault), .. } => Err(fault),
        _ => Ok(()),
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
pub(crate) fn stored_state(encoded: &[u8]) -> Option<&str> {
    let at = Fields::of(encoded).ok()?.find(|field| !matches!(field, Ok((name, _)) if *name != "at"))?;
    <&str>::decode(&mut SliceReader::new(at.ok()?.1)).ok()
}
