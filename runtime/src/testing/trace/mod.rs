//! The form of a type as serde reads it.
//!
//! A type that is being read says what it wants next, so a deserializer that notes this, and answers with something small,
//! sees the type from within: the names of fields and variants, and what they hold. One reading shows one variant of
//! each enum, so a type is read again and again until nothing is left to be seen.

mod reader;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use longhaul_describe::schema::{Definition, Field, Form, Type, Variant};
use serde::de::Deserialize;

use self::reader::Reader;
use self::steps::Failed;

/// Collects the structs and enums that types are made of.
#[derive(Debug, Default)]
pub struct Tracer {
    /// By the reader that serde has for each, which no other type has.
    seen: BTreeMap<String, Seen>,
    /// What is being read, outermost first.
    stack: Vec<String>,
    /// Whether this reading left something to be seen.
    more: bool,
    /// Which form of text or length of bytes a place wants, by its name: the first of `TEXTS` that is not refused.
    forms: BTreeMap<String, usize>,
    /// The place of the last text, as long as nothing else was handed out after it.
    text: Option<String>,
    /// Where this reading is.
    place: Vec<String>,
}

/// What was seen of a struct or enum.
#[derive(Debug)]
struct Seen {
    /// Its name, and a number where several have it.
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Struct {
        /// In the order in which they are given.
        fields: Vec<SeenField>,
        strict: bool,
        /// What is tried next: all fields, then without each of them, then with one too many.
        stage: Stage,
        /// How often a field that cannot be read was put behind the others, so that these are seen.
        moved: usize,
        /// Whether it is a variant of an enum, and no type of its own.
        variant: bool,
    },
    Enum {
        variants: Vec<(String, Option<SeenForm>)>,
        /// Those of which all was seen.
        done: BTreeSet<usize>,
        /// The first that was read to its end: it has nothing in it that is without end.
        finite: Option<usize>,
        /// Those that are being read, or were.
        begun: BTreeSet<usize>,
    },
    /// A struct of one unnamed field.
    Newtype(Option<Type>),
}

#[derive(Debug, Clone)]
enum SeenForm {
    Plain(Form),
    /// By the reader of its fields.
    Struct(String),
}

#[derive(Debug, Clone)]
struct SeenField {
    name: &'static str,
    /// The field that this is another name of.
    alias_of: Option<String>,
    ty: Option<Type>,
    optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    All,
    Without(usize),
    OneTooMany,
    Done,
}

/// After so many readings a type is taken as what was seen of it by then.
const READINGS: usize = 10_000;

