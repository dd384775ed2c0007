//! Types as serde reads them: what is stored of a value, and which other type can read it.

use std::collections::{BTreeMap, BTreeSet};

/// The form of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A number, text and so on, by name: `bool`, `u8` to `i128`, `f32`, `f64`, `char`, `str`, `bytes`.
    Plain(String),
    /// Nothing: `()`.
    Unit,
    /// A value or none.
    Option(Box<Type>),
    /// Any number of values of one type.
    List(Box<Type>),
    /// A fixed number of values.
    Tuple(Vec<Type>),
    /// Values by key.
    Map(Box<Type>, Box<Type>),
    /// A struct or enum, to be looked up.
    Named(String),
    /// Something that cannot be seen into, by the name of its Rust type where that is known.
    Opaque(String),
}

/// A struct or enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Definition {
    /// A struct: its fields by name. A strict one refuses others.
    Struct {
        /// Its fields.
        fields: Vec<Field>,
        /// Whether it refuses fields that it does not know.
        strict: bool,
    },
    /// An enum: its variants by name.
    Enum(Vec<Variant>),
    /// Another name for a type, which only stands where a type is within itself.
    Same(Type),
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Other names under which it is read.
    pub aliases: Vec<String>,
    /// What it holds.
    pub ty: Type,
    /// Whether it may be missing.
    pub optional: bool,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub form: Form,
}

/// What a variant holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Nothing.
    Unit,
    /// One value.
    One(Type),
    /// Several, by place.
    Tuple(Vec<Type>),
    /// Several, by name.
    Struct(Vec<Field>),
}

/// The structs and enums of a schema.
type Types = BTreeMap<String, Definition>;

/// Looks into stored values of one type as a reader of another one would.
pub(super) struct Reading<'s> {
    old: &'s Types,
    new: &'s Types,
    /// The pairs that are being compared: within themselves they are taken to be fine.
    open: BTreeSet<(String, String)>,
}

impl<'s> Reading<'s> {
    pub(super) fn new(old: &'s Types, new: &'s Types) -> Self {
        Reading { old, new, open: BTreeSet::new() }
    }

    /// Whether what was stored as `old` can be read as `new`; else why not, with the place in the value.
    pub(super) fn check(&mut self, old: &Type, new: &Type, place: &str) -> Result<(), String> {
        match (old, new) {
            (Type::Named(a), b) if !matches!(b, Type::Option(_)) => {
                let Some(definition) = self.old.get(a) else {
                    return Err(format!("`{place}`: `{a}` is not defined"));
                };
                if let Definition::Same(inner) = definition {
                    return if self.enter(a, b) { self.check(inner, new, place) } else { Ok(()) };
                }
                match b {
                    Type::Named(b) => self.named(a, b, place),
                    _ => Err(changed(place, old, new)),
                }
            }
            (_, Type::Named(b)) => match self.new.get(b) {
                Some(Definition::Same(inner)) => {
                    if self.enter("", new) {
                        self.check(old, inner, place)
                    } else {
                        Ok(())
                    }
                }
                _ => Err(changed(place, old, new)),
            },
            (Type::Option(a), Type::Option(b)) => self.check(a, b, place),
            // What is there is read as `Some`.
            (_, Type::Option(b)) => self.check(old, b, place),
            (Type::List(a), Type::List(b)) => self.check(a, b, &format!("{place}[]")),
            (Type::Tuple(all), Type::List(b)) => {
                all.iter().try_for_each(|a| self.check(a, b, &format!("{place}[]")))
            }
            (Type::Map(ka, va), Type::Map(kb, vb)) => {
                self.check(ka, kb, &format!("{place}'s keys"))?;
                self.check(va, vb, &format!("{place}'s values"))
            }
            (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => self.places(a, b, place),
            (Type::Plain(a), Type::Plain(b)) if a == b || holds(a, b) => Ok(()),
            (Type::Unit, Type::Unit) => Ok(()),
            (Type::Opaque(a), Type::Opaque(b)) if a == b => Ok(()),
            _ => Err(changed(place, old, new)),
        }
    }

    fn enter(&mut self, a: &str, b: &Type) -> bool {
        self.open.insert((a.to_owned(), b.to_string()))
    }

    fn places(&mut self, a: &[Type], b: &[Type], place: &str) -> Result<(), String> {
        a.iter()
            .zip(b)
            .enumerate()
            .try_for_each(|(number, (a, b))| self.check(a, b, &format!("{place}.{number}")))
    }

    fn named(&mut self, a: &str, b: &str, place: &str) -> Result<(), String> {
        if !self.open.insert((a.to_owned(), b.to_owned())) {
            return Ok(());
        }
        let checked = match (&self.old[a], self.new.get(b)) {
            (Definition::Struct { fields: old, .. }, Some(Definition::Struct { fields: new, strict })) => {
                self.fields(old, new, *strict, place)
            }
            (Definition::Enum(old), Some(Definition::Enum(new))) => old.iter().try_for_each(|variant| {
                let place = format!("{place}::{}", variant.name);
                let Some(found) = new.iter().find(|new| new.name == variant.name) else {
                    return Err(format!("`{place}` may be stored, and there is no such variant any more"));
                };
                self.form(&variant.form, &found.form, &place)
            }),
            (_, Some(Definition::Same(inner))) => self.check(&Type::Named(a.to_owned()), inner, place),
            _ => Err(format!("`{place}` was {a} and is {b}, which is of another kind")),
        };
        self.open.remove(&(a.to_owned(), b.to_owned()));
        checked
    }

    fn form(&mut self, old: &Form, new: &Form, place: &str) -> Result<(), String> {
        match (old, new) {
            (Form::Unit, Form::Unit) => Ok(()),
            (Form::One(a), Form::One(b)) => self.check(a, b, place),
            (Form::Tuple(a), Form::Tuple(b)) if a.len() == b.len() => self.places(a, b, place),
            (Form::Struct(a), Form::Struct(b)) => self.fields(a, b, false, place),
            _ => Err(format!("`{place}` holds something else now")),
        }
    }

    fn fields(&mut self, old: &[Field], new: &[Field], strict: bool, place: &str) -> Result<(), String> {
        for field in new {
            let stored = old.iter().find(|old| old.name == field.name || field.aliases.contains(&old.name));
            match stored {
                Some(stored) => self.check(&stored.ty, &field.ty, &format!("{place}.{}", field.name))?,
                None if field.optional => {}
                None => {
                    return Err(format!("`{place}.{}` is new, and nothing stands in for it", field.name));
                }
            }
        }
        let known = |name: &String| new.iter().any(|new| new.name == *name || new.aliases.contains(name));
        match old.iter().find(|old| strict && !known(&old.name)) {
            Some(gone) => Err(format!("`{place}.{}` may be stored, and is refused now", gone.name)),
            None => Ok(()),
        }
    }
}

fn changed(place: &str, old: &Type, new: &Type) -> String {
    format!("`{place}` was `{old}` and is `{new}`")
}

/// Whether all numbers of the first type are of the second as well.
fn holds(small: &str, large: &str) -> bool {
    let number = |name: &str| -> Option<(bool, u32)> {
        let signed = name.starts_with('i');
        let bits = name.strip_prefix(['i', 'u'])?.parse().ok()?;
        Some((signed, bits))
    };
    if (small, large) == ("f32", "f64") {
        return true;
    }
    match (number(small), number(large)) {
        (Some((a, from)), Some((b, to))) => (a == b && from <= to) || (!a && b && from < to),
        _ => false,
    }
}
