//! Expressions that only look at kept places: they mean the same whenever they are evaluated, so that what they give
//! is looked up again after an await instead of being stored.
use syn::{Expr, ExprMethodCall};

use super::Lower;
use super::entries::{found_in, is_made_or_found};
use super::place::peel;

/// Methods that look at what they are called on. What they give borrows from it, as a rule.
pub(super) const LOOKS: &[&str] = &[
    "as_str",
    "as_bytes",
    "as_slice",
    "as_mut_slice",
    "as_path",
    "as_ref",
    "as_mut",
    "as_deref",
    "as_deref_mut",
    "get",
    "get_mut",
    "first",
    "first_mut",
    "last",
    "last_mut",
    "front",
    "front_mut",
    "back",
    "back_mut",
    "split_first",
    "split_last",
    "first_key_value",
    "last_key_value",
    "get_key_value",
    "trim",
    "trim_start",
    "trim_end",
    "strip_prefix",
    "strip_suffix",
];

/// Methods that begin to go over what they are called on.
pub(super) const ITERATES: &[&str] = &[
    "iter",
    "iter_mut",
    "keys",
    "values",
    "values_mut",
    "range",
    "range_mut",
    "chars",
    "char_indices",
    "bytes",
    "lines",
    "split",
    "split_whitespace",
    "split_ascii_whitespace",
    "split_inclusive",
    "split_terminator",
    "splitn",
    "rsplit",
    "rsplitn",
    "match_indices",
    "chunks",
    "chunks_mut",
    "chunks_exact",
    "chunks_exact_mut",
    "chunk_by",
    "rchunks",
    "rchunks_mut",
    "windows",
    "union",
    "difference",
    "symmetric_difference",
    "intersection",
];

/// Methods that take what a look has found: it is what it borrows.
pub(super) const FOUND: &[&str] = &["unwrap", "expect", "unwrap_or", "unwrap_or_default"];

/// Methods that find an item of what they go over.
pub(super) const FINDS: &[&str] =
    &["find", "rfind", "max", "max_by", "max_by_key", "min", "min_by", "min_by_key", "next", "nth"];

/// Iterator adapters that count, and those that do what their closure says when the next item is asked for.
pub(super) const COUNTS: &[&str] =
    &["enumerate", "rev", "skip", "take", "step_by", "copied", "cloned", "zip", "chain"];
pub(super) const LAZY: &[&str] = &[
    "map",
    "filter",
    "filter_map",
    "flat_map",
    "flatten",
    "take_while",
    "skip_while",
    "map_while",
    "inspect",
];

