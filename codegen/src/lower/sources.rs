//! What a `for` loop finds its place in again: something borrowed from a kept place, a range, a list of literals.
//!
//! Each turn of such a loop looks at its source anew, from the position where it is. Closures behind the source
//! (`.filter(..)`, `.map(..)`) are asked once for each item, when it is its turn.
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::Lower;
use super::place::peel;
use super::views::{COUNTS, FOUND, ITERATES, LAZY, LOOKS};

/// Adapters that keep nothing between two items.
const STATELESS: &[&str] =
    &["filter", "map", "filter_map", "inspect", "take_while", "map_while", "copied", "cloned"];

/// Those that give the item as it is.
const PASSING: &[&str] = &["filter", "inspect", "take_while"];

/// Those that give nothing but what they count.
const COUNTING: &[&str] = &["enumerate", "rev", "skip", "step_by", "take"];

/// The source of a loop.
pub(super) struct Source {
    /// What is looked at anew in each turn.
    pub(super) items: Expr,
    /// The adapters behind it that ask a closure, innermost first.
    pub(super) lazy: Vec<ExprMethodCall>,
    /// Whether an item may be a value of its own, which is stored and not looked up again.
    pub(super) own_items: bool,
    /// Whether its items are numbers of a range, or tuples of such.
    pub(super) numbers: bool,
}

impl Source {
    /// The adapters on top of `items`.
    pub(super) fn adapted(&self, items: Expr) -> Expr {
        self.lazy.iter().fold(items, |receiver, call| {
            let mut call = call.clone();
            call.receiver = Box::new(receiver);
            Expr::MethodCall(call)
        })
    }

    /// Whether an item is one of the source's own.
    pub(super) fn passes(&self) -> bool {
        self.lazy.iter().all(|call| PASSING.contains(&call.method.to_string().as_str()))
    }
}

