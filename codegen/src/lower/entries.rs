//! What makes something in a place where nothing is, and finds it there the next time: `map.entry(key).or_default()`,
//! `option.get_or_insert(value)`. Made again after an await, it is found.
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, Ident};

use super::Lower;

/// Methods of a map's entry.
const OF_AN_ENTRY: &[&str] = &["or_insert", "or_insert_with", "or_insert_with_key", "or_default"];

/// Methods of an `Option`.
const OF_AN_OPTION: &[&str] = &["get_or_insert", "get_or_insert_with", "get_or_insert_default"];

/// `map.entry(key)`, of `map.entry(key).or_default()`.
fn entry(call: &ExprMethodCall) -> Option<&ExprMethodCall> {
    match &*call.receiver {
        Expr::MethodCall(entry) if is_entry(&call.method, entry) => Some(entry),
        _ => None,
    }
}

fn is_entry(method: &Ident, entry: &ExprMethodCall) -> bool {
    entry.method == "entry" && entry.args.len() == 1 && OF_AN_ENTRY.iter().any(|known| method == known)
}

/// Whether a call makes something where nothing is.
pub(super) fn is_made_or_found(call: &ExprMethodCall) -> bool {
    entry(call).is_some() || OF_AN_OPTION.contains(&call.method.to_string().as_str())
}

/// What a call finds or makes something in: a place, as a rule.
pub(super) fn found_in(call: &ExprMethodCall) -> &Expr {
    entry(call).map_or(&call.receiver, |entry| &entry.receiver)
}

/// Of a call on an entry the map and the key, which are evaluated before its arguments: nobody can see that the entry itself is
/// looked up after them. Of any other call the receiver as it is.
pub(super) fn operands_of_entry<'x>(
    method: &Ident,
    receiver: &'x mut Expr,
) -> Result<[&'x mut Expr; 2], &'x mut Expr> {
    let of_an_entry = matches!(&*receiver, Expr::MethodCall(entry) if is_entry(method, entry));
    if !of_an_entry {
        return Err(receiver);
    }
    match receiver {
        Expr::MethodCall(entry) => Ok([&mut entry.receiver, &mut entry.args[0]]),
        _ => unreachable!("an entry is a call"),
    }
}

/// The same without making anything: it is there.
pub(super) fn found_again(value: &Expr) -> Expr {
    struct Found;
    impl VisitMut for Found {
        fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
            visit_mut::visit_expr_method_call_mut(self, call);
            if is_made_or_found(call) {
                let of_an_entry = entry(call).is_some();
                let name = if of_an_entry { "or_insert_with" } else { "get_or_insert_with" };
                call.method = Ident::new(name, call.method.span());
                call.turbofish = None;
                let gone = "what was made before the await is there after it";
                call.args = std::iter::once::<Expr>(syn::parse_quote!(|| ::core::panic!(#gone))).collect();
            }
        }
    }
    let mut value = value.clone();
    Found.visit_expr_mut(&mut value);
    value
}

impl Lower<'_, '_> {
    /// Whether the key and the value that a call makes something of are the same later.
    pub(super) fn is_fixed_entry(&self, call: &ExprMethodCall) -> bool {
        let key = entry(call).and_then(|entry| entry.args.first());
        key.is_none_or(|key| self.is_fixed_key(key))
            && call.args.iter().all(|value| matches!(value, Expr::Closure(_)) || self.is_fixed(value))
    }

    /// Whether a key is not used up when it is looked for.
    fn is_fixed_key(&self, key: &Expr) -> bool {
        self.is_fixed(key) && (self.is_constant(key) || !matches!(key, Expr::Path(_)))
    }

    /// Evaluates now what something is made of, and the key under which it is found again.
    pub(super) fn rooted_entry(&mut self, mut call: ExprMethodCall) -> Expr {
        if let Ok([map, key]) = operands_of_entry(&call.method, &mut call.receiver) {
            *map = self.rooted(map.clone());
            if !self.is_fixed_key(key) {
                *key = self.repeatable(key.clone());
            }
        } else {
            call.receiver = Box::new(self.rooted(*call.receiver));
        }
        for value in &mut call.args {
            if !matches!(value, Expr::Closure(_)) && !self.is_fixed(value) {
                let span = syn::spanned::Spanned::span(&*value);
                *value = self.spill(value.clone(), span);
            }
        }
        Expr::MethodCall(call)
    }
}
