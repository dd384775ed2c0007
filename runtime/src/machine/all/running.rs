//! The operations of a list that run, and what is stored of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::task::Poll;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::context::Context;
use super::super::parts::Parts;
use super::super::sheet::Draft;
use super::super::task;
use super::super::wait::{Awaitable, OpId, Wait, WaitWriter};
use super::Beside;
use super::places::Places;
use crate::codec::{Error, Payload};

/// Up to so many are written one behind the other, all of them each time.
pub(super) const FEW: usize = 16;

/// Something begun, in the form that serde stores: a byte string.
struct Begun<W>(W);

impl<W: Wait> Serialize for Begun<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut draft = Draft::default();
        self.0.write(&mut WaitWriter(&mut draft)).map_err(serde::ser::Error::custom)?;
        let sheet = draft.finish();
        task::note(&sheet.named());
        serializer.serialize_bytes(&sheet.bytes())
    }
}

impl<'de, W: Wait> Deserialize<'de> for Begun<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Payload::deserialize(deserializer)?;
        W::read(&bytes.0).map(Begun).map_err(serde::de::Error::custom)
    }
}

/// Those that run, by their place in the list, and the outputs of those that are done.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "W: Wait, T: Serialize", deserialize = "W: Wait, T: Deserialize<'de>"))]
pub(super) struct Running<W, T> {
    waits: BTreeMap<usize, Begun<W>>,
    outputs: BTreeMap<usize, T>,
    /// Which of them may be ready.
    #[serde(skip)]
    places: Places,
    /// What was written of them, where they are not few.
    #[serde(skip)]
    parts: RefCell<Option<Box<InParts>>>,
}

#[derive(Default)]
struct InParts {
    waits: Parts,
    outputs: Parts,
}

impl<W: Wait, T> Running<W, T> {
    pub(super) fn begin<A: Awaitable<Wait = W>>(
        operations: impl IntoIterator<Item = A>,
        ctx: &Context,
    ) -> Self {
        let waits = operations.into_iter().map(|operation| Begun(operation.begin(ctx))).enumerate().collect();
        Running { waits, outputs: BTreeMap::new(), places: Places::default(), parts: RefCell::default() }
    }

    /// One more has begun.
    pub(super) fn add(&mut self, place: usize, wait: W) {
        self.waits.insert(place, Begun(wait));
        self.change(place);
    }

    /// One of them is done.
    pub(super) fn done(&mut self, place: usize, output: T) {
        self.outputs.insert(place, output);
        if let Some(parts) = self.parts.get_mut() {
            parts.outputs.change(place as u64);
        }
    }

    /// What is stored of one that runs, or ran, has changed.
    fn change(&mut self, place: usize) {
        if let Some(parts) = self.parts.get_mut() {
            parts.waits.change(place as u64);
        }
    }

    pub(super) fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        self.waits.values().for_each(|wait| wait.0.armed(armed));
    }

    /// How many of them run.
    pub(super) fn len(&self) -> usize {
        self.waits.len()
    }
}

impl<W: Wait, T> Beside<W, T> for Running<W, T> {
    fn poll(&mut self, ctx: &Context, mut done: impl FnMut(&mut Self, usize, W::Output) -> bool) {
        for place in self.places.candidates::<W>(ctx, self.waits.last_key_value().map(|(last, _)| *last)) {
            let Some(wait) = self.waits.get_mut(&place) else { continue };
            let (watched, shields) = (ctx.watched(), ctx.shields());
            match wait.0.poll(ctx) {
                Poll::Ready(output) => {
                    self.waits.remove(&place);
                    self.places.remove(place);
                    self.change(place);
                    if !done(self, place, output) {
                        return;
                    }
                }
                Poll::Pending => {
                    let (watches, holds_on) = (ctx.watched() != watched, ctx.shields() != shields);
                    self.places.pending(place, &wait.0, watches, holds_on);
                    self.change(place);
                }
            }
        }
        if self.places.hold_on() {
            ctx.holds_on();
        }
    }

    fn is_done(&self) -> bool {
        self.waits.is_empty()
    }

    fn outputs(&mut self) -> Vec<T> {
        std::mem::take(&mut self.outputs).into_values().collect()
    }
}

impl<W: Wait, T: Serialize> Running<W, T> {
    /// Writes it as its `Serialize` does. Where they are many, only what has changed is encoded.
    pub(super) fn write(&self, draft: &mut Draft) -> Result<(), Error> {
        let mut in_parts = self.parts.borrow_mut();
        if in_parts.is_none() && self.waits.len() + self.outputs.len() <= FEW {
            self.armed(&mut |op| draft.arm(op));
            return draft.out.part(self);
        }
        let InParts { waits, outputs } = &mut **in_parts.get_or_insert_with(|| {
            let mut parts = Box::new(InParts::default());
            self.waits.keys().for_each(|place| parts.waits.change(*place as u64));
            self.outputs.keys().for_each(|place| parts.outputs.change(*place as u64));
            parts
        });
        draft.out.begin_map(2)?;
        draft.out.text("waits");
        draft.out.begin_map(self.waits.len())?;
        let waits = waits.whole(&mut |numbers, draft| {
            self.waits.range(places(&numbers)).try_for_each(|(place, wait)| {
                wait.0.armed(&mut |op| draft.arm(op));
                draft.out.part(place)?;
                draft.out.part(wait)
            })
        })?;
        waits.into_iter().try_for_each(|waits| draft.share(0, waits))?;
        draft.out.end();
        draft.out.text("outputs");
        draft.out.begin_map(self.outputs.len())?;
        let outputs = outputs.whole(&mut |numbers, draft| {
            self.outputs.range(places(&numbers)).try_for_each(|(place, output)| {
                draft.out.part(place)?;
                draft.out.part(output)
            })
        })?;
        outputs.into_iter().try_for_each(|outputs| draft.share(1, outputs))?;
        draft.out.end();
        draft.out.end();
        Ok(())
    }
}

/// The places that have these numbers.
fn places(numbers: &std::ops::RangeInclusive<u64>) -> std::ops::RangeInclusive<usize> {
    let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    place(*numbers.start())..=place(*numbers.end())
}
