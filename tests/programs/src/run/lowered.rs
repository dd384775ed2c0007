//! What lowered code calls.

use syn::Expr;
use syn::parse::Parser;

use super::call::is_context;
use super::control::items_of;
use super::expr::question;
use super::macros::{expressions, parsed};
use super::method::CHANGING;
use super::{Env, Evaluated, Program, bug};
use crate::value::Value;

impl Program {
    /// What is known by how the call is written; `None` for any other call.
    pub(super) async fn lowered_from_source(
        &self,
        env: &mut Env,
        call: &syn::ExprCall,
        name: &str,
    ) -> Evaluated<Option<Value>> {
        let Expr::Path(function) = &*call.func else { return Ok(None) };
        let is_of_block = function.path.segments.iter().any(|segment| segment.ident == "AsyncBlock");
        let value = if name == "new" && is_of_block {
            let arguments: Vec<&Expr> = call.args.iter().filter(|argument| !is_context(argument)).collect();
            self.async_block(env, &arguments).await?
        } else if let ("next", Some((rest, position))) = (name, call.args.first().and_then(rest_of_source)) {
            self.next_of_rest(env, rest, position).await?
        } else if name.starts_with("local_step") {
            self.local_step(env, &call.args).await?
        } else {
            return Ok(None);
        };
        Ok(Some(value))
    }

    /// What is known by its name; the arguments again where it is not.
    pub(super) fn lowered(name: &str, mut values: Vec<Value>) -> Evaluated<Result<Value, Vec<Value>>> {
        let value = match (name, &values[..]) {
            ("Continue" | "Break", [_]) => Ok(Value::variant(name, values)),
            ("from_residual" | "unused", [_]) => Ok(values.remove(0)),
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
            ("keep_a_copy", [copied]) => match copied.target() {
                Some(value) => Ok(value),
                None => bug("what is moved out is lent"),
            },
            // What is awaited by reference stays where it is.
            ("by_reference", [Value::Borrow(place)]) => match place.target().read() {
                Some(handle @ Value::Handle(_)) => Ok(handle),
                other => bug(format!("{other:?} is awaited by reference")),
            },
            _ => return Ok(Err(values)),
        };
        value.map(Ok)
    }

    /// What lowered code reads of a place before an await, and what it makes of that after it.
    pub(super) async fn lowered_macro(
        &self,
        env: &mut Env,
        name: &str,
        tokens: proc_macro2::TokenStream,
    ) -> Evaluated {
        let parts = parsed(expressions, tokens)?;
        match (name, &parts[..]) {
            ("lent", [_]) => Ok(Value::unit()),
            ("receiver" | "shown" | "compared", [place]) => {
                let place = self.place(env, place).await?;
                let place = if name == "compared" { place } else { place.target() };
                let copied = place.read().filter(Value::is_copy);
                Ok(copied.unwrap_or_else(|| Value::variant(LENT, [])))
            }
            ("as_it_was", [kept, place]) => match self.kept(env, kept).await? {
                Some(copied) => Ok(copied),
                None => self.borrowed(env, place).await,
            },
            ("called", [_, on_place @ Expr::MethodCall(call), on_copy]) => {
                let Some(kept) = watched(on_copy) else { return bug("a call on a copy of nothing") };
                let changes = CHANGING.contains(&call.method.to_string().as_str());
                if changes || self.kept(env, &kept).await?.is_none() {
                    return self.value(env, on_place).await;
                }
                let call = syn::ExprMethodCall { receiver: Box::new(kept), ..call.clone() };
                self.method_call(env, &call).await
            }
            _ => bug(format!("{name}! of something else")),
        }
    }

    /// The copy in a variable, if there is one.
    async fn kept(&self, env: &mut Env, kept: &Expr) -> Evaluated<Option<Value>> {
        let kept = self.place(env, kept).await?.read();
        Ok(kept.filter(|kept| !matches!(kept, Value::Variant(name, _) if &**name == LENT)))
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
}

/// What stands for the copy of a place that is lent.
const LENT: &str = "Lent";

/// The variable with the copy in `{ on = watched!(copy, ..); .. }`.
fn watched(on_copy: &Expr) -> Option<Expr> {
    let Expr::Block(block) = on_copy else { return None };
    let syn::Stmt::Expr(Expr::Assign(assign), _) = block.block.stmts.first()? else { return None };
    let Expr::Macro(watched) = &*assign.right else { return None };
    expressions.parse2(watched.mac.tokens.clone()).ok()?.into_iter().next()
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
