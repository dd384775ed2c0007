//! Writing CBOR, token by token. What is not generic here is compiled once, and not inlined into other crates.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;

use cbor4ii::core::enc::{self, Encode};
use serde::Serialize;

use super::error::Error;
use super::{CodecError, MAX_DEPTH, Payload};

const TO_MEMORY: &str = "writing to memory does not fail";

/// The kinds of values, in the upper three bits of their head.
pub(super) const UNSIGNED: u8 = 0;
const BYTES: u8 = 2 << 5;
const TEXT: u8 = 3 << 5;
const ARRAY: u8 = 4 << 5;
const MAP: u8 = 5 << 5;
/// In the lower five bits of the head of an array or a map whose length follows from its [end](BREAK).
const UNBOUNDED: u8 = 31;
const BREAK: u8 = 0xff;

/// How long the memory is at most that is kept for the next payload.
const MOST_SCRATCH: usize = 64 * 1024;

thread_local! {
    /// Where a payload is written before its length is known, so that it is allocated once.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// CBOR in the making.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    /// How many arrays and maps are open.
    pub(super) depth: usize,
    /// How many were open at most.
    deepest: usize,
    /// What is written of the next list.
    window: Option<Window>,
    /// How long the list was of which a window was written.
    shown: Option<usize>,
}

/// Of a list these items alone, without its head and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Window {
    pub(crate) const NONE: Window = Window { from: 0, to: 0 };
    pub(super) const ALL: Window = Window { from: 0, to: usize::MAX };
}

impl enc::Write for Writer {
    type Error = Infallible;

