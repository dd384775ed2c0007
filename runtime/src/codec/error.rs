//! What can go wrong on the way between a value and its bytes.

use std::convert::Infallible;
use std::fmt;

use super::{CodecError, MAX_DEPTH};

/// What a token of CBOR can have wrong.
pub(super) type TokenError = cbor4ii::core::error::DecodeError<Infallible>;

/// Why a value could not be written or read. One word, as it is part of each result that a user's crate hands on.
#[derive(Debug)]
pub(crate) struct Error(Box<Cause>);

#[derive(Debug)]
enum Cause {
    /// What the value's own `Serialize` or `Deserialize` says.
    Said(String),
    /// The bytes are not what is wanted there.
    Token(TokenError),
    /// The value would be written, but not read again.
    TooDeep,
    /// What was said of a part, with its type.
    Told(CodecError),
}

impl Error {
    #[cold]
    #[inline(never)]
    pub(super) fn said(arguments: fmt::Arguments<'_>) -> Self {
        Error(Box::new(Cause::Said(arguments.to_string())))
    }

    #[cold]
    #[inline(never)]
    pub(super) fn too_deep() -> Self {
        Error(Box::new(Cause::TooDeep))
    }
}

impl Error {
    /// Told with the type of the value that was to be written.
    #[cold]
    #[inline(never)]
    pub(crate) fn encoding(self, type_name: &'static str) -> CodecError {
        match *self.0 {
            Cause::Told(error) => error,
            cause => CodecError::Encode { type_name, reason: Error(Box::new(cause)).to_string() },
        }
    }

    /// Told with the type of the value that was to be read.
    #[cold]
    #[inline(never)]
    pub(crate) fn decoding(self, type_name: &'static str) -> CodecError {
        match *self.0 {
            Cause::Told(error) => error,
            cause => CodecError::Decode { type_name, reason: Error(Box::new(cause)).to_string() },
        }
    }
}

impl From<CodecError> for Error {
    #[cold]
    #[inline(never)]
    fn from(error: CodecError) -> Self {
        Error(Box::new(Cause::Told(error)))
    }
}

impl From<TokenError> for Error {
    #[cold]
    #[inline(never)]
    fn from(error: TokenError) -> Self {
        Error(Box::new(Cause::Token(error)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Said(text) => f.write_str(text),
            Cause::Token(error) => error.fmt(f),
            Cause::Told(error) => error.fmt(f),
            Cause::TooDeep => write!(
                f,
                "it nests deeper than {MAX_DEPTH} levels and could not be read again: keep it in a `Vec` or a map"
            ),
        }
    }
}

impl std::error::Error for Error {}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::said(format_args!("{message}"))
    }
}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::said(format_args!("{message}"))
    }

    // Compiled once, not in each crate that reads a type of its own.
    fn missing_field(field: &'static str) -> Self {
        Error::said(format_args!("missing field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Error::said(format_args!("duplicate field `{field}`"))
    }

    fn invalid_length(len: usize, expected: &dyn serde::de::Expected) -> Self {
        Error::said(format_args!("invalid length {len}, expected {expected}"))
    }

    fn invalid_type(unexpected: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Error::said(format_args!("invalid type: {unexpected}, expected {expected}"))
    }

    fn invalid_value(unexpected: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Error::said(format_args!("invalid value: {unexpected}, expected {expected}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        match expected {
            [] => Error::said(format_args!("unknown variant `{variant}`, there are no variants")),
            known => Error::said(format_args!("unknown variant `{variant}`, expected one of {known:?}")),
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        match expected {
            [] => Error::said(format_args!("unknown field `{field}`, there are no fields")),
            known => Error::said(format_args!("unknown field `{field}`, expected one of {known:?}")),
        }
    }
}
