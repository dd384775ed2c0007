//! How values become bytes: CBOR with field names.
//!
//! Payloads are self-describing, so that a newer binary reads older values with serde's defaults and
//! tools can show them. What surrounds a payload on disk (version, checksum) is the store's record
//! envelope, see `docs/STORAGE_FORMAT.md`.
//!
//! One limit is inherited from every self-describing format: `Some(None)` reads back as `None`.

mod deserialize;
mod error;
mod json;
mod literal;
mod read;
mod serialize;
mod stored_error;
pub(crate) mod unordered;
mod write;

use cbor4ii::core::Value;
use cbor4ii::core::dec::Decode;
use cbor4ii::core::enc::Encode;
use cbor4ii::core::utils::{BufWriter, SliceReader};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(crate) use deserialize::read;
pub(crate) use error::Error;
pub(crate) use json::{hex, to_json, to_map};
pub(crate) use read::Reader;
#[cfg(feature = "testing")]
pub(crate) use stored_error::AnyError;
pub use stored_error::StoredError;
pub(crate) use stored_error::{decode_error, encode_error};
pub(crate) use write::{Window, Writer};

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
        match plain(self) {
            Some(value) => write!(f, "Payload({value:?})"),
            None => write!(f, "Payload({} bytes)", self.0.len()),
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
    encode_by(&mut |out| value.serialize(out), std::any::type_name::<T>())
}

/// Encodes what `write` writes, a value of that type. Apart from [`encode`], so that it is compiled once.
#[inline(never)]
fn encode_by(
    write: &mut dyn FnMut(&mut Writer) -> Result<(), Error>,
    type_name: &'static str,
) -> Result<Payload, CodecError> {
    let mut out = Writer::of_payload();
    let written = write(&mut out);
    out.payload(written, type_name)
}

/// Decodes a value.
pub fn decode<T: Deserialize<'static>>(payload: &Payload) -> Result<T, CodecError> {
    decode_slice(&payload.0)
}

/// Decodes a value from borrowed bytes.
pub(crate) fn decode_slice<T: Deserialize<'static>>(bytes: &[u8]) -> Result<T, CodecError> {
    read(bytes).map_err(|error| error.decoding(std::any::type_name::<T>()))
}

/// Decodes the value that stands at the beginning of `bytes`; gives what is behind it, too.
pub(crate) fn decode_first<T: Deserialize<'static>>(bytes: &[u8]) -> Result<(T, &[u8]), CodecError> {
    let mut reader = Reader::of(bytes);
    match T::deserialize(&mut reader) {
        Ok(value) => Ok((value, reader.rest())),
        Err(error) => Err(error.decoding(std::any::type_name::<T>())),
    }
}

/// How many values are in the list at the beginning of `bytes`; gives the values, too.
pub(crate) fn list(bytes: &[u8]) -> Result<(usize, &[u8]), CodecError> {
    let mut reader = Reader::of(bytes);
    match reader.list() {
        Ok(len) => Ok((len, reader.rest())),
        Err(error) => Err(error.decoding("a list")),
    }
}

/// The value as data, if the bytes are one.
pub(crate) fn plain(payload: &Payload) -> Option<Value> {
    Value::decode(&mut SliceReader::new(&payload.0)).ok()
}

/// Whether two payloads hold the same value: a hash map is written in another order each time.
pub(crate) fn same(a: &Payload, b: &Payload) -> bool {
    let read = |payload: &Payload| plain(payload).map(in_order);
    a == b || (a.0.len() == b.0.len() && read(a).is_some_and(|a| read(b).is_some_and(|b| a == b)))
}

/// The value with the entries of its maps in the order of their keys' bytes.
fn in_order(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(in_order).collect()),
        Value::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (in_order(key), in_order(value)));
            let mut entries: Vec<_> = entries.collect();
            entries.sort_by_cached_key(|(key, _)| bytes_of(key));
            Value::Map(entries)
        }
        Value::Tag(tag, value) => Value::Tag(tag, Box::new(in_order(*value))),
        plain => plain,
    }
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut out = BufWriter::new(Vec::new());
    match value.encode(&mut out) {
        Ok(()) => out.into_inner(),
        Err(_) => Vec::new(),
    }
}

/// How many arrays and maps may be within each other in a stored value; an enum's variant with something in it counts as a map.
pub const MAX_DEPTH: usize = 128;

#[cfg(test)]
mod tests;