    #[inline]
    fn push(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl Writer {
    /// Goes on behind `bytes`.
    #[inline(never)]
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Writer { bytes, ..Writer::default() }
    }

    /// A writer of one payload.
    #[inline(never)]
    pub(super) fn of_payload() -> Self {
        // While the thread ends, there may be none any more.
        Writer::new(SCRATCH.try_with(Cell::take).unwrap_or_default())
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes a value, or part of it.
    pub(crate) fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    /// Writes a value.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        let depth = self.depth;
        let written = value.serialize(&mut *self);
        self.done(depth, written, std::any::type_name::<T>())
    }

    #[inline(never)]
    fn done(
        &mut self,
        depth: usize,
        written: Result<(), Error>,
        type_name: &'static str,
    ) -> Result<(), CodecError> {
        self.depth = depth;
        written.map_err(|error| error.encoding(type_name))
    }

    /// What was written, unless that went wrong.
    #[inline(never)]
    pub(super) fn payload(
        mut self,
        written: Result<(), Error>,
        type_name: &'static str,
    ) -> Result<Payload, CodecError> {
        let done = self.done(0, written, type_name);
        let payload = Payload(self.bytes.as_slice().to_vec());
        if self.bytes.capacity() <= MOST_SCRATCH {
            self.bytes.clear();
            let _ = SCRATCH.try_with(|scratch| scratch.set(self.bytes));
        }
        done.map(|()| payload)
    }

    /// Begins a frame: a map without a length.
    pub(crate) fn begin_frame(&mut self) {
        self.map(None);
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
    }

    /// Goes on within a frame whose beginning was copied.
    pub(crate) fn within_frame(&mut self) {
        self.depth += 1;
    }

    /// Ends a frame.
    pub(crate) fn end_frame(&mut self) {
        self.close(1, false);
    }

    /// Begins a list of `len` values.
    #[inline(never)]
    pub(crate) fn begin_list(&mut self, len: usize) -> Result<(), Error> {
        self.array(Some(len));
        self.enter(1)
    }

    /// Of the next list that is written of its own, no more is written than is in the window.
    pub(crate) fn show(&mut self, window: Window) {
        self.window = Some(window);
        self.shown = None;
    }

    /// How long that list is; none where there was none.
    pub(crate) fn shown(&mut self) -> Option<usize> {
        self.window = None;
        self.shown.take()
    }

    /// What is to be written of a list that is so long: none where that is all of it.
    #[inline(never)]
    pub(super) fn window(&mut self, len: Option<usize>) -> Option<Window> {
        let window = self.window.take()?;
        self.shown = len;
        len.map(|_| window)
    }

    /// The head of a list of `len` values, each of which is as deep as one that stands alone.
    pub(crate) fn head_of_list(&mut self, len: usize) {
        self.array(Some(len));
    }

    /// Begins a map of `len` entries.
    #[inline(never)]
    pub(crate) fn begin_map(&mut self, len: usize) -> Result<(), Error> {
        self.map(Some(len));
        self.enter(1)
    }

    /// Ends a list or map that has a length.
    pub(crate) fn end(&mut self) {
        self.close(1, true);
    }

    /// Begins a byte string of `len` bytes, which follow.
    pub(crate) fn begin_bytes(&mut self, len: usize) {
        self.head(BYTES, len as u64);
    }

    /// The head of a value: its kind, and a number (for what has a length, that), which is as short as can be.
    #[inline]
    pub(super) fn head(&mut self, kind: u8, number: u64) {
        match u8::try_from(number) {
            Ok(short @ 0..=0x17) => self.bytes.push(kind | short),
            _ => self.long_head(kind, number),
        }
    }

    #[inline(never)]
    fn long_head(&mut self, kind: u8, number: u64) {
        let [.., four, three, two, one] = number.to_be_bytes();
        match number {
            0..=0xff => self.bytes.extend_from_slice(&[kind | 0x18, one]),
            0x100..=0xffff => self.bytes.extend_from_slice(&[kind | 0x19, two, one]),
            0x1_0000..=0xffff_ffff => {
                self.bytes.extend_from_slice(&[kind | 0x1a, four, three, two, one]);
            }
            _ => {
                let mut bytes = [kind | 0x1b; 9];
                bytes[1..].copy_from_slice(&number.to_be_bytes());
                self.bytes.extend_from_slice(&bytes);
            }
        }
    }

    /// What was written so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes back what was written from byte `from` on.
    pub(crate) fn take_from(&mut self, from: usize) -> Vec<u8> {
        self.bytes.split_off(from)
    }

    /// Begins to count how many more arrays and maps than now are open at once; gives what [`levels`](Self::levels) needs.
    pub(crate) fn count_levels(&mut self) -> usize {
        std::mem::replace(&mut self.deepest, self.depth)
    }

    /// How many it were, since that was begun.
    pub(crate) fn levels(&mut self, before: usize) -> usize {
        let levels = self.deepest.saturating_sub(self.depth);
        self.deepest = self.deepest.max(before);
        levels
    }

    /// Takes note of something that stands here, in which so many arrays and maps are within each other.
    #[inline(never)]
    pub(crate) fn holds(&mut self, levels: usize) -> Result<(), Error> {
        self.deepest = self.deepest.max(self.depth + levels);
        if self.depth + levels > MAX_DEPTH { Err(Error::too_deep()) } else { Ok(()) }
    }

    /// How many arrays and maps were open at once.
    pub(crate) fn deepest(&self) -> usize {
        self.deepest
    }

    /// Copies bytes that are part of something.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a text: most of what is written are names of fields.
    #[inline(never)]
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes.reserve(text.len() + 9);
        self.head(TEXT, text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Copies what is encoded already, in which so many arrays and maps are within each other.
    #[inline(never)]
    pub(crate) fn encoded(&mut self, bytes: &[u8], levels: usize) -> Result<(), Error> {
        self.bytes.extend_from_slice(bytes);
        self.holds(levels)
    }

    #[inline]
    pub(super) fn token(&mut self, token: impl Encode) {
        token.encode(self).expect(TO_MEMORY);
    }

    #[inline]
    pub(super) fn array(&mut self, len: Option<usize>) {
        match len {
            Some(len) => self.head(ARRAY, len as u64),
            None => self.bytes.push(ARRAY | UNBOUNDED),
        }
    }

    #[inline]
    pub(super) fn map(&mut self, len: Option<usize>) {
        match len {
            Some(len) => self.head(MAP, len as u64),
            None => self.bytes.push(MAP | UNBOUNDED),
        }
    }

    /// Goes into what was begun.
    #[inline]
    pub(super) fn enter(&mut self, levels: usize) -> Result<(), Error> {
        self.depth += levels;
        self.deepest = self.deepest.max(self.depth);
        if self.depth > MAX_DEPTH { Err(Error::too_deep()) } else { Ok(()) }
    }

    #[inline]
    pub(super) fn close(&mut self, levels: usize, bounded: bool) {
        self.depth -= levels;
        if !bounded {
            self.bytes.push(BREAK);
        }
    }

    /// Begins an enum's variant that has something in it.
    #[inline]
    pub(super) fn variant(&mut self, name: &str) {
        self.map(Some(1));
        self.text(name);
    }

    #[inline(never)]
    pub(super) fn open_newtype_variant(&mut self, name: &str) -> Result<(), Error> {
        self.variant(name);
        self.enter(1)
    }

    #[inline(never)]
    pub(super) fn display(&mut self, shown: fmt::Arguments<'_>) -> Result<(), Error> {
        let mut text = String::new();
        fmt::write(&mut text, shown).map_err(|error| Error::said(format_args!("{error}")))?;
        self.text(&text);
        Ok(())
    }
}
