//! Errors that can be stored.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CodecError, Payload, encode_by, read};

/// What an activity or a workflow may fail with: what serde can write and read back without borrowing.
///
/// Every such type has it, and no other: one does not implement it. It is not made of serde's traits, but has what they do, so that
/// an error type that lacks them is told of once, and with what to write instead.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is an error that cannot be stored",
    label = "serde cannot write this and read it back",
    note = "errors are stored, so that they are still there after a crash",
    note = "`Result<_, Failure>` holds any error: `?` makes a `Failure` of it",
    note = "an error type of your own can be stored when it derives `Serialize` and `Deserialize`"
)]
pub trait StoredError: Sized + 'static {
    /// Writes it, as its `Serialize` does.
    #[doc(hidden)]
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;
    /// Reads one, as its `Deserialize` does.
    #[doc(hidden)]
    fn read<D: Deserializer<'static>>(from: D) -> Result<Self, D::Error>;
}

#[diagnostic::do_not_recommend]
impl<E: Serialize + Deserialize<'static> + 'static> StoredError for E {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }
    fn read<D: Deserializer<'static>>(from: D) -> Result<Self, D::Error> {
        E::deserialize(from)
    }
}

/// An error of any type that can be stored, for what asks for serde's traits.
pub(crate) struct AnyError<E>(pub(crate) E);

impl<E: StoredError> Serialize for AnyError<E> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

impl<E: StoredError> Deserialize<'static> for AnyError<E> {
    fn deserialize<D: Deserializer<'static>>(from: D) -> Result<Self, D::Error> {
        E::read(from).map(AnyError)
    }
}

/// Encodes an error.
pub(crate) fn encode_error<E: StoredError>(error: &E) -> Result<Payload, CodecError> {
    encode_by(&mut |out| error.write(out), std::any::type_name::<E>())
}

/// Decodes an error.
pub(crate) fn decode_error<E: StoredError>(payload: &Payload) -> Result<E, CodecError> {
    let AnyError(error) =
        read(payload.as_bytes()).map_err(|error| error.decoding(std::any::type_name::<E>()))?;
    Ok(error)
}
