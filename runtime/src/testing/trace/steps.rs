//! From one reading to the next: what was seen, and what is to be tried.

use longhaul_describe::schema::Form;
use serde::de;

use super::{Kind, SeenField, SeenForm, Stage, Tracer, merged, unseen};

/// Why a reading came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// It was only to find out something, which it did.
    #[error("probed")]
    Probe,
    /// A field was given under a second name.
    #[error("duplicate field `{0}`")]
    Duplicate(&'static str),
    /// The type refused what it was given, or has no values.
    #[error("{0}")]
    Refused(String),
}

impl de::Error for Failed {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Failed::Refused(message.to_string())
    }
    fn duplicate_field(field: &'static str) -> Self {
        Failed::Duplicate(field)
    }
}

impl Tracer {
    /// What a reading of a struct showed, and what is tried next.
    pub(super) fn after_struct<T>(
        &mut self,
        key: &str,
        tried: Stage,
        last: &'static str,
        read: Result<T, Failed>,
    ) -> Result<T, Failed> {
        let (inner_more, text_refused) = (self.more, self.text.is_some());
        let Some(Kind::Struct { fields, strict, stage, moved, .. }) =
            self.seen.get_mut(key).map(|seen| &mut seen.kind)
        else {
            return read;
        };
        let next_field = |from: usize, fields: &[SeenField]| {
            let next = (from..fields.len()).find(|number| fields[*number].alias_of.is_none());
            next.map_or(Stage::OneTooMany, Stage::Without)
        };
        let read = match (tried, read) {
            (Stage::All, Ok(value)) => {
                if !inner_more {
                    *stage = next_field(0, fields);
                }
                Ok(value)
            }
            (Stage::All, Err(Failed::Duplicate(field))) if last != field => {
                if let Some(alias) = fields.iter_mut().find(|known| known.name == last) {
                    alias.alias_of = Some(field.to_owned());
                }
                Err(Failed::Probe)
            }
            (Stage::All, Err(Failed::Duplicate(field))) => {
                // It was given under another name before: next time it goes first.
                let at = fields.iter().position(|known| known.name == field).unwrap_or(0);
                let field = fields.remove(at);
                fields.insert(0, field);
                Err(Failed::Probe)
            }
            (Stage::All, Err(Failed::Refused(_))) if !text_refused && *moved < fields.len() => {
                let at = fields.iter().position(|known| known.name == last).unwrap_or(0);
                let field = fields.remove(at);
                fields.push(field);
                *moved += 1;
                Err(Failed::Probe)
            }
            (Stage::Without(number), read) => {
                fields[number].optional = read.is_ok();
                *stage = next_field(number + 1, fields);
                read.map_err(|_| Failed::Probe)
            }
            (Stage::OneTooMany, read) => {
                *strict = read.is_err();
                *stage = Stage::Done;
                read.map_err(|_| Failed::Probe)
            }
            (_, read) => read,
        };
        self.more = inner_more || *stage != Stage::Done;
        read
    }

    /// Which variant is read now.
    pub(super) fn next_variant(&mut self, key: &str, again: bool) -> Result<usize, Failed> {
        let Some(Kind::Enum { variants, done, finite, begun }) =
            self.seen.get_mut(key).map(|seen| &mut seen.kind)
        else {
            return Err(Failed::Refused("it is read in two ways".to_owned()));
        };
        let all = 0..variants.len();
        let fresh = all.clone().find(|number| !begun.contains(number));
        let unfinished = all.clone().find(|number| !done.contains(number));
        let least = *finite;
        let next = if again { least.or(fresh) } else { unfinished.or(least) };
        let next = next.or(all.clone().next().filter(|_| !again));
        let next = next.ok_or_else(|| Failed::Refused("it has no value that ends".to_owned()))?;
        begun.insert(next);
        Ok(next)
    }

    pub(super) fn after_variant<T>(
        &mut self,
        key: &str,
        variant: usize,
        form: Option<SeenForm>,
        again: bool,
        read: Result<T, Failed>,
    ) -> Result<T, Failed> {
        let (inner_more, text_refused) = (self.more, self.text.is_some());
        let Some(Kind::Enum { variants, done, finite, .. }) =
            self.seen.get_mut(key).map(|seen| &mut seen.kind)
        else {
            return read;
        };
        let known = &mut variants[variant].1;
        *known = match (known.take(), form) {
            (Some(SeenForm::Plain(a)), Some(SeenForm::Plain(b))) => Some(SeenForm::Plain(merged_forms(a, b))),
            (a, b) => b.or(a),
        };
        let mut read = read;
        match &read {
            Ok(_) => {
                finite.get_or_insert(variant);
                if !again && !inner_more {
                    done.insert(variant);
                }
            }
            // It cannot be read; the others can.
            Err(Failed::Refused(_)) if !again && !text_refused => {
                if done.insert(variant) {
                    read = Err(Failed::Probe);
                }
            }
            Err(_) => {}
        }
        self.more = inner_more || (!again && done.len() < variants.len());
        read
    }
}

fn merged_forms(a: Form, b: Form) -> Form {
    match (a, b) {
        (Form::One(a), Form::One(b)) => Form::One(merged(Some(a), Some(b)).unwrap_or_else(unseen)),
        (Form::Tuple(a), Form::Tuple(b)) if a.len() == b.len() => {
            let pairs = a.into_iter().zip(b);
            Form::Tuple(pairs.map(|(a, b)| merged(Some(a), Some(b)).unwrap_or_else(unseen)).collect())
        }
        (_, b) => b,
    }
}

/// What tells a struct, enum or variant from all others: its reader, which has all type parameters in its name. The
/// readers of an enum's variants are all called the same, though.
pub(super) fn key<V>(name: &str, names: &[&str]) -> String {
    format!("{} {name} {}", std::any::type_name::<V>(), names.join(" "))
}
