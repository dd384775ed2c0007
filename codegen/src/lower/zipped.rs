//! Loops over something that is taken beside something that is borrowed: `for (task, name) in tasks.into_iter().zip(&names)`.
//!
//! What is taken is stored as what is left of it, what is borrowed is looked at anew, so each goes its own way: the loop is
//! `for (at, task) in tasks.into_iter().enumerate()`, and within it `let Some(name) = names.iter().nth(at) else { break };`.
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprForLoop, Pat};

use super::find::expr_awaits;
use super::place::peel;
use super::{Lower, at, order};

impl Lower<'_, '_> {
    /// The loop over what is taken alone, where one of two is.
    pub(super) fn unzipped(&mut self, expr: &ExprForLoop) -> Option<ExprForLoop> {
        let Pat::Tuple(pats) = &*expr.pat else { return None };
        let [first, second] = &pats.elems.iter().collect::<Vec<_>>()[..] else { return None };
        let Expr::MethodCall(zip) = peel(&expr.expr) else { return None };
        if zip.method != "zip" || zip.args.len() != 1 || expr_awaits(&expr.expr) {
            return None;
        }
        let (receiver, argument) = (&*zip.receiver, &zip.args[0]);
        let (taken, lent, pat, found) = if self.is_taken(receiver) {
            (receiver, argument, first, second)
        } else {
            (argument, receiver, second, first)
        };
        if !self.is_taken(taken) || !self.is_lent(lent) {
            return None;
        }
        let lent = self.verbatim(lent);
        let lent = self.rooted(lent);
        let span = at(expr.expr.span());
        let index = format_ident!("__at{}", self.graph.vars.len(), span = span);
        let look = look(&lent, &index)?;
        let taken = self.verbatim(taken);
        let mut expr = expr.clone();
        let next: syn::Stmt = syn::parse2(
            quote_spanned!(span=> let ::core::option::Option::Some(#found) = #look else { break };),
        )
        .ok()?;
        let both = quote_spanned!(span=> (#index, #pat));
        *expr.pat = syn::parse::Parser::parse2(Pat::parse_single, both).ok()?;
        *expr.expr = syn::parse_quote_spanned! {span=>
            ::core::iter::Iterator::enumerate(::core::iter::IntoIterator::into_iter(#taken))
        };
        expr.body.stmts.insert(0, next);
        // Its turns are counted by what is taken, so what is borrowed is asked for its order here.
        let asked = order::asked(&lent, None);
        self.expr_stmt(syn::parse_quote!({ #asked }));
        Some(expr)
    }

    /// Whether a list or an iterator is the loop's own.
    fn is_taken(&self, items: &Expr) -> bool {
        match peel(items) {
            Expr::Path(_) => self.is_place(items) && !self.is_made_again(items),
            Expr::MethodCall(call) if call.method == "into_iter" && call.args.is_empty() => {
                self.is_place(&call.receiver) && !self.is_made_again(&call.receiver)
            }
            _ => false,
        }
    }

    /// Whether what is gone over stays where it is.
    fn is_lent(&self, items: &Expr) -> bool {
        match peel(items) {
            Expr::Reference(reference) => self.is_place(&reference.expr),
            Expr::MethodCall(_) => Self::is_iteration(items) && self.is_rooted(items),
            _ => false,
        }
    }
}

/// An item of what is borrowed.
fn look(lent: &Expr, index: &syn::Ident) -> Option<Expr> {
    let span = at(lent.span());
    Some(match peel(lent) {
        Expr::Reference(syn::ExprReference { mutability: None, expr, .. }) => {
            syn::parse_quote_spanned!(span=> #expr.iter().nth(#index))
        }
        Expr::Reference(reference) => {
            let list = &reference.expr;
            syn::parse_quote_spanned!(span=> #list.get_mut(#index))
        }
        Expr::MethodCall(call) if call.method == "iter_mut" => {
            let list = &call.receiver;
            syn::parse_quote_spanned!(span=> #list.get_mut(#index))
        }
        items if Lower::is_mutable_look(items) => return None,
        items => syn::parse_quote_spanned!(span=> #items.nth(#index)),
    })
}