impl Lower<'_, '_> {
    /// The source of a loop over `value`, which is lowered; the value itself where it is none.
    pub(super) fn source(&mut self, value: Expr) -> Result<Source, Box<Expr>> {
        let value = self.named_source(value);
        let (base, mut calls) = chain_of(&value);
        let is_function = |arg: &Expr| match peel(arg) {
            Expr::Closure(_) => true,
            Expr::Path(path) => {
                path.path.get_ident().is_none_or(|name| self.env.lookup(&name.to_string()).is_none())
            }
            _ => false,
        };
        let asks = |call: &ExprMethodCall| is_one_of(call, LAZY) && call.args.iter().any(is_function);
        let mut lazy = calls.split_off(calls.iter().position(asks).unwrap_or(calls.len()));
        // What keeps something between two items is asked for all items again, which must not matter.
        let mut all_again = Vec::new();
        if !lazy.iter().all(|call| is_one_of(call, STATELESS)) {
            all_again = std::mem::take(&mut lazy);
            let fits = |call: &ExprMethodCall| is_one_of(call, COUNTS) || is_one_of(call, LAZY);
            if !all_again.iter().all(fits) {
                return Err(Box::new(value));
            }
        }
        let list = literal_list(&base);
        let own_chain = !lazy.is_empty() || !all_again.is_empty();
        // What was looked up is gone over as it is: the note in `order.note.as_ref()`, the items of `order.items.as_slice()`.
        let is_look = calls.first().is_some_and(|call| is_one_of(call, LOOKS))
            && calls.iter().all(|call| is_one_of(call, LOOKS) || is_one_of(call, FOUND));
        let own_items = list.is_some() || matches!(base, Expr::Range(_)) || own_chain || is_look;
        let has_list = list.is_some();
        let numbers = matches!(base, Expr::Range(_))
            && all_again.is_empty()
            && calls.iter().all(|call| is_one_of(call, COUNTING))
            && lazy.iter().all(|call| is_one_of(call, PASSING));
        let base = match list {
            Some(mut list) => {
                for elem in &mut list.elems {
                    *elem = self.repeatable(elem.clone());
                }
                Expr::Array(list)
            }
            None => base,
        };
        // What goes over something is a source; so is a reference, of whatever can be gone over.
        let is_list = has_list || self.is_constant_name(&base);
        let mut iterates = has_list || matches!(base, Expr::Range(_));
        let borrowed = matches!(base, Expr::Reference(_)) || self.is_remade(&base) || is_list;
        for call in &calls {
            let fits = if iterates {
                is_one_of(call, COUNTS) || (is_one_of(call, &["iter", "into_iter"]) && is_list)
            } else {
                is_one_of(call, LOOKS)
                    || is_one_of(call, ITERATES)
                    || (is_one_of(call, FOUND) && is_look)
                    || (is_one_of(call, &["into_iter"]) && is_list)
            };
            if !fits || !call.args.iter().all(|argument| self.can_be_fixed(call, argument)) {
                return Err(Box::new(value));
            }
            iterates |= is_one_of(call, ITERATES) || is_list;
        }
        // A range counts by itself, and a list of values is drained.
        let counts = matches!(base, Expr::Range(_)) && calls.is_empty() && !own_chain;
        if counts || !(iterates || is_look || (borrowed && calls.is_empty())) {
            return Err(Box::new(value));
        }
        // All of a list is fixed by now.
        let mut items = if has_list { base } else { self.rooted(base) };
        for mut call in calls {
            call.receiver = match items {
                range @ Expr::Range(_) => syn::parse_quote!((#range)),
                items => Box::new(items),
            };
            call.args = call.args.iter().map(|argument| self.fix_argument(&call, argument.clone())).collect();
            items = Expr::MethodCall(call);
        }
        if !all_again.is_empty() {
            for mut call in all_again {
                call.receiver = match items {
                    range @ Expr::Range(_) => syn::parse_quote!((#range)),
                    items => Box::new(items),
                };
                items = Expr::MethodCall(call);
            }
            let span = super::at(items.span());
            items = syn::parse_quote_spanned!(span=> ::longhaul::machine::repeated(#items));
        }
        Ok(Source { items, lazy, own_items, numbers })
    }

    /// A variable of an iterator that is made again is what it is made of.
    fn named_source(&self, value: Expr) -> Expr {
        let Expr::Path(path) = peel(&value) else { return value };
        let var = path.path.get_ident().and_then(|name| self.env.lookup(&name.to_string()));
        let Some(rebuild) = var.and_then(|var| self.graph.var(var).rebuild.as_ref()) else { return value };
        match syn::parse2::<Expr>(rebuild.expr.clone()) {
            Ok(expr) if rebuild.binds.len() == 1 && Self::is_iteration(&expr) => expr,
            Ok(expr @ Expr::Array(_)) => expr,
            _ => value,
        }
    }

    /// Whether an expression names a constant: a list, when it is gone over. `None` gives no item.
    fn is_constant_name(&self, expr: &Expr) -> bool {
        let Expr::Path(path) = expr else { return false };
        let is_none = path.path.segments.last().is_some_and(|last| last.ident == "None");
        !is_none && self.is_constant(expr)
    }

    /// Whether an expression names a variable that is made again, as borrows are.
    fn is_remade(&self, expr: &Expr) -> bool {
        let Expr::Path(path) = expr else { return false };
        let var = path.path.get_ident().and_then(|name| self.env.lookup(&name.to_string()));
        var.is_some_and(|var| self.graph.var(var).rebuild.is_some())
    }

    /// An expression that gives the same each time: of all but literals a variable is made.
    pub(super) fn repeatable(&mut self, expr: Expr) -> Expr {
        match expr {
            expr if self.is_constant(&expr) => expr,
            Expr::Tuple(mut tuple) => {
                for elem in &mut tuple.elems {
                    *elem = self.repeatable(elem.clone());
                }
                Expr::Tuple(tuple)
            }
            Expr::Array(mut array) => {
                for elem in &mut array.elems {
                    *elem = self.repeatable(elem.clone());
                }
                Expr::Array(array)
            }
            expr => {
                let span = expr.span();
                let value = self.spill(expr, span);
                syn::parse_quote_spanned!(super::at(span)=> ::core::clone::Clone::clone(&#value))
            }
        }
    }
}

fn is_one_of(call: &ExprMethodCall, names: &[&str]) -> bool {
    names.contains(&call.method.to_string().as_str())
}

/// What a chain of calls begins with, and the calls, innermost first.
fn chain_of(expr: &Expr) -> (Expr, Vec<ExprMethodCall>) {
    let mut calls = Vec::new();
    let mut base = peel(expr);
    while let Expr::MethodCall(call) = base {
        calls.push(call.clone());
        base = peel(&call.receiver);
    }
    calls.reverse();
    (base.clone(), calls)
}

/// A list with string literals in it, `[..]` or `vec![..]`. They are no values that could be stored, but they are the
/// same again.
fn literal_list(base: &Expr) -> Option<syn::ExprArray> {
    let list = match base {
        Expr::Array(list) => list.clone(),
        Expr::Macro(mac) if mac.mac.path.is_ident("vec") => {
            let tokens = &mac.mac.tokens;
            syn::parse2(quote!([#tokens])).ok()?
        }
        _ => return None,
    };
    list.elems.iter().any(has_text).then_some(list)
}

/// Whether there is a string literal in a list's element.
fn has_text(elem: &Expr) -> bool {
    match elem {
        Expr::Lit(literal) => matches!(literal.lit, syn::Lit::Str(_) | syn::Lit::ByteStr(_)),
        Expr::Tuple(tuple) => tuple.elems.iter().any(has_text),
        Expr::Array(array) => array.elems.iter().any(has_text),
        Expr::Paren(inner) => has_text(&inner.expr),
        Expr::Group(inner) => has_text(&inner.expr),
        _ => false,
    }
}
