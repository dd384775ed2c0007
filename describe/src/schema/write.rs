//! Schemas as text: one thing a line, so that a difference shows what has changed.

use std::fmt::{self, Display, Formatter, Write};

use super::{Definition, Field, Form, Schema, SlotForm, StateSchema, Type, Variant};

/// The first line of a schema; the number is the format's.
pub(super) const HEAD: &str = "# What is stored of a workflow's runs, kept by a test. Schema format 1.";

pub(super) fn text(schema: &Schema) -> String {
    let mut out = format!("{HEAD}\nworkflow {} {:016x}\n", Name(&schema.workflow), schema.fingerprint());
    let line = |out: &mut String, line: fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{line}");
    };
    for (name, ty) in &schema.values {
        line(&mut out, format_args!("{name} {ty}"));
    }
    for (name, arguments) in &schema.signals {
        line(&mut out, format_args!("signal {} {arguments}", Name(name)));
    }
    for name in &schema.queries {
        line(&mut out, format_args!("query {}", Name(name)));
    }
    for activity in &schema.activities {
        let super::Activity { name, input, output, error } = activity;
        line(&mut out, format_args!("activity {} {input} -> {output} or {error}", Name(name)));
    }
    for machine in &schema.machines {
        line(&mut out, format_args!("\nmachine {}", Name(&machine.name)));
        for state in &machine.states {
            let fingerprint = schema.state_fingerprint(machine, state);
            let within = within(state);
            line(&mut out, format_args!("  state {} {fingerprint:016x}{within}", Name(&state.name)));
            for (name, form) in &state.slots {
                line(&mut out, format_args!("    {}: {form}", Name(name)));
            }
        }
    }
    for (name, definition) in &schema.types {
        match definition {
            Definition::Struct { fields, strict } => {
                let strict = if *strict { " strict" } else { "" };
                line(&mut out, format_args!("\nstruct {}{strict}", Name(name)));
                for field in fields {
                    line(&mut out, format_args!("  {field}"));
                }
            }
            Definition::Enum(variants) => {
                line(&mut out, format_args!("\nenum {}", Name(name)));
                for variant in variants {
                    line(&mut out, format_args!("  {variant}"));
                }
            }
            Definition::Same(ty) => line(&mut out, format_args!("\ntype {} {ty}", Name(name))),
        }
    }
    out
}

pub(super) fn within(state: &StateSchema) -> String {
    state.within.as_ref().map_or_else(String::new, |(of, number)| format!(" in {} {number}", Name(of)))
}

pub(super) fn names(field: &Field) -> String {
    let all: Vec<_> =
        std::iter::once(&field.name).chain(&field.aliases).map(|name| Name(name).to_string()).collect();
    all.join(" | ")
}

fn joined<T: Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A name as it is, or in quotes where it has signs in it, as serde's `rename` allows.
struct Name<'n>(&'n str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plain = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
        if !self.0.is_empty() && self.0.chars().all(plain) {
            return f.write_str(self.0);
        }
        f.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                '"' | '\\' => write!(f, "\\{letter}")?,
                '\n' => f.write_str("\\n")?,
                letter => f.write_char(letter)?,
            }
        }
        f.write_char('"')
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Type::Plain(name) => f.write_str(name),
            Type::Named(name) => Name(name).fmt(f),
            Type::Unit => f.write_str("()"),
            Type::Option(inner) => write!(f, "{inner}?"),
            Type::List(inner) => write!(f, "[{inner}]"),
            Type::Tuple(all) => {
                // `(T,)`, as in Rust: `(T)` is nothing but `T`.
                let comma = if all.len() == 1 { "," } else { "" };
                write!(f, "({}{comma})", joined(all))
            }
            Type::Map(key, value) => write!(f, "{{{key}: {value}}}"),
            Type::Opaque(name) => write!(f, "@opaque {}", Name(name)),
        }
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", names(self), self.ty, if self.optional { " = default" } else { "" })
    }
}

impl Display for Variant {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Name(&self.name).fmt(f)?;
        match &self.form {
            Form::Unit => Ok(()),
            Form::One(ty) => write!(f, " = {ty}"),
            Form::Tuple(all) => write!(f, " ({})", joined(all)),
            Form::Struct(fields) => write!(f, " {{{}}}", joined(fields)),
        }
    }
}

impl Display for SlotForm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SlotForm::Kept(ty) => ty.fmt(f),
            // The sign tells them from types, which may have any name.
            SlotForm::Output(ty) => write!(f, "@output {ty}"),
            SlotForm::Position => f.write_str("@position"),
            SlotForm::Activity(name) => write!(f, "@activity {}", Name(name)),
            SlotForm::Timer => f.write_str("@timer"),
            SlotForm::Machine(name) => write!(f, "@machine {}", Name(name)),
            SlotForm::Wait(name) => write!(f, "@wait {}", Name(name)),
        }
    }
}
