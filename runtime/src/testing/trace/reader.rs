//! A deserializer that notes what is asked of it, and answers with something small.

use std::any::type_name;
use std::collections::BTreeSet;

use longhaul_describe::schema::{Form, Type};
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::steps::key;
use super::{Failed, Kind, SeenField, SeenForm, Stage, Tracer, merged, unseen};
use crate::sample::{BYTES, TEXTS};

/// Reads one value; what it is goes to `out`.
pub(super) struct Reader<'t> {
    pub(super) tracer: &'t mut Tracer,
    pub(super) out: &'t mut Option<Type>,
}

/// The name of a field that no type has.
const ONE_TOO_MANY: &str = "+";

impl Reader<'_> {
    fn is(&mut self, ty: Type) {
        *self.out = merged(self.out.take(), Some(ty));
    }

    fn plain(&mut self, name: &str) {
        self.tracer.text = None;
        self.is(Type::Plain(name.to_owned()));
    }

    /// Which form is tried at this place.
    fn form(&mut self) -> usize {
        let place = self.tracer.place.join(".");
        let form = self.tracer.forms.get(&place).copied().unwrap_or(0);
        // Where all were refused, it is no use to try once more.
        self.tracer.text = (form < TEXTS.len()).then_some(place);
        form.min(TEXTS.len() - 1)
    }

    fn read_struct<'de, V: Visitor<'de>>(
        self,
        name: &str,
        names: &'static [&'static str],
        visitor: V,
        variant: bool,
    ) -> Result<V::Value, Failed> {
        let Reader { tracer, out } = self;
        let key = key::<V>(name, names);
        let again = tracer.stack.contains(&key);
        let new = || Kind::Struct {
            fields: names.iter().copied().map(SeenField::new).collect(),
            strict: false,
            stage: Stage::All,
            moved: 0,
            variant,
        };
        let seen = tracer.entry(&key, name, new);
        if !variant {
            *out = Some(Type::Named(seen.name.clone()));
        }
        let Kind::Struct { fields, stage, .. } = &seen.kind else {
            return Err(Failed::Refused(format!("`{name}` is read in two ways")));
        };
        let stage = if again { Stage::All } else { *stage };
        let mut given: Vec<&'static str> = fields
            .iter()
            .enumerate()
            .filter(|(number, field)| field.alias_of.is_none() && stage != Stage::Without(*number))
            .map(|(_, field)| field.name)
            .collect();
        if stage == Stage::OneTooMany {
            given.push(ONE_TOO_MANY);
        }
        tracer.stack.push(key.clone());
        let more = std::mem::replace(&mut tracer.more, false);
        let mut last = "";
        let access = Fields { tracer: &mut *tracer, key: &key, names: given.into_iter(), last: &mut last };
        let read = visitor.visit_map(access);
        tracer.stack.pop();
        let read = if again { read } else { tracer.after_struct(&key, stage, last, read) };
        tracer.more |= more;
        read
    }
}

impl SeenField {
    fn new(name: &'static str) -> Self {
        SeenField { name, alias_of: None, ty: None, optional: false }
    }
}

struct Fields<'f> {
    tracer: &'f mut Tracer,
    key: &'f str,
    names: std::vec::IntoIter<&'static str>,
    /// The field that was given last.
    last: &'f mut &'static str,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Failed;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failed> {
        let Some(name) = self.names.next() else { return Ok(None) };
        *self.last = name;
        self.tracer.text = None;
        let name: StrDeserializer<'_, Failed> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failed> {
        let name = *self.last;
        let mut ty = None;
        self.tracer.place.push(name.to_owned());
        let read = seed.deserialize(Reader { tracer: self.tracer, out: &mut ty });
        self.tracer.place.pop();
        if let Some(Kind::Struct { fields, .. }) =
            self.tracer.seen.get_mut(self.key).map(|seen| &mut seen.kind)
            && let Some(field) = fields.iter_mut().find(|field| field.name == name)
        {
            field.ty = merged(field.ty.take(), ty);
        }
        read
    }
}

/// A few values, each with its type.
struct Elements<'f> {
    tracer: &'f mut Tracer,
    left: usize,
    types: &'f mut Vec<Option<Type>>,
}

impl Elements<'_> {
    fn read<'de, T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Failed> {
        let mut ty = None;
        self.tracer.place.push(self.types.len().to_string());
        let read = seed.deserialize(Reader { tracer: self.tracer, out: &mut ty });
        self.tracer.place.pop();
        self.types.push(ty);
        read
    }
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Failed;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failed> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.read(seed).map(Some)
    }
}

impl<'de> MapAccess<'de> for Elements<'_> {
    type Error = Failed;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failed> {
        self.next_element_seed(seed)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failed> {
        self.read(seed)
    }
}

struct Chosen<'f> {
    tracer: &'f mut Tracer,
    name: &'static str,
    form: &'f mut Option<SeenForm>,
}

