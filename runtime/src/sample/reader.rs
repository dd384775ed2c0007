//! What a type is told that reads itself from a sampler.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{BYTES, SampleError, Sampler};

struct Elements<'s, 't> {
    sampler: &'s mut Sampler<'t>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = SampleError;
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, SampleError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.sampler).map(Some)
    }
}

impl<'de> MapAccess<'de> for Elements<'_, '_> {
    type Error = SampleError;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, SampleError> {
        self.next_element_seed(seed)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, SampleError> {
        seed.deserialize(&mut *self.sampler)
    }
}

/// A struct read as a map of its fields, so that derived and hand-written readers are content alike.
struct Fields<'s, 't> {
    sampler: &'s mut Sampler<'t>,
    names: &'static [&'static str],
    /// How many names were given, or left out.
    given: usize,
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = SampleError;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, SampleError> {
        while let Some(name) = self.names.get(self.given) {
            self.given += 1;
            if self.sampler.second_names.contains(&(self.names, name)) {
                continue;
            }
            self.sampler.last = Some((self.names, name));
            let name: StrDeserializer<'_, SampleError> = (*name).into_deserializer();
            return seed.deserialize(name).map(Some);
        }
        Ok(None)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, SampleError> {
        seed.deserialize(&mut *self.sampler)
    }
}

struct Variant<'s, 't> {
    sampler: &'s mut Sampler<'t>,
    name: &'static str,
}

impl<'s, 'de, 't> EnumAccess<'de> for Variant<'s, 't> {
    type Error = SampleError;
    type Variant = &'s mut Sampler<'t>;
    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), SampleError> {
        let name: StrDeserializer<'_, SampleError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.sampler))
    }
}

impl<'de> VariantAccess<'de> for &mut Sampler<'_> {
    type Error = SampleError;
    fn unit_variant(self) -> Result<(), SampleError> {
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, SampleError> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, SampleError> {
        de::Deserializer::deserialize_tuple(self, len, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SampleError> {
        de::Deserializer::deserialize_struct(self, "", fields, visitor)
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $int:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_lossless)]
            let number = self.number() as $int;
            visitor.$visit(number)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Sampler<'_> {
    type Error = SampleError;

    numbers! {
        deserialize_u8 visit_u8 u8; deserialize_u16 visit_u16 u16; deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64; deserialize_u128 visit_u128 u128;
        deserialize_i8 visit_i8 i8; deserialize_i16 visit_i16 i16; deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64; deserialize_i128 visit_i128 i128;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        let choice = self.choose(2);
        visitor.visit_bool(choice == 1)
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        self.deserialize_f64(visitor)
    }
    #[allow(clippy::cast_precision_loss)]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        let number = self.number() as f64 / 4.0;
        visitor.visit_f64(number)
    }
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        let choice = self.choose(26);
        visitor.visit_char(char::from(b'a' + u8::try_from(choice).unwrap_or(0)))
    }
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        match self.choose(3) {
            0 => visitor.visit_str(self.text()),
            1 => visitor.visit_u64(self.number()),
            _ => visitor.visit_bool(self.choose(2) == 1),
        }
    }
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        visitor.visit_borrowed_str(self.text())
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        self.deserialize_str(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        let length = BYTES[self.form()];
        let byte = u8::try_from(self.choose(256)).unwrap_or(0);
        visitor.visit_bytes(&vec![byte; length])
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        self.deserialize_bytes(visitor)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        if self.choose(2) == 0 || self.depth > 8 {
            return visitor.visit_none();
        }
        self.descend(|sampler| visitor.visit_some(sampler))
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        visitor.visit_unit()
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, SampleError> {
        visitor.visit_unit()
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, SampleError> {
        self.descend(|sampler| visitor.visit_newtype_struct(sampler))
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        let left = self.length();
        self.descend(|sampler| visitor.visit_seq(Elements { sampler, left }))
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, SampleError> {
        self.descend(|sampler| visitor.visit_seq(Elements { sampler, left }))
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, SampleError> {
        self.deserialize_tuple(len, visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        let left = self.length();
        self.descend(|sampler| visitor.visit_map(Elements { sampler, left }))
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SampleError> {
        self.descend(|sampler| visitor.visit_map(Fields { sampler, names: fields, given: 0 }))
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SampleError> {
        let choice = usize::try_from(self.choose(variants.len() as u64)).unwrap_or(0);
        let Some(name) = variants.get(choice) else {
            return Err(SampleError("it is an enum without variants".to_owned()));
        };
        self.descend(|sampler| visitor.visit_enum(Variant { sampler, name }))
    }
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        self.deserialize_str(visitor)
    }
    fn is_human_readable(&self) -> bool {
        false // as the codec, whose values these become
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SampleError> {
        visitor.visit_unit()
    }
}
