//! The functions that programs call. The oracle that runs rustc has the same in Rust: `tests/generated/src/acts.rs`.

use std::rc::Rc;

use crate::value::Value;

/// The activities, as programs call them.
pub const ACTIVITIES: &[&str] =
    &["num", "add", "flag", "text", "list", "maybe", "pair", "point", "check", "none"];

/// A struct `Point`.
pub fn point(x: i64, y: i64, name: &str) -> Value {
    let fields = [("x", Value::Int(x)), ("y", Value::Int(y)), ("name", Value::Text(name.to_owned()))];
    Value::Struct("Point".into(), fields.map(|(name, value)| (Rc::from(name), value)).into())
}

/// The first value of a workflow.
pub fn workflow(name: &str) -> Value {
    let fields = [
        ("count", Value::Int(0)),
        ("items", Value::List(Vec::new())),
        ("title", Value::Text(String::new())),
        ("point", point(0, 0, "")),
        ("kept", Value::option(None)),
        ("tasks", Value::List(Vec::new())),
        ("asked", Value::option(None)),
    ];
    Value::Struct(name.into(), fields.map(|(name, value)| (Rc::from(name), value)).into())
}

/// What an activity comes to: `Ok(output)`, or `Err(Failed(..))`.
pub fn activity(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let output = match (name, arguments) {
        ("num", [Value::Int(n)]) => Value::Int(n.wrapping_mul(7).wrapping_add(3).rem_euclid(1000)),
        ("add", [Value::Int(a), Value::Int(b)]) => Value::Int(a.wrapping_add(*b).rem_euclid(1000)),
        ("flag", [Value::Int(n)]) => Value::Bool(n.rem_euclid(2) == 1),
        ("text", [Value::Text(text)]) => Value::Text(cut(&format!("<{text}>"))),
        ("list", [Value::Int(n)]) => Value::List((0..n.rem_euclid(4)).map(Value::Int).collect()),
        ("maybe", [Value::Int(n)]) => {
            Value::option((n.rem_euclid(3) != 0).then_some(Value::Int(n.rem_euclid(1000))))
        }
        ("pair", [Value::Int(n)]) => {
            Value::Tuple(vec![Value::Int(n.rem_euclid(1000)), Value::Text(format!("p{}", n.rem_euclid(10)))])
        }
        ("point", [Value::Int(n)]) => point(n.rem_euclid(10), 1, "here"),
        ("none", []) => Value::unit(),
        ("check", [Value::Int(n)]) => {
            if n.rem_euclid(5) == 4 {
                return Ok(Value::variant("Err", [Value::variant("Failed", [])]));
            }
            Value::Int(n.rem_euclid(1000) + 1)
        }
        (name, arguments) => return Err(format!("there is no activity {name}({arguments:?})")),
    };
    Ok(Value::variant("Ok", [output]))
}

/// What a plain function comes to, if there is one of that name.
pub fn function(name: &str, arguments: &[Value]) -> Option<Value> {
    Some(match (name, arguments) {
        ("m", [Value::Int(n)]) => Value::Int(n.rem_euclid(1000)),
        ("ix", [Value::Int(n), Value::Int(len)]) if *len > 0 => Value::Int(n.rem_euclid(*len)),
        ("cut", [Value::Text(text)]) => Value::Text(cut(text)),
        ("millis" | "seconds", [Value::Int(n)]) => Value::Int(if name == "seconds" { n * 1000 } else { *n }),
        _ => return None,
    })
}

/// What `?` makes of an error: the error of the method.
pub fn fault(error: Value) -> Value {
    match error {
        Value::Variant(name, _) if &*name == "Failed" => Value::variant("Refused", []),
        Value::Variant(name, _) if &*name == "Cancelled" => Value::variant("Ended", []),
        Value::Text(text) => Value::variant("Told", [Value::Text(text)]),
        fault => fault,
    }
}

/// Texts stay short, whatever a loop does to them.
pub fn cut(text: &str) -> String {
    text.chars().take(24).collect()
}
