//! Loops over something that is taken beside something that is borrowed: `for (task, name) in tasks.into_iter().zip(&names)`.
//!
//! What is taken is stored as what is left of it, what is borrowed is looked at anew, so each goes its own way: the loop is
//! `for (at, task) in tasks.into_iter().enumerate()`, and within it `let Some(name) = names.iter().nth(at) else { break };`.
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprForLoop, ExprMethodCall, Pat, Stmt};

use super::find::expr_awaits;
use super::place::peel;
use super::{Lower, at, order};

/// What a loop goes over, taken apart as its pattern is.
enum Zipped<'x> {
    /// The loop's own.
    Taken(&'x Expr, &'x Pat),
    /// It stays where it is.
    Lent(&'x Expr, &'x Pat),
    /// The number of the turn.
    Count(&'x Pat),
}

impl Lower<'_, '_> {
    /// The loop over what is taken alone, where some of it is.
    pub(super) fn unzipped(&mut self, expr: &ExprForLoop) -> Option<ExprForLoop> {
        let is_zip = matches!(peel(&expr.expr), Expr::MethodCall(call) if zips(call));
        if !is_zip || expr_awaits(&expr.expr) {
            return None;
        }
        let mut parts = Vec::new();
        self.zipped(&expr.expr, &expr.pat, &mut parts)?;
        let mut taken = parts.iter().filter_map(|part| match part {
            Zipped::Taken(items, pat) => Some((*items, *pat)),
            _ => None,
        });
        let ((taken, pat), None) = (taken.next()?, taken.next()) else { return None };
        if parts.len() == 1 {
            return None;
        }
        let span = at(expr.expr.span());
        let index = format_ident!("__at{}", self.graph.vars.len(), span = span);
        let mut next = Vec::new();
        let mut asked = Vec::new();
        for part in &parts {
            match part {
                Zipped::Taken(..) => {}
                Zipped::Count(pat) => next.push(quote_spanned!(span=> let #pat = #index;)),
                Zipped::Lent(lent, pat) => {
                    let lent = self.verbatim(lent);
                    let lent = self.rooted(lent);
                    let look = look(&lent, &index)?;
                    next.push(
                        quote_spanned!(span=> let ::core::option::Option::Some(#pat) = #look else { break };),
                    );
                    asked.push(order::asked(&lent, None));
                }
            }
        }
        let taken = self.verbatim(taken);
        let mut expr = expr.clone();
        let next: Option<Vec<Stmt>> = next.into_iter().map(|stmt| syn::parse2(stmt).ok()).collect();
        let both = quote_spanned!(span=> (#index, #pat));
        *expr.pat = syn::parse::Parser::parse2(Pat::parse_single, both).ok()?;
        *expr.expr = syn::parse_quote_spanned! {span=>
            ::core::iter::Iterator::enumerate(::core::iter::IntoIterator::into_iter(#taken))
        };
        expr.body.stmts.splice(0..0, next?);
        // Its turns are counted by what is taken, so what is borrowed is asked for its order here.
        self.expr_stmt(syn::parse_quote!({ #(#asked)* }));
        Some(expr)
    }

    /// Takes zipped items apart as their pattern does; none where they are something else.
    fn zipped<'x>(&self, items: &'x Expr, pat: &'x Pat, parts: &mut Vec<Zipped<'x>>) -> Option<()> {
        if self.is_taken(items) {
            parts.push(Zipped::Taken(items, pat));
            return Some(());
        }
        if let Expr::MethodCall(call) = peel(items)
            && zips(call)
        {
            let Pat::Tuple(pats) = pat else { return None };
            let [first, second] = &pats.elems.iter().collect::<Vec<_>>()[..] else { return None };
            let Some(argument) = call.args.first() else {
                parts.push(Zipped::Count(first));
                return self.zipped(&call.receiver, second, parts);
            };
            self.zipped(&call.receiver, first, parts)?;
            return self.zipped(argument, second, parts);
        }
        self.is_lent(items).then(|| parts.push(Zipped::Lent(items, pat)))
    }

    /// Whether a list or an iterator is the loop's own.
    fn is_taken(&self, items: &Expr) -> bool {
        match peel(items) {
            Expr::Path(_) => self.is_place(items) && !self.is_made_again(items),
            Expr::MethodCall(call) if call.method == "into_iter" && call.args.is_empty() => {
                self.is_taken(&call.receiver)
            }
            Expr::MethodCall(call) if call.method == "zip" => {
                self.is_taken(&call.receiver) && call.args.iter().all(|other| self.is_taken(other))
            }
            // Behind `into_iter()`.
            Expr::MethodCall(call) if call.method == "enumerate" || call.method == "rev" => {
                matches!(peel(&call.receiver), Expr::MethodCall(_)) && self.is_taken(&call.receiver)
            }
            // A copy, whatever it is of.
            Expr::MethodCall(call) => {
                call.args.is_empty() && ["clone", "to_vec", "to_owned"].iter().any(|copy| call.method == copy)
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

/// Whether a call is `items.zip(other)`, or `items.enumerate()`, where these are zipped.
fn zips(call: &ExprMethodCall) -> bool {
    match peel(&call.receiver) {
        _ if call.method == "zip" => call.args.len() == 1,
        Expr::MethodCall(inner) => call.method == "enumerate" && zips(inner),
        _ => false,
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
