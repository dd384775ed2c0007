//! Places that are named before an await and may be changed by others until it is over: by a signal, a task, or the branch beside.
//!
//! Rust copies a receiver or the left side of a comparison, if it is taken by value, and borrows it else. Which of the two it is,
//! rustc says (`runtime/src/machine/copied`): a copy is kept in a variable, or nothing, and the call is made on either.
use quote::format_ident;
use syn::{Expr, ExprMethodCall, Macro};

use super::changes::any_changes;
use super::operands::Mode;
use super::place::peel;
use super::views::{ITERATES, LOOKS};
use super::{Lower, at, is_temp_name};
use crate::cfg::Rebuild;
use crate::names::VarId;

/// Methods that change what they are called on, by all custom.
const CHANGE: &[&str] = &["push", "push_str", "push_back", "push_front", "extend", "append"];

impl Lower<'_, '_> {
    /// How the receiver of a call is used.
    pub(super) fn mode_of_receiver(call: &ExprMethodCall) -> Mode {
        let method = call.method.to_string();
        match method.as_str() {
            method if CHANGE.contains(&method) => Mode::Changed,
            method if LOOKS.contains(&method) || ITERATES.contains(&method) => Mode::Place,
            _ if Self::is_iteration(&call.receiver) => Mode::Place,
            _ => Mode::Receiver,
        }
    }

    /// What is named of a place before an await, so that it means the same afterwards.
    pub(super) fn as_it_is(&mut self, place: Expr, mode: Mode) -> Expr {
        if !self.may_change(&place) {
            return place;
        }
        let span = at(syn::spanned::Spanned::span(&place));
        // What it shows is looked up again, and what it is by itself is kept.
        let is_made_again = matches!(peel(&place), Expr::Path(_)) && self.rebuild(&place).is_some();
        let read = match mode {
            Mode::Changed => {
                self.expr_stmt(syn::parse_quote_spanned!(span=> ::longhaul::machine::copied::lent!(#place)));
                return place;
            }
            Mode::Receiver if is_made_again => quote::quote_spanned!(span=> shown!(#place)),
            Mode::Receiver => quote::quote_spanned!(span=> receiver!(#place)),
            Mode::Compared if !is_made_again => quote::quote_spanned!(span=> compared!(#place)),
            _ => return place,
        };
        let kept = self.spill(syn::parse_quote_spanned!(span=> ::longhaul::machine::copied::#read), span);
        let what = if mode == Mode::Receiver { format_ident!("on") } else { format_ident!("as_it_was") };
        syn::parse_quote_spanned!(span=> ::longhaul::machine::copied::#what!(#kept, #place))
    }

    /// Whether a place may be changed by others while its code waits.
    fn may_change(&self, place: &Expr) -> bool {
        let Some(name) = root(place).filter(|_| self.is_place(place)) else { return false };
        if name == "self" {
            return !matches!(peel(place), Expr::Path(_));
        }
        self.rebuild(place).is_some_and(|rebuild| rebuild.of_self)
            || any_changes(&self.beside, place, self.around.mutating)
    }

    /// How the variable that a place begins with is made again.
    fn rebuild(&self, place: &Expr) -> Option<&Rebuild> {
        let name = root(place)?;
        let var = if is_temp_name(&name) {
            VarId(self.graph.vars.iter().rposition(|var| var.ident == name)?)
        } else {
            self.env.lookup(&name)?
        };
        self.graph.var(var).rebuild.as_ref()
    }

    /// A call whose arguments are there, on what was kept of its receiver or on the place.
    pub(super) fn on_what_was_kept(&mut self, mut call: ExprMethodCall) -> Expr {
        let Some((kept, place)) = marked(&call.receiver) else { return Expr::MethodCall(call) };
        for argument in &mut call.args {
            let is_question = matches!(argument, Expr::Match(_));
            if is_question {
                let span = syn::spanned::Spanned::span(&*argument);
                *argument = self.spill(argument.clone(), span);
            } else if !Self::is_temp(argument) && !self.is_constant(argument) {
                break;
            }
        }
        let span = at(call.method.span());
        let asked = self.spill(syn::parse_quote_spanned!(span=> #kept.asked()), span);
        let on = self.result_var(span);
        let on = self.path(on);
        let mut on_copy = call.clone();
        call.receiver = Box::new(place.clone());
        on_copy.receiver = syn::parse_quote_spanned!(span=> (*#on));
        if let Some(first) = on_copy.args.first_mut() {
            let again: Expr = syn::parse_quote_spanned!(span=> if #asked.for_the_place() { continue });
            // What a closure borrows is not evaluated, and what it is called with is known from where it stands.
            *first = match first {
                Expr::Closure(_) => syn::parse_quote_spanned!(span=> { #again #first }),
                _ => syn::parse_quote_spanned!(span=> (#again, #first).1),
            };
        }
        syn::parse_quote_spanned! {span=>
            ::longhaul::machine::copied::called!(#asked, #call, {
                #on = ::longhaul::machine::copied::watched!(#kept, #asked, #place);
                #on_copy
            })
        }
    }
}

/// The name that a place begins with.
fn root(place: &Expr) -> Option<String> {
    match peel(place) {
        Expr::Path(path) => Some(path.path.get_ident()?.to_string()),
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        Expr::Unary(unary) => root(&unary.expr),
        _ => None,
    }
}

/// Whether a macro is one of those that are written here.
pub(super) fn is_written_here(mac: &Macro) -> bool {
    let segments = mac.path.segments.iter().map(|segment| segment.ident.to_string());
    segments.take(3).eq(["longhaul", "machine", "copied"])
}

/// What was kept of a receiver, and where it is.
fn marked(receiver: &Expr) -> Option<(Expr, Expr)> {
    let Expr::Macro(syn::ExprMacro { mac, .. }) = receiver else { return None };
    if !is_written_here(mac) || mac.path.segments.last()?.ident != "on" {
        return None;
    }
    let parse = syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated;
    let mut parts = syn::parse::Parser::parse2(parse, mac.tokens.clone()).ok()?.into_iter();
    Some((parts.next()?, parts.next()?))
}