impl Tracer {
    /// The form of `T`.
    pub fn trace<T: Deserialize<'static>>(&mut self) -> Type {
        let mut found = None;
        let mut failures = 0;
        for _ in 0..READINGS {
            (self.more, self.text) = (false, None);
            (self.stack, self.place) = Default::default();
            let mut ty = None;
            let read = T::deserialize(Reader { tracer: self, out: &mut ty });
            found = merged(found, ty);
            let before = failures;
            match read {
                Ok(_) if !self.more => break,
                Ok(_) => failures = 0,
                Err(Failed::Probe) => {}
                Err(_) if self.next_form() => {}
                Err(_) => failures += 1,
            }
            // What fails again and again cannot be read with what we have to offer.
            if failures > before && failures > 20 {
                break;
            }
        }
        found.unwrap_or_else(|| Type::Opaque(short(std::any::type_name::<T>())))
    }

    /// All structs and enums so far.
    pub fn types(&self) -> BTreeMap<String, Definition> {
        let definition = |seen: &Seen| {
            Some(match &seen.kind {
                Kind::Struct { variant: true, .. } => return None,
                Kind::Struct { fields, strict, .. } => {
                    Definition::Struct { fields: plain(fields), strict: *strict }
                }
                Kind::Enum { variants, .. } => Definition::Enum(
                    variants
                        .iter()
                        .map(|(name, form)| Variant { name: name.clone(), form: self.form(form.as_ref()) })
                        .collect(),
                ),
                Kind::Newtype(inner) => Definition::Same(inner.clone()?),
            })
        };
        self.seen.values().filter_map(|seen| Some((seen.name.clone(), definition(seen)?))).collect()
    }

    fn form(&self, form: Option<&SeenForm>) -> Form {
        match form {
            None => Form::One(unseen()),
            Some(SeenForm::Plain(form)) => form.clone(),
            Some(SeenForm::Struct(key)) => match self.seen.get(key).map(|seen| &seen.kind) {
                Some(Kind::Struct { fields, .. }) => Form::Struct(plain(fields)),
                _ => Form::One(unseen()),
            },
        }
    }

    /// After a refused text: whether there is another form to be tried.
    fn next_form(&mut self) -> bool {
        let Some(place) = self.text.take() else { return false };
        let form = self.forms.entry(place).or_default();
        *form += 1;
        *form < crate::sample::TEXTS.len()
    }

    /// What is known of the type that `key` is the reader of; `new` if nothing is.
    fn entry(&mut self, key: &str, name: &str, new: impl FnOnce() -> Kind) -> &mut Seen {
        if !self.seen.contains_key(key) {
            let taken = |name: &str| self.seen.values().any(|seen| seen.name == name);
            let mut numbered = name.to_owned();
            let mut number = 1;
            while taken(&numbered) {
                number += 1;
                numbered = format!("{name}-{number}");
            }
            self.seen.insert(key.to_owned(), Seen { name: numbered, kind: new() });
        }
        self.seen.get_mut(key).expect("it was put in")
    }

    /// Whether a type is being read within itself: then the smallest value will do.
    fn again(&self) -> bool {
        let mut seen = BTreeSet::new();
        !self.stack.iter().all(|key| seen.insert(key))
    }
}

/// The fields with their other names, in the order of their names.
fn plain(fields: &[SeenField]) -> Vec<Field> {
    let mut all: Vec<Field> = fields
        .iter()
        .filter(|field| field.alias_of.is_none())
        .map(|field| Field {
            name: field.name.to_owned(),
            aliases: fields
                .iter()
                .filter(|other| other.alias_of.as_deref() == Some(field.name))
                .map(|other| other.name.to_owned())
                .collect(),
            ty: field.ty.clone().unwrap_or_else(unseen),
            optional: field.optional,
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// The type of what was not come to.
fn unseen() -> Type {
    Type::Opaque("not seen".to_owned())
}

/// What two readings showed of one type: a list may have been empty in one of them.
fn merged(a: Option<Type>, b: Option<Type>) -> Option<Type> {
    let (Some(a), Some(b)) = (&a, &b) else { return a.or(b) };
    let pick = |a: &Type, b: &Type| merged(Some(a.clone()), Some(b.clone())).unwrap_or(Type::Unit);
    Some(match (a, b) {
        (Type::Option(a), Type::Option(b)) => Type::Option(Box::new(pick(a, b))),
        (Type::List(a), Type::List(b)) => Type::List(Box::new(pick(a, b))),
        (Type::Map(ka, va), Type::Map(kb, vb)) => Type::Map(Box::new(pick(ka, kb)), Box::new(pick(va, vb))),
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            Type::Tuple(a.iter().zip(b).map(|(a, b)| pick(a, b)).collect())
        }
        (Type::Opaque(_), b) => b.clone(),
        (a, _) => a.clone(),
    })
}

/// A type's name without the paths in it.
pub(super) fn short(name: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == ':' && letters.peek() == Some(&':') {
            letters.next();
            word.clear();
        } else if letter.is_alphanumeric() || letter == '_' {
            word.push(letter);
        } else {
            short.push_str(&word);
            word.clear();
            short.push(letter);
        }
    }
    short + &word
}
