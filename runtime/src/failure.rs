//! [`Failure`]: an error that can be stored.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::activity::{ActivityError, Retry, Retryable};
use crate::codec::Payload;
use crate::machine::Context;

/// A storable error: the type name, message and cause chain of any [`std::error::Error`].
///
/// `?` makes one from any error type; [`Failure::msg`] makes one from text. Like `anyhow::Error` it is
/// not itself a `std::error::Error`, so that this conversion can exist.
///
/// # Example
///
/// ```
/// use longhaul::Failure;
///
/// fn parse(text: &str) -> Result<u8, Failure> {
///     if text.is_empty() {
///         return Err(Failure::msg("nothing to parse"));
///     }
///     Ok(text.parse::<u8>()?)
/// }
/// let failure = parse("1000").unwrap_err();
/// assert_eq!(failure.message(), "number too large to fit in target type");
/// assert!(failure.type_name().ends_with("ParseIntError"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    type_name: String,
    message: String,
    causes: Vec<String>,
    /// For the engine that runs the activity; not stored.
    #[serde(skip)]
    retry: Retry,
}

impl Failure {
    /// A failure of the given text.
    pub fn msg(message: impl fmt::Display) -> Self {
        Failure::text(format_args!("{message}"))
    }

    #[inline(never)]
    fn text(message: fmt::Arguments<'_>) -> Self {
        let (type_name, causes) = ("Failure".to_owned(), Vec::new());
        Failure { type_name, message: message.to_string(), causes, retry: Retry::ByPolicy }
    }

    /// The same, not to be tried again: an activity that returns it has failed for good.
    ///
    /// ```
    /// use longhaul::Failure;
    /// use longhaul::prelude::*;
    ///
    /// #[activity]
    /// async fn parse(text: String) -> Result<u8, Failure> {
    ///     text.parse().map_err(|error| Failure::from(error).fatal())
    /// }
    /// ```
    #[must_use]
    pub fn fatal(self) -> Self {
        Failure { retry: Retry::Never, ..self }
    }

    /// The same, to be tried again after `delay`, whatever the intervals of the activity's policy are; its number of attempts holds.
    #[must_use]
    pub fn retry_after(self, delay: Duration) -> Self {
        Failure { retry: Retry::After(delay), ..self }
    }

    /// Whether it was made from an error of type `E`.
    ///
    /// ```
    /// use longhaul::Failure;
    /// use std::num::ParseIntError;
    /// let failure = Failure::from("x".parse::<u8>().unwrap_err());
    /// assert!(failure.is::<ParseIntError>());
    /// ```
    pub fn is<E: 'static>(&self) -> bool {
        self.type_name == std::any::type_name::<E>()
    }

    /// An error of the type of that name.
    #[inline(never)]
    fn of(error: &dyn Error, type_name: &str) -> Self {
        let message = error.to_string();
        let mut causes: Vec<String> = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Many errors tell their cause in their own text.
            if !causes.last().unwrap_or(&message).contains(&text) {
                causes.push(text);
            }
            source = cause.source();
        }
        Failure { type_name: type_name.to_owned(), message, causes, retry: Retry::ByPolicy }
    }

    /// Reads one back, for a machine.
    #[inline(never)]
    pub(crate) fn read(ctx: &Context, failure: Payload) -> Option<Failure> {
        ctx.decode(failure)
    }

    /// The Rust type of the error that this was made from, or `Failure`.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The text of the error itself, without its causes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The texts of the error's sources, nearest first; without those that the text before already has.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }
}

impl Retryable for Failure {
    fn retry(&self) -> Retry {
        self.retry
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({self})", self.type_name)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::of(&error, std::any::type_name::<E>())
    }
}

impl From<ActivityError<Failure>> for Failure {
    fn from(error: ActivityError<Failure>) -> Self {
        match error {
            ActivityError::Failed(failure) => failure,
            other => Failure {
                type_name: "longhaul::ActivityError".to_owned(),
                message: other.to_string(),
                causes: Vec::new(),
                retry: Retry::ByPolicy,
            },
        }
    }
}

