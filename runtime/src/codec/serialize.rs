//! What a value tells serde, written by a [`Writer`].
//!
//! Each crate that stores a type of its own compiles what is generic here for it, so that is a few calls.

use std::any::type_name;
use std::fmt;

use cbor4ii::core::types;
use serde::ser::{self, Serialize, Serializer};

use super::error::Error;
use super::unordered;
use super::write::{UNSIGNED, Window, Writer};

/// Tokens of their own.
macro_rules! tokens {
    ($($name:ident($type:ty);)*) => {$(
        #[inline(never)]
        fn $name(self, value: $type) -> Result<(), Error> {
            self.token(value);
            Ok(())
        }
    )*};
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Open<'a>;
    type SerializeTuple = Open<'a>;
    type SerializeTupleStruct = Open<'a>;
    type SerializeTupleVariant = Open<'a>;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeStructVariant = Open<'a>;

    tokens! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u128(u128);
        serialize_f32(f32);
        serialize_f64(f64);
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    #[inline(never)]
    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.head(UNSIGNED, value);
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.text(value);
        Ok(())
    }

    #[inline(never)]
    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.token(&*value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    #[inline(never)]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.begin_bytes(value.len());
        self.raw(value);
        Ok(())
    }

    #[inline(never)]
    fn serialize_none(self) -> Result<(), Error> {
        self.token(types::Null);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    #[inline(never)]
    fn serialize_unit(self) -> Result<(), Error> {
        self.array(Some(0));
        Ok(())
    }

    #[inline(never)]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline(never)]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.text(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.open_newtype_variant(variant)?;
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }

    #[inline(never)]
    fn serialize_seq(self, len: Option<usize>) -> Result<Open<'a>, Error> {
        self.array(len);
        Open::new(self, 1, len.is_some())
    }

    #[inline(never)]
    fn serialize_tuple(self, len: usize) -> Result<Open<'a>, Error> {
        self.array(Some(len));
        Open::new(self, 1, true)
    }

    #[inline(never)]
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Open<'a>, Error> {
        self.serialize_tuple(len)
    }

    #[inline(never)]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Open<'a>, Error> {
        self.variant(variant);
        self.array(Some(len));
        Open::new(self, 2, true)
    }

    #[inline(never)]
    fn serialize_map(self, len: Option<usize>) -> Result<Open<'a>, Error> {
        self.map(len);
        Open::new(self, 1, len.is_some())
    }

    #[inline(never)]
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Open<'a>, Error> {
        self.map(Some(len));
        Open::new(self, 1, true)
    }

    #[inline(never)]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Open<'a>, Error> {
        self.variant(variant);
        self.map(Some(len));
        Open::new(self, 2, true)
    }

    #[allow(clippy::question_mark)] // A `?` is several times as much for rustc to look at.
    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, items: I) -> Result<(), Error> {
        let is_unordered = unordered::is(type_name::<I>());
        let mut items = items.into_iter();
        let (out, Window { from, to }) = match self.list(exactly(items.size_hint())) {
            Ok(begun) => begun,
            Err(error) => return Err(error),
        };
        if from > 0 {
            items.nth(from - 1);
        }
        let (mut left, from) = (to - from, out.writer.bytes().len());
        for item in items {
            if left == 0 {
                break;
            }
            left -= 1;
            if let Err(error) = item.serialize(&mut *out.writer) {
                return Err(error);
            }
        }
        if is_unordered {
            out.writer.put_in_order(from, 1);
        }
        ser::SerializeSeq::end(out)
    }

    fn collect_map<K: Serialize, V: Serialize, I: IntoIterator<Item = (K, V)>>(
        self,
        entries: I,
    ) -> Result<(), Error> {
        let is_unordered = unordered::is(type_name::<I>());
        let entries = entries.into_iter();
        let out = self.serialize_map(exactly(entries.size_hint()))?;
        let from = out.writer.bytes().len();
        for (key, value) in entries {
            key.serialize(&mut *out.writer)?;
            value.serialize(&mut *out.writer)?;
        }
        if is_unordered {
            out.writer.put_in_order(from, 2);
        }
        ser::SerializeMap::end(out)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.display(format_args!("{value}"))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl Writer {
    /// Begins a list; gives which of its items are to be written.
    #[inline(never)]
    fn list(&mut self, len: Option<usize>) -> Result<(Open<'_>, Window), Error> {
        match self.window(len) {
            Some(window) => Ok((Open { writer: self, levels: 0, bounded: true }, window)),
            None => Ok((self.serialize_seq(len)?, Window::ALL)),
        }
    }
}

/// How many there are, where that is known.
#[inline(never)]
fn exactly((least, most): (usize, Option<usize>)) -> Option<usize> {
    most.filter(|most| *most == least)
}

/// An array or map that was begun.
pub(crate) struct Open<'a> {
    writer: &'a mut Writer,
    /// How many were begun: two where one is in an enum's variant.
    levels: usize,
    /// Its length was written.
    bounded: bool,
}

impl<'a> Open<'a> {
    /// Goes into what was begun, which has a length or not.
    #[inline]
    fn new(writer: &'a mut Writer, levels: usize, bounded: bool) -> Result<Self, Error> {
        writer.enter(levels)?;
        Ok(Open { writer, levels, bounded })
    }

    fn close(self) {
        self.writer.close(self.levels, self.bounded);
    }
}

/// What has elements that follow each other.
macro_rules! elements {
    ($($trait:ident, $element:ident;)*) => {$(
        impl ser::$trait for Open<'_> {
            type Ok = ();
            type Error = Error;

            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                value.serialize(&mut *self.writer)
            }

            #[inline(never)]
            fn end(self) -> Result<(), Error> {
                self.close();
 Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

/// What has fields with names.
macro_rules! fields {
    ($($trait:ident;)*) => {$(
        impl ser::$trait for Open<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.writer.text(name);
                value.serialize(&mut *self.writer)
            }

            #[inline(never)]
            fn end(self) -> Result<(), Error> {
                self.close();
 Ok(())
            }
        }
    )*};
}

fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(&mut *self.writer)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)
    }

    #[inline(never)]
    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}
