//! What is taken down of a machine after a step: its stored form, what it waits for, and the tasks that it names.
//!
//! A machine can wait for thousands of things, of which one is answered at a time. So what there are many of is in parts,
//! which are shared with what was taken down before: only those that something happened to are made anew, and two sheets are
//! compared by looking at these alone.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use super::task;
use super::wait::OpId;
use crate::codec::{Error, Writer};

/// From so many bytes on, what is in one slot is a part of its own.
pub(super) const LARGE: usize = 512;

/// What was taken down.
#[derive(Debug, Default)]
pub struct Sheet {
    /// The stored form, but for the parts.
    bytes: Vec<u8>,
    armed: Vec<OpId>,
    named: Vec<OpId>,
    parts: Vec<Part>,
    /// How many bytes the parts have.
    shared: usize,
    /// How many arrays and maps are within each other.
    levels: usize,
}

#[derive(Debug, Clone)]
struct Part {
    /// Before which of the bytes it stands.
    at: usize,
    /// By which it is found again in another sheet.
    key: u64,
    sheet: Arc<Sheet>,
}

/// Which operations of a sheet.
pub(crate) type Which = fn(&Sheet) -> &[OpId];

/// What one sheet has and another has not; each in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) gone: Vec<OpId>,
    pub(crate) come: Vec<OpId>,
}

impl Clone for Sheet {
    fn clone(&self) -> Self {
        let mut copy = Sheet::default();
        copy.clone_from(self);
        copy
    }

    /// In the same memory: a run's frame is copied after each step.
    fn clone_from(&mut self, other: &Self) {
        let Sheet { bytes, armed, named, parts, shared, levels } = self;
        bytes.clone_from(&other.bytes);
        armed.clone_from(&other.armed);
        named.clone_from(&other.named);
        parts.clone_from(&other.parts);
        (*shared, *levels) = (other.shared, other.levels);
    }
}

impl Sheet {
    /// The stored form alone.
    pub(crate) fn stored(bytes: Vec<u8>) -> Self {
        Sheet { bytes, ..Sheet::default() }
    }

    /// How long the stored form is.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() + self.shared
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is shared, and not copied.
    fn is_large(&self) -> bool {
        !self.parts.is_empty() || self.len() >= LARGE
    }

    /// The stored form.
    pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
        if self.parts.is_empty() {
            return Cow::Borrowed(&self.bytes);
        }
        let mut all = Vec::with_capacity(self.len());
        self.copy_to(&mut all);
        Cow::Owned(all)
    }

    /// The first bytes of the stored form, up to the first part.
    pub(crate) fn beginning(&self) -> &[u8] {
        let end = self.parts.first().map_or(self.bytes.len(), |part| part.at);
        &self.bytes[..end]
    }

    fn copy_to(&self, all: &mut Vec<u8>) {
        let mut from = 0;
        for part in &self.parts {
            all.extend_from_slice(&self.bytes[from..part.at]);
            part.sheet.copy_to(all);
            from = part.at;
        }
        all.extend_from_slice(&self.bytes[from..]);
    }

    /// The operations that are waited for.
    pub(crate) fn armed(&self) -> Cow<'_, [OpId]> {
        self.all(Sheet::own_armed)
    }

    /// The tasks that are named.
    pub(super) fn named(&self) -> Cow<'_, [OpId]> {
        self.all(Sheet::own_named)
    }

    /// Of those that are waited for: what is in no part.
    pub(crate) fn own_armed(&self) -> &[OpId] {
        &self.armed
    }

    /// Of those that are named: what is in no part.
    pub(super) fn own_named(&self) -> &[OpId] {
        &self.named
    }

    fn all(&self, which: Which) -> Cow<'_, [OpId]> {
        if self.parts.is_empty() {
            return Cow::Borrowed(which(self));
        }
        let mut all = Vec::new();
        self.list(which, &mut all);
        Cow::Owned(all)
    }

    fn list(&self, which: Which, all: &mut Vec<OpId>) {
        all.extend_from_slice(which(self));
        for part in &self.parts {
            part.sheet.list(which, all);
        }
    }

    /// Takes it apart, to use its memory again.
    fn cleared(mut self) -> Self {
        self.bytes.clear();
        self.armed.clear();
        self.named.clear();
        self.parts.clear();
        (self.shared, self.levels) = (0, 0);
        self
    }

    /// A sheet with one more thing before its last byte, which `add` writes.
    pub(super) fn with_more(
        &self,
        memory: Sheet,
        add: impl FnOnce(&mut Draft) -> Result<(), Error>,
    ) -> Result<Sheet, Error> {
        let mut draft = Draft::new(memory);
        let Some((end, bytes)) = self.bytes.split_last() else { return Ok(draft.finish()) };
        draft.out.raw(bytes);
        draft.out.holds(self.levels)?;
        draft.out.within_frame();
        draft.armed.extend_from_slice(&self.armed);
        draft.named.extend_from_slice(&self.named);
        draft.parts.extend_from_slice(&self.parts);
        draft.shared = self.shared;
        draft.slot(u16::MAX);
        add(&mut draft)?;
        draft.out.raw(&[*end]);
        Ok(draft.finish())
    }
}