/// The fields of a stored [`Failure`], as far as they have been read.
///
/// What serde would derive is compiled in each crate with a workflow, and is several times as much code.
#[derive(Default)]
struct Parts {
    type_name: Option<String>,
    message: Option<String>,
    causes: Option<Vec<String>>,
}

const FIELDS: &[&str] = &["type_name", "message", "causes"];

impl Parts {
    #[inline(never)]
    fn text(&mut self, field: usize, text: String) {
        let place = if field == 0 { &mut self.type_name } else { &mut self.message };
        *place = Some(text);
    }

    #[inline(never)]
    fn causes(&mut self, causes: Vec<String>) {
        self.causes = Some(causes);
    }

    /// Apart from where they are dropped, so that there is one such place and not one for each error; and with `match`, as a `?` is
    /// several times as much for rustc to look at.
    #[inline(never)]
    fn fill<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
        loop {
            let filled = match map.next_key() {
                Ok(Some(Field(field @ (0 | 1)))) => map.next_value().map(|text| self.text(field, text)),
                Ok(Some(Field(2))) => map.next_value().map(|causes| self.causes(causes)),
                Ok(Some(_)) => map.next_value::<IgnoredAny>().map(drop),
                Ok(None) => break Ok(()),
                Err(error) => Err(error),
            };
            if filled.is_err() {
                break filled;
            }
        }
    }

    /// The failure, or the name of a field that is missing.
    #[inline(never)]
    fn whole(&mut self) -> Result<Failure, &'static str> {
        let type_name = self.type_name.take().ok_or("type_name")?;
        let message = self.message.take().ok_or("message")?;
        let causes = self.causes.take().unwrap_or_default();
        Ok(Failure { type_name, message, causes, retry: Retry::ByPolicy })
    }
}

/// The place of a field among [`FIELDS`]; behind them where it is none of them.
struct Field(usize);

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(Field(0))
    }
}

impl Visitor<'_> for Field {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        Ok(Field::named(name))
    }
}

impl Field {
    #[inline(never)]
    fn named(name: &str) -> Self {
        Field(FIELDS.iter().position(|field| *field == name).unwrap_or(FIELDS.len()))
    }
}

impl<'de> Visitor<'de> for Parts {
    type Value = Failure;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct Failure")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<Failure, A::Error> {
        match self.fill(map) {
            Ok(()) => self.whole().map_err(A::Error::missing_field),
            Err(error) => Err(error),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Failure, A::Error> {
        self.type_name = seq.next_element()?;
        self.message = seq.next_element()?;
        self.causes = seq.next_element()?;
        self.whole().map_err(A::Error::missing_field)
    }
}

impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Failure", FIELDS, Parts::default())
    }
}

/// The error of what cannot fail. (`std::convert::Infallible` cannot be read by serde, so it cannot be stored.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Error for Never {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("inner: {0}")]
    struct Inner(#[source] std::num::ParseIntError);

    #[test]
    fn a_cause_is_told_once() {
        let root = "x".parse::<u8>().unwrap_err();
        let failure = Failure::from(Outer(Inner(root)));
        assert_eq!(failure.to_string(), "outer: inner: invalid digit found in string");
    }

    #[test]
    fn a_stored_failure_is_read_whatever_else_is_there_and_not_without_its_text() {
        #[derive(Serialize)]
        struct Newer {
            severity: Vec<u8>,
            message: String,
            type_name: String,
        }
        let newer = Newer { severity: vec![1, 2], message: "full".to_owned(), type_name: "Disk".to_owned() };
        let read: Failure = crate::codec::decode(&crate::codec::encode(&newer).unwrap()).unwrap();
        assert_eq!(format!("{read:?}"), "Disk (full)");
        assert!(read.causes().is_empty());

        let root = "x".parse::<u8>().unwrap_err();
        let failure = Failure::from(Outer(Inner(root)));
        let back: Failure = crate::codec::decode(&crate::codec::encode(&failure).unwrap()).unwrap();
        assert_eq!(back, failure);

        let without = std::collections::BTreeMap::from([("type_name", "Disk")]);
        let error = crate::codec::decode::<Failure>(&crate::codec::encode(&without).unwrap()).unwrap_err();
        assert!(error.to_string().contains("missing field `message`"), "{error}");
    }
}