impl<'de> EnumAccess<'de> for Chosen<'_> {
    type Error = Failed;
    type Variant = Self;
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Failed> {
        let name: StrDeserializer<'_, Failed> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Failed;
    fn unit_variant(self) -> Result<(), Failed> {
        *self.form = Some(SeenForm::Plain(Form::Unit));
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failed> {
        let mut ty = None;
        let read = seed.deserialize(Reader { tracer: self.tracer, out: &mut ty });
        *self.form = Some(SeenForm::Plain(Form::One(ty.unwrap_or_else(unseen))));
        read
    }
    fn tuple_variant<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Failed> {
        let mut types = Vec::new();
        let read = visitor.visit_seq(Elements { tracer: self.tracer, left, types: &mut types });
        types.resize(left, None);
        let types = types.into_iter().map(|ty| ty.unwrap_or_else(unseen)).collect();
        *self.form = Some(SeenForm::Plain(Form::Tuple(types)));
        read
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        *self.form = Some(SeenForm::Struct(key::<V>(self.name, fields)));
        let mut ty = None;
        Reader { tracer: self.tracer, out: &mut ty }.read_struct(self.name, fields, visitor, true)
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $name:ident $value:literal;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Failed> {
            self.plain(stringify!($name));
            visitor.$visit($value)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Failed;

    numbers! {
        deserialize_bool visit_bool bool true;
        deserialize_u8 visit_u8 u8 1; deserialize_u16 visit_u16 u16 1; deserialize_u32 visit_u32 u32 1;
        deserialize_u64 visit_u64 u64 1; deserialize_u128 visit_u128 u128 1;
        deserialize_i8 visit_i8 i8 1; deserialize_i16 visit_i16 i16 1; deserialize_i32 visit_i32 i32 1;
        deserialize_i64 visit_i64 i64 1; deserialize_i128 visit_i128 i128 1;
        deserialize_f32 visit_f32 f32 1.0; deserialize_f64 visit_f64 f64 1.0;
        deserialize_char visit_char char 'a';
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Failed> {
        self.is(Type::Plain("str".to_owned()));
        let texts = TEXTS[self.form()];
        visitor.visit_borrowed_str(texts[texts.len() - 1])
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_str(visitor)
    }
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_str(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Failed> {
        self.is(Type::Plain("bytes".to_owned()));
        let length = BYTES[self.form()];
        visitor.visit_bytes(&vec![1; length])
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        self.deserialize_bytes(visitor)
    }
    /// What says nothing of itself is tried as one thing after the other.
    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Failed> {
        self.is(Type::Opaque("any".to_owned()));
        let mut types = Vec::new();
        match self.form() {
            0 => visitor.visit_u64(1),
            1 => visitor.visit_str("a"),
            2 => visitor.visit_bool(true),
            3 => visitor.visit_unit(),
            4 => visitor.visit_seq(Elements { tracer: self.tracer, left: 0, types: &mut types }),
            5 => visitor.visit_map(Elements { tracer: self.tracer, left: 0, types: &mut types }),
            _ => visitor.visit_none(),
        }
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        visitor.visit_unit()
    }
    fn deserialize_unit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Failed> {
        self.is(Type::Unit);
        visitor.visit_unit()
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        if self.tracer.again() {
            return visitor.visit_none();
        }
        let mut inner = None;
        let read = visitor.visit_some(Reader { tracer: self.tracer, out: &mut inner });
        *self.out = merged(self.out.take(), inner.map(|inner| Type::Option(Box::new(inner))));
        read
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        let key = type_name::<V>().to_owned();
        let mut inner = None;
        if self.tracer.stack.contains(&key) {
            let seen = self.tracer.entry(&key, name, || Kind::Newtype(None));
            *self.out = Some(Type::Named(seen.name.clone()));
        }
        self.tracer.stack.push(key.clone());
        let read = visitor.visit_newtype_struct(Reader { tracer: self.tracer, out: &mut inner });
        self.tracer.stack.pop();
        match self.tracer.seen.get_mut(&key) {
            // It is within itself, so it needs a name.
            Some(seen) => {
                *self.out = Some(Type::Named(seen.name.clone()));
                if let Kind::Newtype(known) = &mut seen.kind {
                    *known = merged(known.take(), inner);
                }
            }
            None => *self.out = merged(self.out.take(), inner),
        }
        read
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        let left = usize::from(!self.tracer.again());
        let mut types = Vec::new();
        let read = visitor.visit_seq(Elements { tracer: self.tracer, left, types: &mut types });
        let inner = types.pop().flatten().unwrap_or_else(unseen);
        *self.out = merged(self.out.take(), Some(Type::List(Box::new(inner))));
        read
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Failed> {
        let mut types = Vec::new();
        let read = visitor.visit_seq(Elements { tracer: self.tracer, left, types: &mut types });
        types.resize(left, None);
        let types = types.into_iter().map(|ty| ty.unwrap_or_else(unseen)).collect();
        *self.out = merged(self.out.take(), Some(Type::Tuple(types)));
        read
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.deserialize_tuple(left, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failed> {
        let left = usize::from(!self.tracer.again());
        let mut types = Vec::new();
        let read = visitor.visit_map(Elements { tracer: self.tracer, left, types: &mut types });
        types.resize(2, None);
        let mut types = types.into_iter().map(|ty| Box::new(ty.unwrap_or_else(unseen)));
        if let (Some(key), Some(value)) = (types.next(), types.next()) {
            *self.out = merged(self.out.take(), Some(Type::Map(key, value)));
        }
        read
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        self.read_struct(name, fields, visitor, false)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failed> {
        let Reader { tracer, out } = self;
        let key = key::<V>(name, variants);
        let new = || Kind::Enum {
            variants: variants.iter().map(|name| ((*name).to_owned(), None)).collect(),
            done: BTreeSet::new(),
            finite: None,
            begun: BTreeSet::new(),
        };
        *out = Some(Type::Named(tracer.entry(&key, name, new).name.clone()));
        let again = tracer.stack.contains(&key);
        let chosen = tracer.next_variant(&key, again)?;
        tracer.stack.push(key.clone());
        tracer.place.push(variants[chosen].to_owned());
        let more = std::mem::replace(&mut tracer.more, false);
        let mut form = None;
        let access = Chosen { tracer: &mut *tracer, name: variants[chosen], form: &mut form };
        let read = visitor.visit_enum(access);
        tracer.place.pop();
        tracer.stack.pop();
        let read = tracer.after_variant(&key, chosen, form, again, read);
        tracer.more |= more;
        read
    }

    fn is_human_readable(&self) -> bool {
        false // as the codec
    }
}
