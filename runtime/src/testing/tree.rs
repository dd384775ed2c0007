//! Stored values as trees: how a report shows them, and where two of them differ.

use std::fmt;

use cbor4ii::core::Value;

use crate::codec::{self, Payload};

/// How many differences are told apart; the rest is left out.
const MOST: usize = 12;
/// How long a value is shown at most, in characters.
const SHOWN: usize = 160;

/// The tree of encoded bytes.
pub(super) fn tree(payload: &Payload) -> Value {
    if payload.0.is_empty() {
        return Value::Null;
    }
    codec::plain(payload)
        .unwrap_or_else(|| Value::Text(format!("({} bytes that do not decode)", payload.0.len())))
}

/// A tree of named parts.
pub(super) fn parts<const N: usize>(parts: [(&str, Value); N]) -> Value {
    Value::Map(parts.into_iter().map(|(name, part)| (text(name), part)).collect())
}

pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// One place where two trees differ.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// Where, as `self.items[2].price` or `run.total` or `commands[0].arguments[1]`.
    pub path: String,
    /// What it is on one side.
    pub one: String,
    /// What it is on the other.
    pub other: String,
    /// Of what kind the difference is.
    pub kind: DifferenceKind,
}

/// What kind of difference it is: a trace of its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The same elements or entries in another order.
    Order,
    /// Two numbers that are near to each other.
    NearNumbers,
    /// Two times of a clock.
    Times,
    /// Two addresses in memory.
    Addresses,
    /// Only one side has it.
    Missing,
    /// Anything else.
    Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { path, one, other, kind } = self;
        let order = if *kind == DifferenceKind::Order { " (the same elements in another order)" } else { "" };
        write!(f, "{path}{order}\n      {one}\n      {other}")
    }
}

/// All places where two trees differ, in the order of the first.
pub(super) fn differences(one: &Value, other: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), one, other, &mut found);
    found.truncate(MOST);
    found
}

fn compare(path: String, one: &Value, other: &Value, found: &mut Vec<Difference>) {
    if same(one, other) || found.len() > MOST {
        return;
    }
    let kind = match (one, other) {
        (Value::Array(ones), Value::Array(others)) if !reordered(ones, others, show) => {
            for at in 0..ones.len().max(others.len()) {
                part(format!("{path}[{at}]"), ones.get(at), others.get(at), found);
            }
            return;
        }
        (Value::Map(ones), Value::Map(others)) if !reordered(ones, others, show_entry) => {
            return compare_maps(&path, ones, others, found);
        }
        (Value::Array(_), Value::Array(_)) | (Value::Map(_), Value::Map(_)) => DifferenceKind::Order,
        (Value::Integer(one), Value::Integer(other)) => kind_of_numbers(*one, *other),
        _ => DifferenceKind::Value,
    };
    found.push(Difference { path, one: show(one), other: show(other), kind });
}

fn compare_maps(path: &str, ones: &[(Value, Value)], others: &[(Value, Value)], found: &mut Vec<Difference>) {
    let of = |entries: &[(Value, Value)], key: &Value| {
        entries.iter().find(|(candidate, _)| same(candidate, key)).map(|(_, value)| value.clone())
    };
    for (key, one) in ones {
        part(below(path, key), Some(one), of(others, key).as_ref(), found);
    }
    for (key, other) in others {
        if of(ones, key).is_none() {
            part(below(path, key), None, Some(other), found);
        }
    }
}

fn part(path: String, one: Option<&Value>, other: Option<&Value>, found: &mut Vec<Difference>) {
    match (one, other) {
        (Some(one), Some(other)) => compare(path, one, other, found),
        _ => found.push(Difference {
            path,
            one: one.map_or_else(|| "(not there)".to_owned(), show),
            other: other.map_or_else(|| "(not there)".to_owned(), show),
            kind: DifferenceKind::Missing,
        }),
    }
}

fn below(path: &str, key: &Value) -> String {
    match key {
        Value::Text(name) if path.is_empty() => name.clone(),
        Value::Text(name) => format!("{path}.{name}"),
        key => format!("{path}[{}]", show(key)),
    }
}

/// Whether both have the same elements, in different orders.
fn reordered<T>(ones: &[T], others: &[T], show: impl Fn(&T) -> String) -> bool {
    let sorted = |elements: &[T]| {
        let mut shown: Vec<String> = elements.iter().map(&show).collect();
        shown.sort_unstable();
        shown
    };
    ones.len() == others.len() && ones.len() > 1 && sorted(ones) == sorted(others)
}

