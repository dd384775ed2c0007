//! The visitor of a frame's slots, which generated code shows them to: what it does to each, and what is stored of it.

use std::any::type_name;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::context::Fault;
use super::describe::SlotDescription;
use super::drive::Sub;
use super::frame::{Slot, State, StateEntry, Stored, StoredOfSelf, name_at};
use super::functions;
use super::listed::{self, Change, Shared, Since};
use super::sheet::Draft;
#[cfg(feature = "testing")]
use super::stored::StoredSlot;
use super::wait::{Wait, WaitWriter};
use crate::codec::{self, CodecError, Reader};
#[cfg(feature = "testing")]
use crate::testing::Tracer;

/// The visitor of a frame's slots: it encodes, decodes or describes them. The generated body calls it for
/// the position first, then for each slot in the order of their numbers, with a branch's position before its slots.
pub struct Slots<'a> {
    pub(super) mode: Mode<'a>,
    live: Vec<u16>,
}

/// What the visitor does.
pub(super) enum Mode<'a> {
    Encode {
        draft: &'a mut Draft,
        shared: &'a mut BTreeMap<u16, Shared>,
        fault: Option<Fault>,
        machine: &'static str,
    },
    Decode {
        fields: Vec<(&'a str, &'a [u8])>,
        fault: Option<Fault>,
        machine: &'static str,
    },
    Describe {
        slots: Vec<SlotDescription>,
    },
}

impl<'a> Slots<'a> {
    /// A visitor at its beginning.
    pub(super) fn new(mode: Mode<'a>) -> Self {
        Slots { mode, live: Vec::new() }
    }
}

impl Slots<'_> {
    /// The machine's own position.
    pub fn at<S: State>(&mut self, at: &mut S) {
        let place = self.place("at", S::TABLE, at.place());
        if let Some(known) = S::ALL.get(place) {
            *at = *known;
        }
    }

    /// The position of a branch, itself a slot with a number.
    pub fn position<S: State>(&mut self, number: u16, name: &'static str, at: &mut S) {
        let place = self.place_of_branch(number, name, S::TABLE, at.place());
        if let Some(known) = S::ALL.get(place) {
            *at = *known;
        }
    }

    /// The place that a branch is to have, which stands at `place`.
    #[inline(never)]
    fn place_of_branch(
        &mut self,
        number: u16,
        name: &'static str,
        table: &'static [StateEntry],
        place: usize,
    ) -> usize {
        if matches!(self.mode, Mode::Describe { .. }) || self.live.contains(&number) {
            #[cfg(feature = "testing")]
            self.stored(name, || StoredSlot::Position);
            self.place(name, table, place)
        } else {
            0
        }
    }

    /// The place that a machine is to have, which stands at `place`.
    #[inline(never)]
    fn place(&mut self, name: &'static str, table: &'static [StateEntry], mut place: usize) -> usize {
        if let Some(stored) = self.state(name, name_at(table, place)) {
            match table.iter().position(|(name, _)| *name == stored) {
                Some(known) => place = known,
                None => self.unknown(stored),
            }
        }
        if let Some((_, live)) = table.get(place) {
            self.live.extend_from_slice(live);
        }
        place
    }

    /// Shows a position: gives the name of the state that it is to be in, where one is read.
    fn state(&mut self, name: &'static str, state: &'static str) -> Option<String> {
        match &mut self.mode {
            Mode::Encode { draft, .. } => {
                draft.out.text(name);
                draft.out.text(state);
                None
            }
            Mode::Decode { fields, fault, machine } => {
                let read = field(fields, name).and_then(|bytes| Ok(codec::decode_slice::<String>(bytes)?));
                read.map_err(|error| bad_slot(fault, machine, name, &error)).ok()
            }
            Mode::Describe { .. } => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn unknown(&mut self, state: String) {
        if let Mode::Decode { fault, machine, .. } = &mut self.mode {
            let machine = (*machine).to_owned();
            fault.get_or_insert(Fault::UnknownState { machine, state });
        }
    }

    /// A variable.
    #[inline(never)]
    pub fn kept<T: Stored>(&mut self, number: u16, name: &'static str, slot: &mut Slot<T>) {
        #[cfg(feature = "testing")]
        self.stored(name, || StoredSlot::Kept(Tracer::trace::<T>));
        self.visit(number, name, type_name::<T>(), &mut Kept(slot));
    }

    /// A variable that was found within the workflow's value.
    pub fn kept_of_self<T: StoredOfSelf>(&mut self, number: u16, name: &'static str, slot: &mut Slot<T>) {
        self.kept(number, name, slot);
    }

    /// A begun operation.
    #[inline(never)]
    pub fn wait<W: Wait>(&mut self, number: u16, name: &'static str, slot: &mut Slot<W>) {
        #[cfg(feature = "testing")]
        self.stored(name, || StoredSlot::Wait(W::stored()));
        self.visit(number, name, type_name::<W>(), &mut Waiting(slot));
        if let Mode::Describe { slots } = &mut self.mode {
            functions::awaits(W::functions, slots.last_mut());
        }
    }

    /// A machine called from this one: its bytes are copied as they are.
    #[inline(never)]
    pub fn machine<A: Stored>(&mut self, number: u16, name: &'static str, slot: &mut Slot<Sub<A>>) {
        #[cfg(feature = "testing")]
        self.stored(name, || StoredSlot::Method);
        self.visit(number, name, type_name::<Sub<A>>(), &mut Called(slot));
    }

    /// The output of a branch: stored from when the branch is done, so it may be empty.
    #[inline(never)]
    pub fn output<T: Stored>(&mut self, number: u16, name: &'static str, slot: &mut Slot<T>) {
        let absent = match &self.mode {
            Mode::Encode { .. } => slot.value.is_none(),
            Mode::Decode { fields, .. } => field(fields, name).is_err(),
            Mode::Describe { .. } => false,
        };
        if !absent {
            #[cfg(feature = "testing")]
            self.stored(name, || StoredSlot::Output(Tracer::trace::<T>));
            self.visit(number, name, type_name::<T>(), &mut Kept(slot));
        }
    }

    /// Tells the test kit what a slot holds.
    #[cfg(feature = "testing")]
    fn stored(&self, name: &'static str, slot: impl FnOnce() -> StoredSlot) {
        if let Mode::Describe { .. } = self.mode {
            super::stored::slot(name, slot());
        }
    }

    #[inline(never)]
    fn visit(&mut self, number: u16, name: &'static str, type_name: &'static str, slot: &mut dyn Visited) {
        if let Mode::Describe { slots } = &mut self.mode {
            slots.push(SlotDescription { name, type_name, functions: Vec::new() });
            return;
        }
        if !self.live.contains(&number) {
            slot.clear();
            if let Mode::Encode { shared, .. } = &mut self.mode
                && !shared.is_empty()
            {
                shared.remove(&number);
            }
            return;
        }
        match &mut self.mode {
            Mode::Encode { draft, shared, fault, machine } => {
                draft.out.text(name);
                draft.slot(number);
                match write(draft, shared, (number, type_name), slot) {
                    Ok(true) => {}
                    Ok(false) => bad_slot(fault, machine, name, &SlotError::Empty),
                    Err(error) => bad_slot(fault, machine, name, &error.encoding(type_name)),
                }
            }
            Mode::Decode { fields, fault, machine } => {
                let read = field(fields, name)
                    .and_then(|bytes| Ok(read_slot(slot, bytes).map_err(|error| error.decoding(type_name))?));
                if let Err(error) = read {
                    bad_slot(fault, machine, name, &error);
                }
            }
            Mode::Describe { .. } => {}
        }
    }
}

/// What the visitor does to a slot whose type it does not know. Of all that visits, this alone is compiled for each
/// type.
pub(super) trait Visited {
    fn clear(&mut self);
    /// How it may have changed since it was written last; none of what changes by itself.
    fn since(&self) -> Option<Since> {
        None
    }
    /// Writes what is in it; gives whether there is something.
    fn write(&mut self, draft: &mut Draft) -> Result<bool, codec::Error>;
    // The reader is made by who calls, so that it is dropped in one place.
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), codec::Error>;
}

