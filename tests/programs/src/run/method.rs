//! Calls of methods.

use std::collections::VecDeque;

use syn::Expr;

use super::call::is_context;
use super::control::items_of;
use super::expr::is_place;
use super::pattern::take;
use super::{Env, Eval, Evaluated, Program, bug};
use crate::library::cut;
use crate::value::{Place, Value, cell};

/// Methods that only look at what they are called on.
const LOOKING: &[&str] = &[
    "clone",
    "len",
    "is_empty",
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
    "contains",
    "first",
    "first_mut",
    "last",
    "last_mut",
    "get",
    "get_mut",
    "as_slice",
    "chars",
    "chunks",
    "values_mut",
    "iter",
    "iter_mut",
    "to_owned",
    "to_string",
    "as_ref",
    "as_mut",
    "as_str",
    "starts_with",
];

/// Methods that change what they are called on.
pub(super) const CHANGING: &[&str] = &[
    "push",
    "push_str",
    "pop",
    "insert",
    "truncate",
    "take",
    "extend",
    "replace",
    "clear",
    "push_back",
    "pop_front",
];

impl Program {
    pub(crate) fn method_call<'a>(&'a self, env: &'a mut Env, call: &'a syn::ExprMethodCall) -> Eval<'a> {
        Box::pin(async move {
            let name = call.method.to_string();
            let arguments: Vec<&Expr> = call.args.iter().filter(|argument| !is_context(argument)).collect();
            match &*call.receiver {
                Expr::Path(path) if path.path.is_ident("self") && self.methods.contains_key(&name) => {
                    let values = self.values(env, arguments).await?;
                    if self.methods[&name].sig.asyncness.is_some() {
                        return Ok(Value::Block(Box::new(Value::Call(name.into(), values))));
                    }
                    let workflow = env.lookup("self").cloned();
                    return self.method(&name, values, workflow).await;
                }
                Expr::Path(path) if path.path.is_ident("ctx") => {
                    let values = if name == "scope" {
                        self.awaitables(env, arguments).await?
                    } else if let ("spawn", [operation]) = (name.as_str(), &arguments[..]) {
                        vec![self.spawned(env, operation).await?]
                    } else {
                        self.values(env, arguments).await?
                    };
                    return Ok(match self.of_context(&name, &values) {
                        Some(value) => value,
                        None => Value::Operation(name.into(), values),
                    });
                }
                _ => {}
            }
            if name == "asked" && arguments.is_empty() {
                // In lowered code: nothing is, so far.
                return Ok(Value::unit());
            }
            // A place is borrowed while the arguments are evaluated; what can be copied is copied before.
            let was_place = is_place(env, &call.receiver);
            let mut place = self.place(env, &call.receiver).await?;
            let looking = LOOKING.contains(&name.as_str());
            if !looking
                && !CHANGING.contains(&name.as_str())
                && let Some(copied) = place.read().filter(Value::is_copy)
            {
                place = Place::whole(crate::value::cell(copied));
            }
            let mut arguments = self.values(env, arguments).await?;
            if !looking && let Some(Value::Handle(handle)) = place.target().read() {
                let number = handle.0;
                drop(handle);
                if name == "detach" {
                    take(&place, &name)?;
                }
                return self.of_handle(number, &name, arguments.pop());
            }
            if looking || CHANGING.contains(&name.as_str()) {
                let target = place.target();
                let known = target.with(|value| !matches!(value, Value::Moved));
                if known != Some(true) {
                    return bug(format!("{name} on what is moved out"));
                }
                if looking {
                    return look(&target, &name, &arguments);
                }
                if was_place || !matches!(place.read(), Some(Value::Items(_))) {
                    return change(&target, &name, arguments);
                }
            }
            let receiver = take(&place, &name)?;
            self.consume(receiver, &name, arguments).await
        })
    }

    /// Methods that take what they are called on.
    async fn consume(&self, receiver: Value, name: &str, mut arguments: Vec<Value>) -> Evaluated {
        if let (Value::Variant(variant, inner), argument) = (&receiver, arguments.first().cloned())
            && let Some(value) = self.on_variant(variant, inner, name, argument).await?
        {
            return Ok(value);
        }
        match (name, receiver, &arguments[..]) {
            ("max", Value::Int(left), [Value::Int(right)]) => Ok(Value::Int(left.max(*right))),
            ("min", Value::Int(left), [Value::Int(right)]) => Ok(Value::Int(left.min(*right))),
            ("rem_euclid", Value::Int(left), [Value::Int(right)]) => Ok(Value::Int(left.rem_euclid(*right))),
            ("wrapping_sub", Value::Int(left), [Value::Int(right)]) => {
                Ok(Value::Int(left.wrapping_sub(*right)))
            }
            ("abs", Value::Int(value), []) => Ok(Value::Int(value.abs())),
            ("concurrency", Value::Operation(name, mut given), [limit]) => {
                given.push(limit.clone());
                Ok(Value::Operation(name, given))
            }
            // What lowered code asks of a condition at each poll.
            ("holds", Value::Operation(name, mut condition), []) if &*name == "wait_until" => {
                match condition.pop() {
                    Some(condition) => self.call_closure(condition, Vec::new()).await,
                    None => bug("a condition is missing"),
                }
            }
            (_, receiver, _) => self.on_items(items_of(receiver)?, name, &mut arguments).await,
        }
    }

    async fn on_variant(
        &self,
        variant: &str,
        inner: &[Value],
        name: &str,
        argument: Option<Value>,
    ) -> Evaluated<Option<Value>> {
        let good = matches!(variant, "Some" | "Ok");
        let first = inner.first().cloned();
        Ok(Some(match (name, argument) {
            ("unwrap_or", Some(default)) => {
                if good {
                    first.unwrap_or(Value::Moved)
                } else {
                    default
                }
            }
            ("unwrap_or_else", Some(closure)) => {
                if good {
                    first.unwrap_or(Value::Moved)
                } else {
                    let arguments = if variant == "Err" { inner.to_vec() } else { Vec::new() };
                    self.call_closure(closure, arguments).await?
                }
            }
            ("unwrap" | "expect", _) if good => first.unwrap_or(Value::Moved),
            ("map", Some(closure)) => {
                if good {
                    Value::variant(variant, [self.call_closure(closure, inner.to_vec()).await?])
                } else {
                    Value::variant(variant, inner.to_vec())
                }
            }
            ("and_then", Some(closure)) => {
                if good {
                    self.call_closure(closure, inner.to_vec()).await?
                } else {
                    Value::variant(variant, inner.to_vec())
                }
            }
            ("map_err", Some(closure)) => {
                if good {
                    Value::variant(variant, inner.to_vec())
                } else {
                    Value::variant(variant, [self.call_closure(closure, inner.to_vec()).await?])
                }
            }
            ("ok", None) => Value::option(if good { first } else { None }),
            ("cloned" | "copied", None) => {
                let Some(inner) = first else { return Ok(Some(Value::option(None))) };
                Value::option(Some(inner.target().unwrap_or(Value::Moved)))
            }
            _ => return Ok(None),
        }))
    }

    async fn on_items(&self, items: VecDeque<Value>, name: &str, arguments: &mut Vec<Value>) -> Evaluated {
        let argument = arguments.pop();
        Ok(match (name, argument) {
            ("into_iter" | "iter", None) => Value::Items(items),
            ("cloned" | "copied", None) => {
                Value::Items(items.into_iter().filter_map(|item| item.target()).collect())
            }
            ("rev", None) => Value::Items(items.into_iter().rev().collect()),
            ("enumerate", None) => Value::Items(
                (0..).zip(items).map(|(number, item)| Value::Tuple(vec![Value::Int(number), item])).collect(),
            ),
            ("take", Some(Value::Int(count))) => {
                Value::Items(items.into_iter().take(usize::try_from(count).unwrap_or(0)).collect())
            }
            ("skip", Some(Value::Int(count))) => {
                Value::Items(items.into_iter().skip(usize::try_from(count).unwrap_or(0)).collect())
            }
            ("zip", Some(others)) => {
                let pairs = items.into_iter().zip(items_of(others)?);
                Value::Items(pairs.map(|(left, right)| Value::Tuple(vec![left, right])).collect())
            }
            ("step_by", Some(Value::Int(size))) => {
                let size = usize::try_from(size).ok().filter(|size| *size > 0);
                let Some(size) = size else { return bug("steps of nothing") };
                Value::Items(items.into_iter().step_by(size).collect())
            }
            ("into_values", None) => {
                let values = items.into_iter().filter_map(|item| match item {
                    Value::Tuple(mut pair) => pair.pop(),
                    _ => None,
                });
                Value::Items(values.collect())
            }
            ("filter", Some(closure)) => {
                let mut kept = VecDeque::new();
                for item in items {
                    let shown = Value::Borrow(Place::whole(cell(item.clone())));
                    if matches!(self.call_closure(closure.clone(), vec![shown]).await?, Value::Bool(true)) {
                        kept.push_back(item);
                    }
                }
                Value::Items(kept)
            }
            ("map", Some(closure)) => {
                let mut mapped = VecDeque::new();
                for item in items {
                    mapped.push_back(self.call_closure(closure.clone(), vec![item]).await?);
                }
                Value::Items(mapped)
            }
            ("collect", None) => Value::List(items.into()),
            ("sum", None) => {
                let mut sum = 0i64;
                for item in items {
                    let Some(Value::Int(item)) = item.target() else { return bug("a sum of no numbers") };
                    sum = sum.wrapping_add(item);
                }
                Value::Int(sum)
            }
            (name, argument) => return bug(format!("there is no method {name}({argument:?})")),
        })
    }
}

