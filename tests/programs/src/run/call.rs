//! Calls of functions and closures.

use syn::Expr;

use super::{Env, Eval, Evaluated, Flow, Program, bug};
use crate::library;
use crate::value::{Place, Value, cell};

/// What the placeholder of an exit in lowered code begins with.
const PLACEHOLDER: &str = "__longhaul_exit_";

impl Program {
    pub(crate) async fn call(&self, env: &mut Env, call: &syn::ExprCall) -> Evaluated {
        let Expr::Path(path) = &*call.func else { return bug("a call of something else") };
        let segments: Vec<String> =
            path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let name = segments.last().cloned().unwrap_or_default();
        let own = segments.len() == 2 && (segments[0] == "Self" || segments[0] == self.name);
        let arguments: Vec<&Expr> = call.args.iter().filter(|argument| !is_context(argument)).collect();
        if let Some(value) = self.lowered_from_source(env, call, &name).await? {
            return Ok(value);
        }
        // What they wait for stands in them, and is no value.
        let mut values = if matches!(name.as_str(), "timeout" | "shield") {
            self.awaitables(env, arguments).await?
        } else {
            self.values(env, arguments).await?
        };
        if own {
            return self.own_function(&name, values).await;
        }
        if let Some(exit) = name.strip_prefix(PLACEHOLDER).and_then(|number| number.parse().ok()) {
            return Err(Flow::Exit(exit, values.pop()));
        }
        if self.functions.contains_key(&name) {
            // What is lent to it is copied: it cannot change as long as it is lent.
            let copies = values.iter().map(Value::target).collect::<Option<_>>();
            let Some(copies) = copies else { return bug("what is lent to a function is not there") };
            return Ok(Value::Function(name.into(), copies));
        }
        if segments.len() == 1 {
            let closure = env.lookup(&name).map(|closure| closure.borrow().clone());
            if let Some(closure) = closure {
                return self.call_closure(closure, values).await;
            }
        }
        values = match Self::lowered(&name, values)? {
            Ok(value) => return Ok(value),
            Err(values) => values,
        };
        match (name.as_str(), &values[..]) {
            ("drop", [_]) => Ok(Value::unit()),
            ("from", [Value::List(_)]) if segments[0] == "VecDeque" => Ok(values.remove(0)),
            ("from", [Value::List(_)]) if segments[0] == "BTreeMap" => map_of(values.remove(0)),
            ("msg", [_]) => Ok(Value::variant("Failed", [])),
            // `std::mem::take` of a list.
            ("take", [Value::Borrow(place)]) => {
                match place.target().with(|value| std::mem::replace(value, Value::List(Vec::new()))) {
                    Some(list @ Value::List(_)) => Ok(list),
                    other => bug(format!("{other:?} is taken")),
                }
            }
            ("Some" | "Ok" | "Err", [_]) => Ok(Value::variant(&name, values)),
            ("pin", [_]) => Ok(values.remove(0)),
            ("note", [text]) => {
                let text = format!("note {text}");
                self.world.borrow_mut().trace.push(text);
                Ok(Value::unit())
            }
            ("new", []) if segments[0] == "String" => Ok(Value::Text(String::new())),
            ("new", []) => Ok(Value::List(Vec::new())),
            ("sleep", [_]) => Ok(Value::Operation("sleep".into(), values)),
            ("timeout", [_, _]) => Ok(Value::Operation("timeout".into(), values)),
            ("shield" | "join_all" | "try_join_all", [_]) => Ok(Value::Operation(name.into(), values)),
            (name, _) if library::ACTIVITIES.contains(&name) => Ok(Value::Operation(name.into(), values)),
            (name, arguments) => {
                let targets: Vec<Value> = arguments.iter().filter_map(Value::target).collect();
                match library::function(name, &targets) {
                    Some(value) => Ok(value),
                    None => bug(format!("there is no function {name}({arguments:?})")),
                }
            }
        }
    }

    async fn own_function(&self, name: &str, arguments: Vec<Value>) -> Evaluated {
        match self.methods.get(name) {
            Some(method) if method.sig.asyncness.is_some() => {
                Ok(Value::Block(Box::new(Value::Call(name.into(), arguments))))
            }
            _ => self.method(name, arguments, None).await,
        }
    }

    pub(crate) fn call_closure(&self, closure: Value, arguments: Vec<Value>) -> Eval<'_> {
        Box::pin(async move {
            let Value::Closure(closure) = closure else { return bug(format!("a call of {closure:?}")) };
            let (closure, env) = &*closure;
            let mut env = env.clone();
            for (pat, argument) in closure.inputs.iter().zip(arguments) {
                if !self.bind_pattern(&mut env, pat, &Place::whole(cell(argument)))? {
                    return bug("a closure's argument does not match");
                }
            }
            match self.value(&mut env, &closure.body).await {
                Err(Flow::Return(value)) => Ok(value),
                other => other,
            }
        })
    }
}

/// A map: its entries in the order of their keys, of each key the last.
fn map_of(entries: Value) -> Evaluated {
    let Value::List(entries) = entries else { return bug("a map of no entries") };
    let mut map = std::collections::BTreeMap::new();
    for entry in entries {
        match &entry {
            Value::Tuple(pair) => match &pair[..] {
                [Value::Int(key), _] => drop(map.insert(*key, entry)),
                _ => return bug("a key that is no number"),
            },
            _ => return bug("an entry that is no pair"),
        }
    }
    Ok(Value::List(map.into_values().collect()))
}

/// Whether an argument is the context, which programs call `ctx`.
pub(crate) fn is_context(argument: &Expr) -> bool {
    matches!(argument, Expr::Path(path) if path.path.is_ident("ctx"))
}
