//! What a type asks serde for, answered by a [`Reader`].
//!
//! Each crate that stores a type of its own compiles these functions for it, so each is a few calls; and written with
//! `match`, as a `?` is several times as much for rustc to look at.

use std::any::type_name;

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};

use super::error::Error;
use super::literal;
use super::read::{Kind, MARKED, Reader};
use super::unordered;

/// Reads one value.
///
/// serde puts what is in an `untagged` or tagged enum, or behind `flatten`, aside as it is found before it knows what it is
/// read as. A `&'static str` in there can only be read of a text that lives as long as the program; but of nearly all that is
/// put aside no such thing is read, so texts are lent in a second try alone.
pub(crate) fn read<T: de::Deserialize<'static>>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = Reader::of(bytes);
    match T::deserialize(&mut reader) {
        Err(first) => match reader.lending(bytes) {
            Some(mut reader) => T::deserialize(&mut reader).map_err(|_| first),
            None => Err(first),
        },
        read => read,
    }
}

/// What is a token of its own: read by a function of this crate, and handed on.
macro_rules! tokens {
    ($($name:ident, $read:ident, $visit:ident;)*) => {$(
        fn $name<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.$read() {
                Ok(value) => visitor.$visit(value),
                Err(error) => Err(error),
            }
        }
    )*};
}

// Nothing is lent of the bytes, so it is for any lifetime: then a `&'static str` can be read, too.
impl Deserializer<'static> for &mut Reader<'_> {
    type Error = Error;

    tokens! {
        deserialize_bool, bool, visit_bool;
        deserialize_i8, i8, visit_i8;
        deserialize_i16, i16, visit_i16;
        deserialize_i32, i32, visit_i32;
        deserialize_i64, i64, visit_i64;
        deserialize_i128, i128, visit_i128;
        deserialize_u8, u8, visit_u8;
        deserialize_u16, u16, visit_u16;
        deserialize_u32, u32, visit_u32;
        deserialize_u64, u64, visit_u64;
        deserialize_u128, u128, visit_u128;
        deserialize_f32, f32, visit_f32;
        deserialize_f64, f64, visit_f64;
    }

    fn deserialize_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        let lends = self.lends;
        match self.kind()? {
            Kind::Unsigned => self.deserialize_u64(visitor),
            Kind::Signed => self.deserialize_i64(visitor),
            Kind::Unsigned128 => self.deserialize_u128(visitor),
            Kind::Signed128 => self.deserialize_i128(visitor),
            Kind::Bytes => self.deserialize_bytes(visitor),
            Kind::Text => {
                self.gave_text = true;
                match self.whole_text() {
                    Ok(text) if lends => visitor.visit_borrowed_str(literal::text(text)),
                    Ok(text) => visitor.visit_str(text),
                    Err(error) => Err(error),
                }
            }
            Kind::Array => self.deserialize_seq(visitor),
            Kind::Map => self.deserialize_map(visitor),
            Kind::Bool => self.deserialize_bool(visitor),
            Kind::Null => self.deserialize_option(visitor),
            Kind::Float32 => self.deserialize_f32(visitor),
            Kind::Float64 => self.deserialize_f64(visitor),
        }
    }

    fn deserialize_char<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_str<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.whole_text() {
            Ok(text) if literal::is_text::<V>() => visitor.visit_borrowed_str(literal::text(text)),
            Ok(text) => visitor.visit_str(text),
            Err(error) => Err(error),
        }
    }

    #[inline(never)] // There are some for each type that is stored; and a text is copied.
    fn deserialize_string<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.whole_text() {
            Ok(text) => visitor.visit_str(text),
            Err(error) => Err(error),
        }
    }

    fn deserialize_bytes<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.whole_byte_string() {
            Ok(bytes) if literal::is_bytes::<V>() => visitor.visit_borrowed_bytes(literal::bytes(bytes)),
            Ok(bytes) => visitor.visit_bytes(bytes),
            Err(error) => Err(error),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.whole_byte_string() {
            Ok(bytes) => visitor.visit_bytes(bytes),
            Err(error) => Err(error),
        }
    }

    fn deserialize_option<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.some() {
            Ok(true) => visitor.visit_some(self),
            Ok(false) => visitor.visit_none(),
            Err(error) => Err(error),
        }
    }

    fn deserialize_unit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.unit() {
            Ok(()) => visitor.visit_unit(),
            Err(error) => Err(error),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        unordered::is(type_name::<V::Value>());
        match self.open_array() {
            Ok(left) => {
                let value = visitor.visit_seq(Items { reader: self, left });
                self.levels += 1;
                value
            }
            Err(error) => Err(error),
        }
    }

    fn deserialize_tuple<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        match self.open_tuple(len) {
            Ok(left) => {
                let value = visitor.visit_seq(Items { reader: self, left });
                self.levels += 1;
                value
            }
            Err(error) => Err(error),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        unordered::is(type_name::<V::Value>());
        match self.open_map() {
            Ok(left) => {
                let value = visitor.visit_map(Items { reader: self, left });
                self.levels += 1;
                value
            }
            Err(error) => Err(error),
        }
    }

    fn deserialize_struct<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'static>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.open_variant() {
            Ok(filled) => {
                let value = visitor.visit_enum(Variant { reader: self, filled });
                self.levels += usize::from(filled);
                value
            }
            Err(error) => Err(error),
        }
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.skip() {
            Ok(()) => visitor.visit_unit(),
            Err(error) => Err(error),
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The elements of an array, or the entries of a map.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    /// How many are left, or [`MARKED`].
    left: usize,
}

impl de::SeqAccess<'static> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'static>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        match self.reader.more(&mut self.left) {
            Ok(true) => match seed.deserialize(&mut *self.reader) {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(error),
            },
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        (self.left != MARKED).then_some(self.left)
    }
}

impl de::MapAccess<'static> for Items<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'static>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        match self.reader.more(&mut self.left) {
            Ok(true) => match seed.deserialize(&mut *self.reader) {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(error),
            },
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'static>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        (self.left != MARKED).then_some(self.left)
    }
}

/// A variant of an enum, whose name comes next.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    /// It has something in it.
    filled: bool,
}

impl de::EnumAccess<'static> for Variant<'_, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'static>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        Ok((seed.deserialize(&mut *self.reader)?, self))
    }
}

#[cold]
#[inline(never)]
fn content(wanted: bool) -> Error {
    if wanted {
        Error::said(format_args!("the variant is wanted with something in it, and is there without"))
    } else {
        Error::said(format_args!("the variant is wanted with nothing in it, and is there with something"))
    }
}

impl Variant<'_, '_> {
    #[inline(never)]
    fn filled(&self, wanted: bool) -> Result<(), Error> {
        if self.filled == wanted { Ok(()) } else { Err(content(wanted)) }
    }
}

impl de::VariantAccess<'static> for Variant<'_, '_> {
    type Error = Error;

    #[inline(never)]
    fn unit_variant(self) -> Result<(), Error> {
        self.filled(false)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(self, seed: T) -> Result<T::Value, Error> {
        self.filled(true)?;
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'static>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.filled(true)?;
        self.reader.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'static>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.filled(true)?;
        self.reader.deserialize_map(visitor)
    }
}
