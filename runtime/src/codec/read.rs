//! Reading CBOR, token by token. Nothing here is generic, or inlined into other crates: it is compiled once.

use std::borrow::Cow;
use std::convert::Infallible;

use cbor4ii::core::dec::{Decode, IgnoredAny, Read, Reference};
use cbor4ii::core::{major, marker, types};

use super::MAX_DEPTH;
use super::error::Error;

/// CBOR that is being read.
pub(crate) struct Reader<'de> {
    bytes: &'de [u8],
    /// How many more arrays and maps may be within each other.
    pub(super) levels: usize,
    /// A text or byte string that was in pieces, put together.
    joined: Vec<u8>,
    /// The last text or byte string was in pieces.
    pieces: bool,
    /// How many bytes were left when an option was looked into, and how many options begin there.
    options: (usize, usize),
    /// A text was read for a visitor that takes whatever is there.
    pub(super) gave_text: bool,
    /// Such a visitor is given texts that live as long as the program.
    pub(super) lends: bool,
}

impl<'de> Read<'de> for Reader<'de> {
    type Error = Infallible;

    #[inline]
    fn fill<'short>(&'short mut self, want: usize) -> Result<Reference<'de, 'short>, Infallible> {
        Ok(Reference::Long(self.bytes.get(..want).unwrap_or(self.bytes)))
    }

    #[inline]
    fn advance(&mut self, n: usize) {
        self.bytes = self.bytes.get(n..).unwrap_or_default();
    }

    #[inline]
    fn step_in(&mut self) -> bool {
        let more = self.levels > 0;
        self.levels -= usize::from(more);
        more
    }

    #[inline]
    fn step_out(&mut self) {
        self.levels += 1;
    }
}

/// What the next token is.
pub(super) enum Kind {
    Unsigned,
    Signed,
    Unsigned128,
    Signed128,
    Bytes,
    Text,
    Array,
    Map,
    Bool,
    Null,
    Float32,
    Float64,
}

/// The number of elements of an array, or entries of a map, whose end is marked instead.
pub(super) const MARKED: usize = usize::MAX;

impl<'de> Reader<'de> {
    /// A reader of one value.
    #[inline(never)]
    pub(crate) fn of(bytes: &'de [u8]) -> Self {
        Reader::new(bytes, 2 * MAX_DEPTH)
    }

    /// A reader for a second try, which lends texts, where that might make a difference.
    #[inline(never)]
    pub(crate) fn lending(&self, bytes: &'de [u8]) -> Option<Self> {
        self.gave_text.then(|| Reader { lends: true, ..Reader::of(bytes) })
    }

