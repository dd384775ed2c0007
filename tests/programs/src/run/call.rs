//! Calls of functions, closures and of what lowered code calls.

use syn::Expr;

use super::control::items_of;
use super::expr::question;
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
        if name == "new" && segments.iter().any(|segment| segment == "AsyncBlock") {
            return self.async_block(env, &arguments).await;
        }
        if let ("next", Some((rest, position))) = (name.as_str(), call.args.first().and_then(rest_of_source))
        {
            return self.next_of_rest(env, rest, position).await;
        }
        if name.starts_with("local_step") {
            return self.local_step(env, &call.args).await;
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
        if segments.len() == 1 {
            let closure = env.lookup(&name).map(|closure| closure.borrow().clone());
            if let Some(closure) = closure {
                return self.call_closure(closure, values).await;
            }
        }
        match (name.as_str(), &values[..]) {
            ("drop", [_]) => Ok(Value::unit()),
            ("from", [Value::List(_)]) if segments[0] == "VecDeque" => Ok(values.remove(0)),
            ("from", [Value::List(_)]) if segments[0] == "BTreeMap" => map_of(values.remove(0)),
            ("keep_a_copy", [copied]) => match copied.target() {
                Some(value) => Ok(value),
                None => bug("what is moved out is lent"),
            },
            ("msg", [_]) => Ok(Value::variant("Failed", [])),
            // `std::mem::take` of a list.
            ("take", [Value::Borrow(place)]) => {
                match place.target().with(|value| std::mem::replace(value, Value::List(Vec::new()))) {
                    Some(list @ Value::List(_)) => Ok(list),
                    other => bug(format!("{other:?} is taken")),
                }
            }
            // What is awaited by reference stays where it is.
            ("by_reference", [Value::Borrow(place)]) => match place.target().read() {
                Some(handle @ Value::Handle(_)) => Ok(handle),
                other => bug(format!("{other:?} is awaited by reference")),
            },
            ("Some" | "Ok" | "Err" | "Continue" | "Break", [_]) => Ok(Value::variant(&name, values)),
            ("pin" | "from_residual" | "unused", [_]) => Ok(values.remove(0)),
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
            // What lowered code calls.
            ("cursor", [_]) => Ok(Value::Items(items_of(values.remove(0))?)),
            ("nth", [_, Value::Int(index)]) => {
                let index = usize::try_from(*index).or_else(|_| bug("an index below zero"))?;
                Ok(Value::option(items_of(values.remove(0))?.get(index).cloned()))
            }
            // The items from a position on, of which only the next is asked for: the position is behind it then.
            ("from", [_, Value::Borrow(index)]) => {
                let at = match index.read() {
                    Some(Value::Int(at)) => usize::try_from(at).or_else(|_| bug("an index below zero"))?,
                    _ => return bug("the position in a loop is not there"),
                };
                let next = items_of(values[0].clone())?.get(at).cloned();
                if next.is_some() {
                    index.with(|index| *index = Value::Int(i64::try_from(at + 1).expect("it is small")));
                }
                Ok(Value::Items(next.into_iter().collect()))
            }
            ("next", [Value::Borrow(items)]) => match items.with(|items| match items {
                Value::Items(items) => Some(items.pop_front()),
                _ => None,
            }) {
                Some(Some(next)) => Ok(Value::option(next)),
                _ => bug("the next of what has no items"),
            },
            ("start", _) => Ok(Value::Tuple(values)),
            ("question", [_]) => Ok(match question(values.remove(0))? {
                Ok(value) => Value::variant("Continue", [value]),
                Err(residual) => Value::variant("Break", [residual]),
            }),
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

    /// `AsyncBlock::new(name, site, captures)`, in lowered code.
    async fn async_block(&self, env: &mut Env, arguments: &[&Expr]) -> Evaluated {
        let [Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }), _, captures] = arguments else {
            return bug("a block without a name");
        };
        let captures = self.value(env, captures).await?;
        Ok(Value::Machine(name.value().into(), vec![captures]))
    }

    /// `next(&mut from(items, &mut position).filter(..))`, in lowered code: `from` gives one item each time, which what is behind
    /// it may leave out.
    async fn next_of_rest(&self, env: &mut Env, rest: &Expr, position: &Expr) -> Evaluated {
        loop {
            let before = self.value(env, position).await?;
            if let Some(next) = items_of(self.value(env, rest).await?)?.pop_front() {
                return Ok(Value::option(Some(next)));
            }
            if self.value(env, position).await?.equals(&before) {
                return Ok(Value::option(None));
            }
        }
    }

    /// `local_step(context, name, tag, names, captures)`, in lowered code.
    async fn local_step(
        &self,
        env: &mut Env,
        arguments: &syn::punctuated::Punctuated<Expr, syn::Token![,]>,
    ) -> Evaluated {
        let (Some(Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. })), Some(captures)) =
            (arguments.get(1), arguments.last())
        else {
            return bug("a step without a name");
        };
        let captures = self.value(env, captures).await?;
        Ok(Value::Operation("run".into(), vec![Value::Text(name.value()), captures]))
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

/// What is left of a source, and the position in it: of `&mut from(items, &mut position).map(..)`.
fn rest_of_source(argument: &Expr) -> Option<(&Expr, &Expr)> {
    let Expr::Reference(reference) = argument else { return None };
    let mut inner = &*reference.expr;
    while let Expr::MethodCall(call) = inner {
        inner = &call.receiver;
    }
    let Expr::Call(call) = inner else { return None };
    let Expr::Path(function) = &*call.func else { return None };
    let is_from = function.path.segments.last().is_some_and(|last| last.ident == "from");
    match call.args.iter().nth(1) {
        Some(Expr::Reference(position)) if is_from => Some((&reference.expr, &position.expr)),
        _ => None,
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