/// Numbers above this and below [`USER_SPACE`] can be addresses of an ordinary process.
const FIRST_ADDRESS: i128 = 0x5000_0000_0000;
const USER_SPACE: i128 = 0x8000_0000_0000;
/// The year 2020, in seconds since 1970.
const RECENT_SECONDS: i128 = 1_577_836_800;

fn kind_of_numbers(one: i128, other: i128) -> DifferenceKind {
    let is_time = |number: i128| {
        [1, 1_000, 1_000_000, 1_000_000_000]
            .into_iter()
            .any(|unit| (RECENT_SECONDS..2 * RECENT_SECONDS).contains(&(number / unit)))
    };
    let is_address = |number| (FIRST_ADDRESS..USER_SPACE).contains(&number);
    match () {
        () if is_address(one) && is_address(other) => DifferenceKind::Addresses,
        () if is_time(one) && is_time(other) => DifferenceKind::Times,
        () if one.abs_diff(other) < 1_000 => DifferenceKind::NearNumbers,
        () => DifferenceKind::Value,
    }
}

/// As `==`, but a number that is none is the same as itself.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Float(one), Value::Float(other)) => one.to_bits() == other.to_bits(),
        (Value::Array(ones), Value::Array(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| same(one, other))
        }
        (Value::Map(ones), Value::Map(others)) => {
            ones.len() == others.len()
                && ones
                    .iter()
                    .zip(others)
                    .all(|(one, other)| same(&one.0, &other.0) && same(&one.1, &other.1))
        }
        (Value::Tag(one_tag, one), Value::Tag(other_tag, other)) => one_tag == other_tag && same(one, other),
        _ => one == other,
    }
}

/// A tree on one line, cut off where it gets long.
pub(super) fn show(value: &Value) -> String {
    let all = Shown(value).to_string();
    match all.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &all[..end]),
        None => all,
    }
}

fn show_entry((key, value): &(Value, Value)) -> String {
    format!("{}: {}", Shown(key), Shown(value))
}

struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value:?}"),
            Value::Bytes(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Array(elements) => {
                f.write_str("[")?;
                for (at, element) in elements.iter().enumerate() {
                    write!(f, "{}{}", if at > 0 { ", " } else { "" }, Shown(element))?;
                }
                f.write_str("]")
            }
            Value::Map(entries) => {
                f.write_str("{")?;
                for (at, (key, value)) in entries.iter().enumerate() {
                    f.write_str(if at > 0 { ", " } else { " " })?;
                    match key {
                        Value::Text(name) => write!(f, "{name}: {}", Shown(value))?,
                        key => write!(f, "{}: {}", Shown(key), Shown(value))?,
                    }
                }
                f.write_str(if entries.is_empty() { "}" } else { " }" })
            }
            Value::Tag(tag, value) => write!(f, "{tag}({})", Shown(value)),
            // The enum is open for forms that the codec does not write.
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[track_caller]
    fn check<T: Serialize>(one: &T, other: &T, expected: &[(&str, DifferenceKind)]) {
        let tree_of = |value| tree(&crate::codec::encode(value).unwrap());
        let found = differences(&tree_of(one), &tree_of(other));
        let found: Vec<_> =
            found.iter().map(|difference| (difference.path.as_str(), difference.kind)).collect();
        assert_eq!(found, expected);
    }

    #[derive(Clone, Serialize)]
    struct Order {
        id: u64,
        items: Vec<(&'static str, u8)>,
        note: Option<&'static str>,
    }

    #[test]
    fn a_difference_has_its_path_and_kind() {
        let order = Order { id: 7, items: vec![("a", 1), ("b", 2)], note: None };
        check(&order, &order.clone(), &[]);
        check(&order, &Order { id: 8, ..order.clone() }, &[("id", DifferenceKind::NearNumbers)]);
        let swapped = vec![("b", 2), ("a", 1)];
        check(&order, &Order { items: swapped, ..order.clone() }, &[("items", DifferenceKind::Order)]);
        let dearer = vec![("a", 1), ("b", 3), ("c", 0)];
        check(
            &order,
            &Order { items: dearer, note: Some("x"), ..order.clone() },
            &[
                ("items[1][1]", DifferenceKind::NearNumbers),
                ("items[2]", DifferenceKind::Missing),
                ("note", DifferenceKind::Value),
            ],
        );
    }

    #[test]
    fn times_and_addresses_are_told_from_other_numbers() {
        check(&1_790_000_000_000_001_u64, &1_790_000_000_000_009, &[("", DifferenceKind::Times)]);
        check(&0x7fff_1234_5678_u64, &0x7fff_1234_0000, &[("", DifferenceKind::Addresses)]);
        check(&f64::NAN, &f64::NAN, &[]);
        check(&0.0, &-0.0, &[("", DifferenceKind::Value)]);
    }
}