    /// What was not read yet.
    #[inline(never)]
    pub(crate) fn rest(&self) -> &'de [u8] {
        self.bytes
    }

    #[inline]
    pub(super) fn new(bytes: &'de [u8], levels: usize) -> Self {
        Reader {
            bytes,
            levels,
            joined: Vec::new(),
            pieces: false,
            options: (usize::MAX, 0),
            gave_text: false,
            lends: false,
        }
    }

    /// How many bytes there are behind what was read.
    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Goes over one value.
    #[inline(never)]
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        match IgnoredAny::decode(self) {
            Ok(_) => Ok(()),
            Err(cbor4ii::core::error::DecodeError::DepthOverflow { .. }) => Err(Error::too_deep()),
            Err(error) => Err(error.into()),
        }
    }

    #[inline]
    fn token<T: Decode<'de>>(&mut self) -> Result<T, Error> {
        T::decode(self).map_err(Error::from)
    }

    #[inline]
    fn peek(&self) -> Result<u8, Error> {
        self.bytes.first().copied().ok_or_else(ended)
    }

    /// The number in a head of one byte, if the next is one of this kind: what most heads are.
    #[inline]
    fn small(&mut self, major: u8) -> Option<usize> {
        match *self.bytes {
            [head, ref rest @ ..] if head >> 5 == major && head & 0x1f < 0x18 => {
                self.bytes = rest;
                Some(usize::from(head & 0x1f))
            }
            _ => None,
        }
    }

    /// A text, whether or not it is in pieces.
    #[inline(never)]
    pub(super) fn whole_text(&mut self) -> Result<&str, Error> {
        let text = self.text()?;
        Ok(if self.pieces { self.joined_text() } else { text })
    }

    /// A byte string, whether or not it is in pieces.
    #[inline(never)]
    pub(super) fn whole_byte_string(&mut self) -> Result<&[u8], Error> {
        let bytes = self.byte_string()?;
        Ok(if self.pieces { &self.joined } else { bytes })
    }

    /// A text. One in pieces is [put together](Self::joined), and is empty here.
    #[inline]
    fn text(&mut self) -> Result<&'de str, Error> {
        if let [head @ 0x61..=0x77, rest @ ..] = self.bytes
            && let len = usize::from(head & 0x1f)
            && let Some((text, rest)) = rest.split_at_checked(len)
            && let Ok(text) = std::str::from_utf8(text)
            // All of it: said so, rustc moves its two words one by one, as they were written, which is several times faster.
            && let Some(text) = text.get(..len)
        {
            (self.bytes, self.pieces) = (rest, false);
            return Ok(text);
        }
        self.any_text()
    }

    #[inline(never)]
    fn any_text(&mut self) -> Result<&'de str, Error> {
        let text = self.token::<Cow<'de, str>>()?;
        self.pieces = matches!(text, Cow::Owned(_));
        match text {
            Cow::Borrowed(text) => Ok(text),
            Cow::Owned(text) => {
                self.joined = text.into_bytes();
                Ok("")
            }
        }
    }

    /// A byte string; in pieces, as a [text](Self::text).
    #[inline]
    fn byte_string(&mut self) -> Result<&'de [u8], Error> {
        let bytes = self.token::<types::Bytes<Cow<'de, [u8]>>>()?.0;
        self.pieces = matches!(bytes, Cow::Owned(_));
        match bytes {
            Cow::Borrowed(bytes) => Ok(bytes),
            Cow::Owned(bytes) => {
                self.joined = bytes;
                Ok(&[])
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn joined_text(&self) -> &str {
        std::str::from_utf8(&self.joined).unwrap_or_default()
    }

    #[inline]
    fn enter(&mut self) -> Result<(), Error> {
        if self.step_in() { Ok(()) } else { Err(Error::too_deep()) }
    }

    #[inline(never)]
    pub(super) fn open_array(&mut self) -> Result<usize, Error> {
        self.enter()?;
        if let Some(len) = self.small(major::ARRAY) {
            return Ok(len);
        }
        let len = types::Array::len(self)?;
        self.there(len)
    }

    /// The number of values of a list, which has to say it.
    pub(super) fn list(&mut self) -> Result<usize, Error> {
        match self.open_array()? {
            MARKED => Err(Error::said(format_args!("the number of values is not there"))),
            len => Ok(len),
        }
    }

    #[inline(never)]
    pub(super) fn open_tuple(&mut self, len: usize) -> Result<usize, Error> {
        match self.open_array()? {
            found if found == len => Ok(len),
            MARKED => {
                Err(Error::said(format_args!("{len} elements are wanted, and their number is not there")))
            }
            found => Err(Error::said(format_args!("{len} elements are wanted, and {found} are there"))),
        }
    }

    #[inline(never)]
    pub(super) fn open_map(&mut self) -> Result<usize, Error> {
        self.enter()?;
        if let Some(len) = self.small(major::MAP) {
            return Ok(len);
        }
        let len = types::Map::len(self)?;
        self.there(len)
    }

    /// So many elements or entries, if that can be: each has a byte at least.
    fn there(&self, len: Option<usize>) -> Result<usize, Error> {
        match len {
            Some(len) if len > self.bytes.len() => Err(ended()),
            Some(len) => Ok(len),
            None => Ok(MARKED),
        }
    }

    /// Whether there is one more element or entry.
    #[inline(never)]
    pub(super) fn more(&mut self, left: &mut usize) -> Result<bool, Error> {
        match left {
            0 => Ok(false),
            &mut MARKED => Ok(!cbor4ii::core::dec::is_break(self)?),
            left => {
                *left -= 1;
                Ok(true)
            }
        }
    }

    /// Whether an option has something in it.
    #[inline(never)]
    pub(super) fn some(&mut self) -> Result<bool, Error> {
        if matches!(self.peek()?, marker::NULL | marker::UNDEFINED) {
            self.advance(1);
            return Ok(false);
        }
        // A type that has nothing but an option of itself would go on for ever without reading a byte.
        let (at, begun) = self.options;
        let begun = if at == self.bytes.len() { begun + 1 } else { 1 };
        self.options = (self.bytes.len(), begun);
        if begun > MAX_DEPTH { Err(Error::too_deep()) } else { Ok(true) }
    }

    #[inline(never)]
    pub(super) fn unit(&mut self) -> Result<(), Error> {
        match types::Array::len(self)? {
            Some(0) => Ok(()),
            _ => Err(Error::said(format_args!("nothing is wanted, and an array with elements is there"))),
        }
    }

    /// Begins an enum: whether its variant has something in it.
    #[inline(never)]
    pub(super) fn open_variant(&mut self) -> Result<bool, Error> {
        match self.peek()? >> 5 {
            major::STRING => Ok(false),
            major::MAP => match self.open_map()? {
                1 => Ok(true),
                _ => Err(Error::said(format_args!("a variant is wanted, and another map is there"))),
            },
            _ => Err(Error::said(format_args!("a variant is wanted, and neither a text nor a map is there"))),
        }
    }

    #[inline(never)]
    pub(super) fn kind(&self) -> Result<Kind, Error> {
        let first = self.peek()?;
        Ok(match (first >> 5, first) {
            (major::UNSIGNED, _) => Kind::Unsigned,
            // As large as it is written: below the least `i64` only with eight bytes.
            (major::NEGATIVE, _) if self.negative_fits() => Kind::Signed,
            (major::NEGATIVE, _) | (_, 0xc3) => Kind::Signed128,
            (major::BYTES, _) => Kind::Bytes,
            (major::STRING, _) => Kind::Text,
            (major::ARRAY, _) => Kind::Array,
            (major::MAP, _) => Kind::Map,
            (_, 0xc2) => Kind::Unsigned128,
            (_, marker::FALSE | marker::TRUE) => Kind::Bool,
            (_, marker::NULL | marker::UNDEFINED) => Kind::Null,
            (_, marker::F32) => Kind::Float32,
            (_, marker::F64) => Kind::Float64,
            _ => return Err(Error::said(format_args!("no value begins with the byte {first:#04x}"))),
        })
    }

    fn negative_fits(&self) -> bool {
        !matches!(self.bytes, [0x3b, high, ..] if *high >= 0x80)
    }
}

#[cold]
#[inline(never)]
fn ended() -> Error {
    Error::said(format_args!("the bytes end where a value is wanted"))
}

/// What is a token of its own.
macro_rules! tokens {
    ($($type:ident)*) => {
        impl Reader<'_> {$(
            #[inline(never)]
            pub(super) fn $type(&mut self) -> Result<$type, Error> {
                self.token()
            }
        )*}
    };
}

tokens!(bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64);