impl Difference {
    /// Between two sheets, of which one followed upon the other.
    pub(crate) fn between(old: &Sheet, new: &Sheet, which: Which) -> Self {
        let mut difference = Difference::default();
        difference.look(old, new, which);
        difference.gone.sort_unstable();
        difference.come.sort_unstable();
        difference.cancel_out();
        difference
    }

    fn look(&mut self, old: &Sheet, new: &Sheet, which: Which) {
        if which(old) != which(new) {
            self.gone.extend_from_slice(which(old));
            self.come.extend_from_slice(which(new));
        }
        let (mut olds, mut news) = (old.parts.iter().peekable(), new.parts.iter().peekable());
        loop {
            let order = match (olds.peek(), news.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.key.cmp(&new.key),
            };
            let old = if order == Ordering::Greater { None } else { olds.next() };
            let new = if order == Ordering::Less { None } else { news.next() };
            match (old, new) {
                (Some(old), Some(new)) if Arc::ptr_eq(&old.sheet, &new.sheet) => {}
                (Some(old), Some(new)) => self.look(&old.sheet, &new.sheet, which),
                (Some(old), None) => old.sheet.list(which, &mut self.gone),
                (None, new) => new.into_iter().for_each(|new| new.sheet.list(which, &mut self.come)),
            }
        }
    }

    /// What both have is in neither.
    fn cancel_out(&mut self) {
        // Numbers rise, so mostly what came is behind what is gone.
        if self.gone.last() < self.come.first() || self.gone.is_empty() || self.come.is_empty() {
            return;
        }
        let (gone, come) = (std::mem::take(&mut self.gone), std::mem::take(&mut self.come));
        let mut come = come.into_iter().peekable();
        for op in gone {
            while let Some(other) = come.next_if(|other| *other < op) {
                self.come.push(other);
            }
            if come.next_if_eq(&op).is_none() {
                self.gone.push(op);
            }
        }
        self.come.extend(come);
    }
}

/// A sheet that is being written.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) out: Writer,
    armed: Vec<OpId>,
    named: Vec<OpId>,
    parts: Vec<Part>,
    shared: usize,
    /// The slot that is being written.
    slot: u64,
}

impl Draft {
    /// In the memory of a sheet that is of no use any more.
    pub(super) fn new(memory: Sheet) -> Self {
        let Sheet { bytes, armed, named, parts, .. } = memory.cleared();
        Draft { out: Writer::new(bytes), armed, named, parts, shared: 0, slot: 0 }
    }

    pub(super) fn finish(self) -> Sheet {
        let Draft { out, armed, named, parts, shared, .. } = self;
        let levels = out.deepest();
        Sheet { bytes: out.into_bytes(), armed, named, parts, shared, levels }
    }

    /// What follows is of the slot with this number.
    pub(super) fn slot(&mut self, number: u16) {
        self.slot = u64::from(number) << 32;
    }

    /// This is waited for.
    pub(super) fn arm(&mut self, op: OpId) {
        self.armed.push(op);
    }

    /// These are named.
    pub(super) fn name(&mut self, named: &[OpId]) {
        self.named.extend_from_slice(named);
    }

    /// Shares a part, whose key no other part of this slot has.
    pub(super) fn share(&mut self, key: u64, sheet: Arc<Sheet>) -> Result<(), Error> {
        let levels = sheet.levels;
        self.push(key, sheet);
        self.out.holds(levels)
    }

    fn push(&mut self, key: u64, sheet: Arc<Sheet>) {
        self.shared += sheet.len();
        self.parts.push(Part { at: self.out.bytes().len(), key: self.slot | key, sheet });
    }

    /// As [`include`](Self::include), as a byte string.
    pub(super) fn include_bytes(&mut self, key: u64, sheet: &Arc<Sheet>) {
        self.out.begin_bytes(sheet.len());
        if sheet.is_large() {
            return self.push(key, Arc::clone(sheet));
        }
        self.armed.extend_from_slice(&sheet.armed);
        task::note(&sheet.named);
        self.out.raw(&sheet.bytes);
    }

    /// Copies what is small, and shares what is not.
    pub(super) fn include(&mut self, key: u64, sheet: &Sheet) -> Result<(), Error> {
        if sheet.is_large() {
            return self.share(key, Arc::new(sheet.clone()));
        }
        self.armed.extend_from_slice(&sheet.armed);
        task::note(&sheet.named);
        self.out.encoded(&sheet.bytes, sheet.levels)
    }

    /// Lets `write` write one value. Where it is large it becomes a part of its own, which is given.
    pub(super) fn value(&mut self, write: &mut dyn FnMut(&mut Self)) -> Option<Arc<Sheet>> {
        let (from, noted) = (self.out.bytes().len(), task::noted());
        let before = self.out.count_levels();
        write(self);
        let levels = self.out.levels(before);
        if self.out.bytes().len() - from < LARGE {
            return None;
        }
        let (bytes, named) = (self.out.take_from(from), task::noted_since(noted));
        let sheet = Arc::new(Sheet { bytes, named, levels, ..Sheet::default() });
        self.push(0, Arc::clone(&sheet));
        Some(sheet)
    }
}
