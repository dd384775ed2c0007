//! Keeping a `&'static str`. Its text is stored; when it is read back it is looked up among those that were read before,
//! so that each is in memory once, as a literal of the program is.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cursor::Remaining;

/// A kept value that may have a `&'static str` in it.
#[derive(Debug)]
pub struct WithText<T>(pub T);

/// What can be kept so: a `&'static str`, and tuples, arrays and lists of it and of plain values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is kept across an await but cannot be stored beside a `&'static str`",
    label = "this value is still needed after an `.await`",
    note = "make the text a `String`: `.to_owned()`"
)]
pub trait HasText: Sized + 'static {
    /// Writes it.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    /// Reads it.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl<T: HasText> Serialize for WithText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<'de, T: HasText> Deserialize<'de> for WithText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(WithText)
    }
}

static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The one copy of a text. There are no more than there are different literals in what was stored.
fn literal(text: String) -> &'static str {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text.as_str()) {
        return known;
    }
    let text: &'static str = text.leak();
    texts.insert(text);
    text
}

impl HasText for &'static str {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(literal)
    }
}

macro_rules! plain {
    ($($ty:ty)*) => {$(
        impl HasText for $ty {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }
    )*};
}

plain!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char String std::time::Duration);

/// A borrowed part, for writing.
struct Part<'a, T>(&'a T);

impl<T: HasText> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<T: HasText> HasText for Option<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Part).serialize(serializer)
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<WithText<T>>::deserialize(deserializer)?.map(|read| read.0))
    }
}

macro_rules! lists {
    ($($list:ident)*) => {$(
        impl<T: HasText> HasText for $list<T> {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.iter().map(Part))
            }
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read = Vec::<WithText<T>>::deserialize(deserializer)?;
                Ok(read.into_iter().map(|read| read.0).collect())
            }
        }
    )*};
}

lists!(Vec VecDeque);

impl<T: HasText> HasText for Remaining<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        VecDeque::read(deserializer).map(Remaining)
    }
}

impl<T: HasText, const N: usize> HasText for [T; N] {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Part))
    }
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Vec::read(deserializer)?;
        read.try_into()
            .map_err(|read: Vec<T>| serde::de::Error::invalid_length(read.len(), &"an array's length"))
    }
}

macro_rules! tuples {
    ($($count:literal $visitor:ident ($($ty:ident $name:ident),*);)*) => {$(
        impl<$($ty: HasText),*> HasText for ($($ty,)*) {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let ($($name,)*) = self;
                let mut tuple = serializer.serialize_tuple($count)?;
                $(tuple.serialize_element(&Part($name))?;)*
                tuple.end()
            }
            fn read<'de, De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
                struct $visitor<$($ty),*>(std::marker::PhantomData<($($ty,)*)>);
                impl<'de, $($ty: HasText),*> Visitor<'de> for $visitor<$($ty),*> {
                    type Value = ($($ty,)*);
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(f, "a tuple of {}", $count)
                    }
                    fn visit_seq<Seq: SeqAccess<'de>>(self, mut parts: Seq) -> Result<Self::Value, Seq::Error> {
                        $(let $name = parts
                            .next_element::<WithText<$ty>>()?
                            .ok_or_else(|| serde::de::Error::invalid_length($count, &"another part"))?
                            .0;)*
                        Ok(($($name,)*))
                    }
                }
                deserializer.deserialize_tuple($count, $visitor(std::marker::PhantomData))
            }
        }
    )*};
}

tuples! {
    1 One (A a);
    2 Two (A a, B b);
    3 Three (A a, B b, C c);
    4 Four (A a, B b, C c, D d);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};

    #[test]
    #[allow(clippy::type_complexity)] // All that a text can be in.
    fn a_text_is_the_same_after_reading_and_in_memory_once() {
        let value = (Some("here"), [("a", 1), ("b", 2)], vec!["here", "there"]);
        let stored = encode(&WithText(value.clone())).unwrap();
        let read: WithText<(Option<&'static str>, [(&'static str, i32); 2], Vec<&'static str>)> =
            decode(&stored).unwrap();
        assert_eq!(read.0, value);
        assert!(std::ptr::eq(read.0.0.unwrap(), read.0.2[0]));
    }
}
