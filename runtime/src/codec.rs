//! How values become bytes: CBOR with field names.
//!
//! Payloads are self-describing, so that a newer binary reads older values with serde's defaults and
//! tools can show them. What surrounds a payload on disk (version, checksum) is the store's record
//! envelope, see `docs/STORAGE_FORMAT.md`.
//!
//! One limit is inherited from every self-describing format: `Some(None)` reads back as `None`.

use cbor4ii::core::Value;
use cbor4ii::core::dec::{Decode, IgnoredAny, Read, Reference};
use cbor4ii::core::utils::{BufWriter, SliceReader};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

/// Bytes of one encoded value (CBOR, field names kept).
///
/// # Example
///
/// ```
/// use longhaul::codec::{decode, encode};
///
/// let payload = encode(&("ann", 3u8)).unwrap();
/// let back: (String, u8) = decode(&payload).unwrap();
/// assert_eq!(back, ("ann".to_owned(), 3));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Payload(pub Vec<u8>);

impl Payload {
    /// The encoded bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match cbor4ii::serde::from_slice::<cbor4ii::core::Value>(&self.0) {
            Ok(value) => write!(f, "Payload({value:?})"),
            Err(_) => write!(f, "Payload({} bytes)", self.0.len()),
        }
    }
}

impl Serialize for Payload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Payload {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = Payload;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a byte string")
            }
            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Payload, E> {
                Ok(Payload(bytes.to_vec()))
            }
            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Payload, E> {
                Ok(Payload(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// A value could not be written as, or read from, CBOR.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodecError {
    /// The value's own `Serialize` refused, or memory ran out.
    #[error("`{type_name}` could not be encoded: {reason}")]
    Encode {
        /// The Rust type of the value.
        type_name: &'static str,
        /// What the encoder said.
        reason: String,
    },
    /// The bytes are not a value of this type.
    #[error("the stored bytes do not decode as `{type_name}`: {reason}")]
    Decode {
        /// The Rust type that was asked for.
        type_name: &'static str,
        /// What the decoder said.
        reason: String,
    },
}

/// Encodes a value.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Payload, CodecError> {
    let mut out = BufWriter::new(Vec::new());
    encode_to(&mut out, value)?;
    let bytes = out.into_inner();
    check_depth(&bytes)
        .map_err(|reason| CodecError::Encode { type_name: std::any::type_name::<T>(), reason })?;
    Ok(Payload(bytes))
}

/// Decodes a value.
pub fn decode<T: DeserializeOwned>(payload: &Payload) -> Result<T, CodecError> {
    decode_slice(&payload.0)
}

/// Whether two payloads hold the same value: a hash map is written in another order each time.
pub(crate) fn same(a: &Payload, b: &Payload) -> bool {
    let read = |payload: &Payload| cbor4ii::serde::from_slice::<Value>(&payload.0).ok().map(in_order);
    a == b || (a.0.len() == b.0.len() && read(a).is_some_and(|a| read(b).is_some_and(|b| a == b)))
}

/// The value with the entries of its maps in the order of their keys' bytes.
fn in_order(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(in_order).collect()),
        Value::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (in_order(key), in_order(value)));
            let mut entries: Vec<_> = entries.collect();
            entries.sort_by_cached_key(|(key, _)| encode(key).map(|key| key.0).unwrap_or_default());
            Value::Map(entries)
        }
        Value::Tag(tag, value) => Value::Tag(tag, Box::new(in_order(*value))),
        plain => plain,
    }
}

/// Writes the encoding of `value` to `out`.
pub(crate) fn encode_to<T: Serialize + ?Sized>(out: &mut BufWriter, value: &T) -> Result<(), CodecError> {
    value
        .serialize(&mut cbor4ii::serde::Serializer::new(out))
        .map_err(|error| not_encoded(std::any::type_name::<T>(), &error))
}

#[cold]
#[inline(never)]
fn not_encoded(type_name: &'static str, error: &dyn std::error::Error) -> CodecError {
    CodecError::Encode { type_name, reason: error.to_string() }
}

#[cold]
#[inline(never)]
fn not_decoded(type_name: &'static str, error: &dyn std::error::Error) -> CodecError {
    CodecError::Decode { type_name, reason: error.to_string() }
}

/// How deep a stored value may nest: half of what the decoder reads, which counts an enum's variant twice.
pub const MAX_DEPTH: usize = 128;

/// Refuses what could be written but not be read again.
#[inline(never)] // or each crate with a workflow compiles the reader again
pub(crate) fn check_depth(bytes: &[u8]) -> Result<(), String> {
    let mut reader = Shallow { inner: SliceReader::new(bytes), levels: MAX_DEPTH, too_deep: false };
    match IgnoredAny::decode(&mut reader) {
        Ok(_) => Ok(()),
        Err(_) if reader.too_deep => Err(format!(
            "it nests deeper than {MAX_DEPTH} levels and could not be read again: keep it in a `Vec` or a map"
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// A reader that goes down so many levels and no further.
struct Shallow<'de> {
    inner: SliceReader<'de>,
    levels: usize,
    too_deep: bool,
}

impl<'de> Read<'de> for Shallow<'de> {
    type Error = std::convert::Infallible;

    fn fill<'short>(&'short mut self, want: usize) -> Result<Reference<'de, 'short>, Self::Error> {
        self.inner.fill(want)
    }

    fn advance(&mut self, n: usize) {
        self.inner.advance(n);
    }

    fn step_in(&mut self) -> bool {
        match self.levels.checked_sub(1) {
            Some(levels) => self.levels = levels,
            None => self.too_deep = true,
        }
        !self.too_deep
    }

    fn step_out(&mut self) {
        self.levels += 1;
    }
}

/// Decodes a value from borrowed bytes.
pub(crate) fn decode_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    cbor4ii::serde::from_slice(bytes).map_err(|error| not_decoded(std::any::type_name::<T>(), &error))
}

#[cfg(test)]
mod depth_tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    enum Chain {
        End,
        Link { next: Box<Chain> },
    }

    fn chain(links: usize) -> Chain {
        (0..links).fold(Chain::End, |next, _| Chain::Link { next: Box::new(next) })
    }

    #[test]
    fn what_was_encoded_decodes_however_deep_it_nests() {
        for links in 0..400 {
            if let Ok(payload) = encode(&chain(links)) {
                assert_eq!(decode::<Chain>(&payload).unwrap(), chain(links), "{links} links");
            }
        }
    }

    #[test]
    fn what_nests_too_deep_is_refused_when_it_is_encoded() {
        let error = encode(&chain(400)).unwrap_err();
        assert!(error.to_string().contains("nests deeper than 128 levels"), "{error}");
        encode(&chain(60)).unwrap();
    }
}
