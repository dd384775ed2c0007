//! Payloads as JSON, for people and their tools to read. Nothing is read back from it.

use cbor4ii::core::Value as Cbor;
use serde_json::{Map, Value};

use super::{CodecError, Payload, plain};

impl Payload {
    /// The value as JSON, to be shown.
    ///
    /// What JSON does not have is shown as near as it can be: a byte string as a text, `"0x00ff"`; a number that is not finite, or
    /// has more than 64 bits, as its text; a map whose keys are numbers or booleans with their texts, and one with other keys as
    /// a list of pairs.
    ///
    /// ```
    /// use longhaul::codec::encode;
    /// let payload = encode(&("ann", Some(3), [f64::NAN])).unwrap();
    /// assert_eq!(payload.to_json().unwrap().to_string(), r#"["ann",3,["NaN"]]"#);
    /// ```
    ///
    /// # Errors
    ///
    /// When the bytes are no value.
    pub fn to_json(&self) -> Result<Value, CodecError> {
        plain(self).map(to_json).ok_or_else(|| CodecError::Decode {
            type_name: "a value",
            reason: format!("{} bytes are no CBOR", self.0.len()),
        })
    }
}

/// A value as JSON.
pub(crate) fn to_json(value: Cbor) -> Value {
    match value {
        Cbor::Bool(value) => value.into(),
        Cbor::Integer(number) => whole(number),
        Cbor::Float(number) => {
            serde_json::Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
        }
        Cbor::Bytes(bytes) => hex(&bytes).into(),
        Cbor::Text(text) => text.into(),
        Cbor::Array(items) => items.into_iter().map(to_json).collect(),
        Cbor::Map(entries) => to_map(entries.into_iter().map(|(key, value)| (key, to_json(value)))),
        Cbor::Tag(tag, value) => match (tag, *value) {
            (2, Cbor::Bytes(bytes)) => large(&bytes, false),
            (3, Cbor::Bytes(bytes)) => large(&bytes, true),
            (_, value) => to_json(value),
        },
        // The enum may grow; what is not a value of ours has none to show.
        _ => Value::Null,
    }
}

/// A map as an object, or as a list of pairs where its keys are no names.
pub(crate) fn to_map(entries: impl Iterator<Item = (Cbor, Value)>) -> Value {
    let entries: Vec<_> = entries.map(|(key, value)| (name(&key), key, value)).collect();
    let mut object = Map::new();
    for (name, _, value) in &entries {
        let Some(name) = name else { break };
        object.insert(name.clone(), value.clone());
    }
    // A key without a name, or two of one name.
    if object.len() == entries.len() {
        return object.into();
    }
    entries.into_iter().map(|(_, key, value)| Value::from(vec![to_json(key), value])).collect()
}

fn name(key: &Cbor) -> Option<String> {
    match key {
        Cbor::Text(text) => Some(text.clone()),
        Cbor::Integer(number) => Some(number.to_string()),
        Cbor::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn whole(number: i128) -> Value {
    match (u64::try_from(number), i64::try_from(number)) {
        (Ok(number), _) => number.into(),
        (_, Ok(number)) => number.into(),
        _ => number.to_string().into(),
    }
}

/// A number of more than 64 bits; below zero it is stored as what -1 is greater by.
fn large(bytes: &[u8], is_negative: bool) -> Value {
    let number =
        bytes.iter().try_fold(0u128, |number, byte| Some(number.checked_mul(256)? | u128::from(*byte)));
    match number {
        None => hex(bytes).into(),
        Some(number) if !is_negative => {
            u64::try_from(number).map_or_else(|_| number.to_string().into(), Value::from)
        }
        Some(number) => {
            i128::try_from(number).map_or_else(|_| hex(bytes).into(), |number| whole(-1 - number))
        }
    }
}

/// Bytes as a text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold("0x".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Serialize, Serializer};
    use serde_json::json;

    use super::*;
    use crate::codec::encode;

    #[derive(Serialize)]
    enum Shape {
        Unit,
        One(u8),
        Named { a: bool },
    }

    struct Bytes;

    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&[0, 255])
        }
    }

    fn shown(value: &impl Serialize) -> Value {
        encode(value).unwrap().to_json().unwrap()
    }

    #[test]
    fn each_kind_of_value_has_its_json() {
        assert_eq!(shown(&(1u8, -2i8, "a", 'b', true, 1.5f32)), json!([1, -2, "a", "b", true, 1.5]));
        assert_eq!(shown(&[u64::MAX]), json!([u64::MAX]));
        assert_eq!(shown(&[i64::MIN]), json!([i64::MIN]));
        assert_eq!(shown(&(None::<u8>, Some(1), ())), json!([null, 1, []]));
        assert_eq!(shown(&[Shape::Unit]), json!(["Unit"]));
        assert_eq!(
            shown(&(Shape::One(7), Shape::Named { a: true })),
            json!([{"One": 7}, {"Named": {"a": true}}])
        );
        assert_eq!(shown(&Bytes), json!("0x00ff"));
    }

    #[test]
    fn what_json_lacks_is_a_text() {
        assert_eq!(shown(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]), json!(["NaN", "inf", "-inf"]));
        let large = u128::from(u64::MAX) + 1;
        assert_eq!(shown(&[large, u128::MAX]), json!([large.to_string(), u128::MAX.to_string()]));
        assert_eq!(shown(&[i128::MIN, -1]), json!([i128::MIN.to_string(), -1]));
    }

    #[test]
    fn keys_of_maps_are_names_or_the_map_is_a_list_of_pairs() {
        assert_eq!(shown(&BTreeMap::from([(2, "b"), (10, "j")])), json!({"2": "b", "10": "j"}));
        assert_eq!(shown(&BTreeMap::from([(true, 1)])), json!({"true": 1}));
        assert_eq!(shown(&BTreeMap::from([((1, 2), "b")])), json!([[[1, 2], "b"]]));
        assert_eq!(shown(&BTreeMap::<u8, u8>::new()), json!({}));
    }

    #[test]
    fn what_is_no_value_is_an_error_and_no_panic() {
        for bytes in [&[][..], &[0xff], &[0x82, 0x01], &[0x1f]] {
            assert!(Payload(bytes.to_vec()).to_json().is_err(), "{bytes:?}");
        }
    }
}