impl Lower<'_, '_> {
    /// Whether an expression looks at kept places or constants, and can be evaluated again.
    pub(super) fn is_view(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Paren(inner) => self.is_view(&inner.expr),
            Expr::Group(inner) => self.is_view(&inner.expr),
            // What is changed through the borrow would be lost with a value that is made again.
            Expr::Reference(reference) => {
                self.is_view(&reference.expr)
                    && (reference.mutability.is_none() || !self.is_constant(peel(&reference.expr)))
            }
            Expr::Field(field) => self.is_view(&field.base),
            Expr::Index(index) => self.is_view(&index.expr) && self.is_fixed(&index.index),
            Expr::Unary(syn::ExprUnary { op: syn::UnOp::Deref(_), expr, .. }) => self.is_view(expr),
            Expr::Range(_) => self.is_fixed(expr),
            Expr::MethodCall(call) if is_made_or_found(call) => {
                self.is_view(found_in(call)) && self.is_fixed_entry(call)
            }
            Expr::MethodCall(call) => {
                self.is_look(call)
                    && self.is_view(&call.receiver)
                    && call.args.iter().all(|argument| self.is_fixed_argument(call, argument))
            }
            other => self.is_place(other) || self.is_constant(other),
        }
    }

    /// Whether a method call only looks at its receiver, whatever that is; its arguments may have to be fixed.
    pub(super) fn is_look(&self, call: &ExprMethodCall) -> bool {
        if is_made_or_found(call) {
            return true;
        }
        let method = call.method.to_string();
        let method = method.as_str();
        let iterates = || Self::is_iteration(&call.receiver);
        let fits = LOOKS.contains(&method)
            || ITERATES.contains(&method)
            || (COUNTS.contains(&method) && iterates())
            || (LAZY.contains(&method) && iterates())
            || (FINDS.contains(&method) && iterates() && self.finds_the_same(call))
            || (FOUND.contains(&method)
                && matches!(peel(&call.receiver), Expr::MethodCall(inner) if self.is_look(inner) && !iterates()));
        fits && call.args.iter().all(|argument| self.can_be_fixed(call, argument))
    }

    /// Whether an expression goes over something that it borrows: `kept.iter()`, with adapters behind it.
    pub(super) fn is_iteration(expr: &Expr) -> bool {
        let call = match peel(expr) {
            Expr::Range(_) => return true,
            Expr::MethodCall(call) => call,
            _ => return false,
        };
        let method = call.method.to_string();
        let adapts = COUNTS.contains(&method.as_str()) || LAZY.contains(&method.as_str());
        ITERATES.contains(&method.as_str()) || (adapts && Self::is_iteration(&call.receiver))
    }

    /// Whether an item is found again: what the closures on the way ask is of the items and of what does not change.
    fn finds_the_same(&self, call: &ExprMethodCall) -> bool {
        let same = |closure: &syn::ExprClosure| {
            let of_self = names_self(&closure.body);
            let named = self.mentions(&Expr::Closure(closure.clone()));
            closure.capture.is_none() && !of_self && named.iter().all(|var| !self.graph.var(*var).mutable)
        };
        let asks = call.args.iter().all(|argument| match peel(argument) {
            Expr::Closure(closure) => same(closure),
            _ => true,
        });
        let method = call.method.to_string();
        asks && !method.ends_with("_mut")
            && match peel(&call.receiver) {
                Expr::MethodCall(inner) => self.finds_the_same(inner),
                _ => true,
            }
    }

    /// Whether an expression goes over something that it takes: `list.into_iter()`, with adapters behind it. Nothing of
    /// it happens before the first item is asked for.
    fn is_consuming(&self, expr: &Expr) -> bool {
        let Expr::MethodCall(call) = peel(expr) else { return false };
        let method = call.method.to_string();
        let adapts = COUNTS.contains(&method.as_str()) || LAZY.contains(&method.as_str());
        let fixed = call.args.iter().all(|argument| self.is_fixed_argument(call, argument));
        (method == "into_iter" && call.args.is_empty())
            || (adapts && fixed && self.is_consuming(&call.receiver))
    }

    /// Whether a look gives what may be changed through it.
    pub(super) fn is_mutable_look(expr: &Expr) -> bool {
        match peel(expr) {
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                is_made_or_found(call)
                    || method.ends_with("_mut")
                    || method == "as_mut_slice"
                    || Self::is_mutable_look(&call.receiver)
            }
            Expr::Reference(reference) => {
                reference.mutability.is_some() || Self::is_mutable_look(&reference.expr)
            }
            _ => false,
        }
    }

    /// Whether an argument of a look means the same later.
    fn is_fixed_argument(&self, call: &ExprMethodCall, argument: &Expr) -> bool {
        match peel(argument) {
            Expr::Closure(closure) => closure.capture.is_none(),
            argument if joins(call) => {
                self.is_view(argument) && (Self::is_iteration(argument) || !matches!(argument, Expr::Path(_)))
            }
            argument => self.is_fixed(argument),
        }
    }

    /// Whether an argument of a look means the same later, or can be evaluated now. What it borrows might change.
    pub(super) fn can_be_fixed(&self, call: &ExprMethodCall, argument: &Expr) -> bool {
        match peel(argument) {
            Expr::Closure(closure) => closure.capture.is_none(),
            argument if joins(call) => {
                matches!(argument, Expr::Reference(_))
                    || Self::is_iteration(argument)
                    || self.is_constant(argument)
            }
            Expr::Reference(reference) => {
                reference.mutability.is_none()
                    && (self.is_fixed(&reference.expr) || !self.is_place_at_indexes(&reference.expr))
            }
            _ => true,
        }
    }

    /// Whether what a look begins with is a place or constant.
    pub(super) fn is_rooted(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Paren(inner) => self.is_rooted(&inner.expr),
            Expr::Group(inner) => self.is_rooted(&inner.expr),
            Expr::Reference(reference) => self.is_rooted(&reference.expr),
            Expr::Field(field) => self.is_rooted(&field.base),
            Expr::Index(index) => self.is_rooted(&index.expr),
            Expr::Unary(syn::ExprUnary { op: syn::UnOp::Deref(_), expr, .. }) => self.is_rooted(expr),
            Expr::MethodCall(call) if self.is_look(call) => self.is_rooted(found_in(call)),
            other => self.is_place(other) || self.is_constant(other),
        }
    }

    /// Makes a view of a borrow or look: what it begins with gets a variable, and what its meaning depends on is
    /// evaluated now.
    pub(super) fn rooted(&mut self, expr: Expr) -> Expr {
        match expr {
            expr if self.is_view(&expr) => expr,
            Expr::Paren(mut inner) => {
                inner.expr = Box::new(self.rooted(*inner.expr));
                Expr::Paren(inner)
            }
            Expr::Group(inner) => self.rooted(*inner.expr),
            Expr::Reference(mut reference) => {
                let inner = *reference.expr;
                reference.expr = Box::new(if self.is_constant(&inner) && reference.mutability.is_some() {
                    let span = syn::spanned::Spanned::span(&inner);
                    self.spill(inner, span)
                } else {
                    self.rooted(inner)
                });
                Expr::Reference(reference)
            }
            Expr::Field(mut field) => {
                field.base = Box::new(self.rooted(*field.base));
                Expr::Field(field)
            }
            Expr::Range(_) => self.fix_index(expr),
            Expr::Index(mut index) => {
                index.expr = Box::new(self.rooted(*index.expr));
                *index.index = self.fix_index((*index.index).clone());
                Expr::Index(index)
            }
            Expr::Unary(mut unary) if matches!(unary.op, syn::UnOp::Deref(_)) => {
                unary.expr = Box::new(self.rooted(*unary.expr));
                Expr::Unary(unary)
            }
            Expr::MethodCall(call) if is_made_or_found(&call) => self.rooted_entry(call),
            Expr::MethodCall(mut call) if self.is_look(&call) => {
                call.receiver = Box::new(self.rooted(*call.receiver));
                call.args =
                    call.args.iter().map(|argument| self.fix_argument(&call, argument.clone())).collect();
                Expr::MethodCall(call)
            }
            expr => {
                let span = syn::spanned::Spanned::span(&expr);
                self.spill(expr, span)
            }
        }
    }

    pub(super) fn fix_argument(&mut self, call: &ExprMethodCall, argument: Expr) -> Expr {
        match argument {
            argument if self.is_fixed_argument(call, &argument) => argument,
            argument if joins(call) => self.rooted(argument),
            Expr::Reference(mut reference) => {
                reference.expr = Box::new(self.fix_index(*reference.expr));
                Expr::Reference(reference)
            }
            Expr::Range(mut range) => {
                for end in [&mut range.start, &mut range.end].into_iter().flatten() {
                    **end = self.repeatable((**end).clone());
                }
                Expr::Range(range)
            }
            argument => self.repeatable(argument),
        }
    }

    /// The value of a `let`, `match` or `if let`, of which something may be borrowed.
    pub(super) fn referent(&mut self, value: Expr) -> Expr {
        match peel(&value) {
            Expr::Reference(_) => self.rooted(value),
            Expr::MethodCall(call) if self.is_look(call) && self.is_rooted(&value) => self.rooted(value),
            _ => value,
        }
    }

    /// The value of a `match` or `if let`, which lives as long as that does.
    pub(super) fn scrutinee(&mut self, value: Expr) -> Expr {
        match peel(&value) {
            Expr::Reference(_) => self.rooted(value),
            Expr::MethodCall(call) if self.is_look(call) => self.rooted(value),
            _ => value,
        }
    }

    /// An operand that is a look stays one, on something that is evaluated now; `None` for any other.
    pub(super) fn held_look(&mut self, value: &Expr) -> Option<Expr> {
        let Expr::MethodCall(call) = value else { return None };
        if self.is_look(call) {
            return Some(self.rooted(value.clone()));
        }
        if !self.is_consuming(value) {
            return None;
        }
        let mut call = call.clone();
        let receiver = if call.method == "into_iter" && !self.is_consuming(&call.receiver) {
            self.hold((*call.receiver).clone(), super::operands::Mode::Place)
        } else {
            self.held_look(peel(&call.receiver))?
        };
        call.receiver = Box::new(receiver);
        Some(Expr::MethodCall(call))
    }
}

/// Whether a call joins its receiver with another iterator.
fn joins(call: &ExprMethodCall) -> bool {
    call.method == "zip" || call.method == "chain"
}

/// Whether code names the workflow's value.
fn names_self(expr: &Expr) -> bool {
    let mut found = false;
    super::find::each_ident(quote::quote!(#expr), &mut |ident| found |= ident == "self");
    found
}