fn look(place: &Place, name: &str, arguments: &[Value]) -> Evaluated {
    let value = place.read().unwrap_or(Value::Moved);
    let count = |value: &Value| match value {
        Value::List(items) => items.len(),
        Value::Text(text) => text.len(),
        _ => 0,
    };
    Ok(match (name, &value, arguments) {
        ("clone" | "to_owned" | "as_str", ..) => value,
        ("as_slice", ..) => Value::Borrow(place.clone()),
        ("chars", Value::Text(text), _) => {
            Value::Items(text.chars().map(|letter| Value::Text(letter.to_string())).collect())
        }
        ("chunks", Value::List(items), [Value::Int(size)]) => {
            let size = usize::try_from(*size).ok().filter(|size| *size > 0);
            let Some(size) = size else { return bug("chunks of nothing") };
            let all: Vec<usize> = (0..items.len()).collect();
            Value::Items(all.chunks(size).map(|part| slice_of(place, part)).collect())
        }
        ("values_mut", Value::List(items), _) => {
            Value::Items((0..items.len()).map(|number| Value::Borrow(place.part(number).part(1))).collect())
        }
        ("to_string", ..) => Value::Text(value.to_string()),
        ("len", ..) => Value::Int(i64::try_from(count(&value)).expect("it is short")),
        ("is_empty", ..) => Value::Bool(count(&value) == 0),
        ("is_some" | "is_ok" | "is_none" | "is_err", Value::Variant(variant, _), _) => {
            Value::Bool(variant.eq_ignore_ascii_case(&name[3..]))
        }
        ("contains", Value::List(items), [item]) => Value::Bool(items.iter().any(|other| other.equals(item))),
        ("starts_with", Value::Text(text), [start]) => Value::Bool(text.starts_with(&start.to_string())),
        ("first" | "last" | "first_mut" | "last_mut", Value::List(items), _) => {
            let number = if name.starts_with("first") { Some(0) } else { items.len().checked_sub(1) };
            Value::option(
                number.filter(|number| *number < items.len()).map(|number| Value::Borrow(place.part(number))),
            )
        }
        ("get" | "get_mut", Value::List(items), [Value::Int(number)]) => {
            let number = usize::try_from(*number).ok().filter(|number| *number < items.len());
            Value::option(number.map(|number| Value::Borrow(place.part(number))))
        }
        ("iter" | "iter_mut", ..) => Value::Items(items_of(Value::Borrow(place.clone()))?),
        ("as_ref" | "as_mut", Value::Variant(variant, inner), _) => {
            Value::variant(variant, (0..inner.len()).map(|number| Value::Borrow(place.part(number))))
        }
        _ => return bug(format!("{value:?}.{name}({arguments:?})")),
    })
}