/// Writes a slot. What is in a variable, and much, is shared until that changes; of a list what is changed of it.
fn write(
    draft: &mut Draft,
    shared: &mut BTreeMap<u16, Shared>,
    (number, type_name): (u16, &'static str),
    slot: &mut dyn Visited,
) -> Result<bool, codec::Error> {
    let Some(since) = slot.since() else { return slot.write(draft) };
    if let Some(before) = shared.get(&number) {
        if since.change == Change::Not {
            draft.share(0, Arc::clone(before.sheet()))?;
            return Ok(true);
        }
        let before = since.list(type_name).and_then(|list| Some((list, shared.remove(&number)?)));
        if let Some((list, before)) = before
            && let Some(list) = listed::write(draft, before, list, slot)?
        {
            shared.insert(number, list);
            return Ok(true);
        }
    }
    let mut is_there = Ok(false);
    let large = draft.value(&mut |draft| is_there = slot.write(draft));
    if let Some(large) = large {
        shared.insert(number, Shared::Whole(large));
    } else if !shared.is_empty() {
        shared.remove(&number);
    }
    is_there
}

/// Reads a slot, as [`codec::decode`] reads a value.
fn read_slot(slot: &mut dyn Visited, bytes: &[u8]) -> Result<(), codec::Error> {
    let mut reader = Reader::of(bytes);
    match slot.read(&mut reader) {
        Err(first) => match reader.lending(bytes) {
            Some(mut reader) => slot.read(&mut reader).map_err(|_| first),
            None => Err(first),
        },
        read => read,
    }
}

struct Kept<'a, T>(&'a mut Slot<T>);

impl<T: Stored> Visited for Kept<'_, T> {
    fn clear(&mut self) {
        self.0.value = None;
    }

    fn since(&self) -> Option<Since> {
        Some(self.0.since)
    }

    fn write(&mut self, draft: &mut Draft) -> Result<bool, codec::Error> {
        let Some(value) = &self.0.value else { return Ok(false) };
        self.0.since.change = Change::Not;
        draft.out.part(value).map(|()| true)
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), codec::Error> {
        match T::deserialize(reader) {
            Ok(value) => {
                self.0.put(value);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

struct Waiting<'a, W>(&'a mut Slot<W>);

impl<W: Wait> Visited for Waiting<'_, W> {
    fn clear(&mut self) {
        self.0.value = None;
    }

    fn write(&mut self, draft: &mut Draft) -> Result<bool, codec::Error> {
        let Some(wait) = &self.0.value else { return Ok(false) };
        if !W::TAKES_DOWN {
            wait.armed(&mut |op| draft.arm(op));
        }
        match wait.write(&mut WaitWriter(draft)) {
            Ok(()) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), codec::Error> {
        match W::read(reader.rest()) {
            Ok(wait) => {
                self.0.put(wait);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

struct Called<'a, A>(&'a mut Slot<Sub<A>>);

impl<A> Visited for Called<'_, A> {
    fn clear(&mut self) {
        self.0.value = None;
    }

    fn write(&mut self, draft: &mut Draft) -> Result<bool, codec::Error> {
        let Some(sub) = &self.0.value else { return Ok(false) };
        sub.held.write(draft)
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), codec::Error> {
        self.0.value = Some(Sub::stored(reader.rest().to_vec()));
        Ok(())
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
