//! Calls of the async methods of the same impl: each is a machine within this one.
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Ident};

use super::place::peel;
use super::{Lower, at};
use crate::diag;
use crate::parameters::Passing;

/// A call of an async method of the impl.
pub(super) struct OwnCall<'x> {
    pub(super) name: Ident,
    pub(super) receiver: Option<&'x Expr>,
    /// What is handed over as the context, if that is not the method's own.
    context: Option<Expr>,
    /// The other arguments.
    arguments: Vec<&'x Expr>,
}

impl OwnCall<'_> {
    /// The arguments as one value. There is one context for all of a run, so what is handed over as such need only be one.
    pub(super) fn all(&self, arguments: &[Expr]) -> Expr {
        let all: Expr = match arguments {
            [argument] => argument.clone(),
            arguments => syn::parse_quote!((#(#arguments),*)),
        };
        let Some(context) = &self.context else { return all };
        let span = at(context.span());
        syn::parse_quote_spanned!(span=> { let _: &::longhaul::machine::Context = #context; #all })
    }
}

impl Lower<'_, '_> {
    /// A call of another async method of the impl.
    pub(super) fn own_call<'x>(&self, expr: &'x Expr) -> Option<OwnCall<'x>> {
        let (name, receiver, arguments): (&Ident, Option<&Expr>, Vec<&Expr>) = match expr {
            Expr::MethodCall(call) if self.is_own_method(call) => {
                (&call.method, Some(&call.receiver), call.args.iter().collect())
            }
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return None };
                let segments: Vec<_> = path.path.segments.iter().collect();
                let [ty, method] = segments[..] else { return None };
                if ty.ident != "Self" && ty.ident != *self.around.workflow {
                    return None;
                }
                let shape = self.around.methods.get(&method.ident.to_string())?;
                let mut arguments = call.args.iter();
                let receiver = if shape.receiver { arguments.next() } else { None };
                (&method.ident, receiver, arguments.collect())
            }
            _ => return None,
        };
        let mut call = OwnCall { name: name.clone(), receiver, context: None, arguments };
        if let Some(position) = self.around.methods[&name.to_string()].context_at {
            call.context = if position < call.arguments.len() {
                Some(call.arguments.remove(position)).filter(|context| !self.is_ctx(context)).cloned()
            } else {
                // It is missing, which rustc says of this.
                Some(syn::parse_quote_spanned!(at(name.span())=> ()))
            };
        }
        Some(call)
    }

    /// Whether a method call is one of an async method of the impl, on `self`.
    pub(super) fn is_own_method(&self, call: &ExprMethodCall) -> bool {
        matches!(peel(&call.receiver), Expr::Path(path) if path.path.is_ident("self"))
            && self.around.methods.contains_key(&call.method.to_string())
    }

    /// The arguments of a call of an async method, as they are stored.
    pub(super) fn handed_over(&self, call: &OwnCall<'_>) -> Vec<Expr> {
        let passing = &self.around.methods[&call.name.to_string()].passing;
        let how = passing.iter().chain(std::iter::repeat(&Passing::Value));
        call.arguments.iter().zip(how).map(|(argument, passing)| passing.stored(argument)).collect()
    }

    /// An async method is called on `self` and nothing else.
    pub(super) fn check_receiver(&mut self, receiver: Option<&Expr>) {
        if let Some(receiver) = receiver
            && !is_self(receiver)
        {
            self.errors.on(receiver, diag::HELPER_ON_OTHER);
        }
    }
}

/// `self`, by itself or borrowed again: `&mut *self`.
fn is_self(expr: &Expr) -> bool {
    match peel(expr) {
        Expr::Path(path) => path.path.is_ident("self"),
        Expr::Reference(reference) => is_self(&reference.expr),
        Expr::Unary(syn::ExprUnary { op: syn::UnOp::Deref(_), expr, .. }) => is_self(expr),
        _ => false,
    }
}
