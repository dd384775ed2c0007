//! [`Failure`]: an error that can be stored.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::activity::ActivityError;

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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    type_name: String,
    message: String,
    #[serde(default)]
    causes: Vec<String>,
}

impl Failure {
    /// A failure of the given text.
    pub fn msg(message: impl fmt::Display) -> Self {
        Failure { type_name: "Failure".to_owned(), message: message.to_string(), causes: Vec::new() }
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
        Failure { type_name: std::any::type_name::<E>().to_owned(), message, causes }
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
            },
        }
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
}
