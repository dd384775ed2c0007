//! What a schema means, as text to be hashed: types are told by what they are made of, and not by their names.

use super::write::{names, within};
use super::{Definition, Field, Form, MachineSchema, Schema, SlotForm, StateSchema, Type, Variant};

/// 64 bits by FNV-1a, which is the same everywhere and for ever.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// All that is stored.
pub(super) fn of_all(schema: &Schema) -> String {
    let mut lines = vec![schema.workflow.clone()];
    for (name, ty) in schema.values.iter().chain(&schema.signals) {
        lines.push(format!("{name} {}", Whole::of(schema, ty)));
    }
    for activity in &schema.activities {
        let types = [&activity.input, &activity.output, &activity.error].map(|ty| Whole::of(schema, ty));
        lines.push(format!("{} {}", activity.name, types.join(" ")));
    }
    for machine in &schema.machines {
        lines.extend(machine.states.iter().map(|state| of_state(schema, machine, state)));
    }
    lines.join("\n")
}

/// One state with its slots, in the order of their names.
pub(super) fn of_state(schema: &Schema, machine: &MachineSchema, state: &StateSchema) -> String {
    let mut slots: Vec<_> = state.slots.iter().collect();
    slots.sort_by(|a, b| a.0.cmp(&b.0));
    let slots = slots.into_iter().map(|(name, form)| match form {
        SlotForm::Kept(ty) => format!(" {name}: {}", Whole::of(schema, ty)),
        SlotForm::Output(ty) => format!(" {name}: @output {}", Whole::of(schema, ty)),
        other => format!(" {name}: {other}"),
    });
    format!("{}::{}{}{}", machine.name, state.name, within(state), slots.collect::<String>())
}

/// A type with what it is made of in the place of names.
struct Whole<'s> {
    schema: &'s Schema,
    /// The types around: within itself a type is told by how far out it stands.
    around: Vec<&'s str>,
}

impl<'s> Whole<'s> {
    fn of(schema: &'s Schema, ty: &'s Type) -> String {
        Whole { schema, around: Vec::new() }.ty(ty)
    }

    fn all(&mut self, all: &'s [Type]) -> String {
        all.iter().map(|ty| self.ty(ty)).collect::<Vec<_>>().join(",")
    }

    fn ty(&mut self, ty: &'s Type) -> String {
        match ty {
            Type::Plain(name) | Type::Opaque(name) => name.clone(),
            Type::Unit => "()".to_owned(),
            Type::Option(inner) => format!("option({})", self.ty(inner)),
            Type::List(inner) => format!("list({})", self.ty(inner)),
            Type::Tuple(all) => format!("tuple({})", self.all(all)),
            Type::Map(key, value) => format!("map({},{})", self.ty(key), self.ty(value)),
            Type::Named(name) => self.named(name),
        }
    }

    fn named(&mut self, name: &'s str) -> String {
        if let Some(out) = self.around.iter().rev().position(|outer| *outer == name) {
            return format!("^{out}");
        }
        self.around.push(name);
        let meaning = match self.schema.types.get(name) {
            Some(Definition::Struct { fields, strict }) => {
                format!("{}({})", if *strict { "strict" } else { "struct" }, self.fields(fields))
            }
            Some(Definition::Enum(variants)) => {
                let variants: Vec<_> = variants.iter().map(|variant| self.variant(variant)).collect();
                format!("enum({})", variants.join(","))
            }
            Some(Definition::Same(inner)) => self.ty(inner),
            None => name.to_owned(),
        };
        self.around.pop();
        meaning
    }

    fn fields(&mut self, fields: &'s [Field]) -> String {
        let fields = fields.iter().map(|field| {
            format!("{}{}:{}", names(field), if field.optional { "=" } else { "" }, self.ty(&field.ty))
        });
        fields.collect::<Vec<_>>().join(",")
    }

    fn variant(&mut self, variant: &'s Variant) -> String {
        let form = match &variant.form {
            Form::Unit => String::new(),
            Form::One(ty) => format!("({})", self.ty(ty)),
            Form::Tuple(all) => format!("tuple({})", self.all(all)),
            Form::Struct(fields) => format!("struct({})", self.fields(fields)),
        };
        format!("{}{form}", variant.name)
    }
}