/// Some elements of a list, as a slice of it.
pub(crate) fn slice_of(place: &Place, numbers: &[usize]) -> Value {
    let parts = numbers.iter().map(|number| Value::Borrow(place.part(*number)));
    Value::Borrow(Place::whole(cell(Value::List(parts.collect()))))
}

fn change(place: &Place, name: &str, mut arguments: Vec<Value>) -> Evaluated {
    let mut first = if arguments.is_empty() { None } else { Some(arguments.remove(0)) };
    if let Some(Value::Borrow(_)) = &first {
        first = first.and_then(|value| value.target());
    }
    let changed = place.with(|value| match (name, value, first) {
        ("push" | "push_back", Value::List(items), Some(item)) => {
            items.push(item);
            Ok(Value::unit())
        }
        ("insert", Value::List(items), Some(Value::Int(at))) => {
            let at = usize::try_from(at).ok().filter(|at| *at <= items.len());
            match (at, arguments.pop()) {
                (Some(at), Some(item)) => {
                    items.insert(at, item);
                    Ok(Value::unit())
                }
                _ => bug("an insertion past the end"),
            }
        }
        ("extend", Value::List(items), Some(more)) => {
            items.extend(items_of(more)?);
            Ok(Value::unit())
        }
        ("pop", Value::List(items), None) => Ok(Value::option(items.pop())),
        ("pop_front", Value::List(items), None) => {
            Ok(Value::option(if items.is_empty() { None } else { Some(items.remove(0)) }))
        }
        ("clear", Value::List(items), None) => {
            items.clear();
            Ok(Value::unit())
        }
        ("truncate", Value::List(items), Some(Value::Int(count))) => {
            items.truncate(usize::try_from(count).unwrap_or(0));
            Ok(Value::unit())
        }
        ("truncate", Value::Text(text), Some(Value::Int(_))) => {
            *text = cut(text);
            Ok(Value::unit())
        }
        ("push_str", Value::Text(text), Some(Value::Text(more))) => {
            text.push_str(&more);
            Ok(Value::unit())
        }
        ("take", value @ Value::Variant(..), None) => Ok(std::mem::replace(value, Value::option(None))),
        ("replace", value @ Value::Variant(..), Some(new)) => {
            Ok(std::mem::replace(value, Value::option(Some(new))))
        }
        // The output of a branch that has won: a slot.
        ("take", value, None) => Ok(std::mem::replace(value, Value::Moved)),
        (name, value, first) => bug(format!("{value:?}.{name}({first:?})")),
    });
    changed.unwrap_or_else(|| bug("what is changed is not there"))
}
