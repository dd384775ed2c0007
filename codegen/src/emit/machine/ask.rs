//! `.await?`: where the `?` is the first thing that is done with an output, it is asked as soon as that is there. Then
//! nothing was taken out of a slot yet that would have to be dropped on the way out, and polling and asking are one call.
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Pat, Stmt};

use super::Emit;
use crate::analyse::SlotKind;
use crate::cfg::{Block, Code, CodeTokens, ExitTo, Instr, Poll, Polled};
use crate::lower::{at, exits_in, is_compound_assignment};

/// An instruction that begins with a `?` on the output of the await before it.
pub(super) struct Asking {
    /// Its place behind the poll.
    pub(super) place: usize,
    /// The instruction without the `?`.
    pub(super) rest: Instr,
    /// Where the `?` is.
    span: Span,
}

impl Emit<'_> {
    /// The `?` on what `poll` gives, if it is asked first of all, and returns from the machine itself.
    pub(super) fn asking(&self, poll: &Poll, block: &Block) -> Option<Asking> {
        if !matches!(poll.what, Polled::Operation) || self.graph.tasks[block.task.0].branch_of.is_some() {
            return None;
        }
        let behind = block.instrs.get(1..)?;
        let place = behind.iter().position(|instr| !matches!(instr, Instr::Declare(_) | Instr::Enter(_)))?;
        match &behind[place] {
            Instr::Code(code) => {
                let (code, span) = self.without_question(poll, code)?;
                Some(Asking { place, rest: Instr::Code(code), span })
            }
            Instr::Assign(var, code) => {
                let (code, span) = self.without_question(poll, code)?;
                Some(Asking { place, rest: Instr::Assign(*var, code), span })
            }
            _ => None,
        }
    }

    /// `let x = output?;` as `let x = output;`, and where its `?` is.
    fn without_question(&self, poll: &Poll, code: &Code) -> Option<(Code, Span)> {
        let mut code = code.clone();
        let whole = match &mut code.tokens {
            CodeTokens::Expr(expr) => &mut **expr,
            CodeTokens::Stmt(stmt) => match &mut **stmt {
                Stmt::Local(local) => &mut *local.init.as_mut()?.expr,
                Stmt::Expr(expr, Some(_)) => expr,
                _ => return None,
            },
        };
        let first = first(whole)?;
        let (output, span) = question(first)?;
        let [exit] = exits_in(&*first)[..] else { return None };
        let asked = &self.graph.exits[exit.0];
        if asked.to != ExitTo::Return || output.path.get_ident()? != &self.graph.var(poll.output).ident {
            return None;
        }
        *first = Expr::Path(output);
        code.exits.retain(|other| *other != exit);
        Some((code, span))
    }

    /// Polls what is in a slot, and asks: `let output = ..`, or the task pauses, or the machine returns.
    pub(super) fn ask(&self, poll: &Poll, asking: &Asking) -> TokenStream {
        let own = self.own_block(poll);
        let field = self.slot_field(SlotKind::Wait(own));
        let output = &self.graph.var(poll.output).ident;
        quote_spanned! {at(asking.span)=>
            let mut #output = match ::longhaul::machine::ask(&mut __frame.#field, __ctx) {
                ::longhaul::machine::Asked::Value(__value) => __value,
                ::longhaul::machine::Asked::Pending => return ::core::task::Poll::Pending,
                ::longhaul::machine::Asked::Returned(__value) => return ::core::task::Poll::Ready(__value),
            };
        }
    }
}

/// What is evaluated first in an expression; before it, places are named at most.
fn first(expr: &mut Expr) -> Option<&mut Expr> {
    match expr {
        Expr::Match(_) => Some(expr),
        Expr::Assign(assign) => first(&mut assign.right),
        Expr::Paren(inner) => first(&mut inner.expr),
        Expr::Reference(inner) => first(&mut inner.expr),
        Expr::Unary(inner) => first(&mut inner.expr),
        Expr::Cast(inner) => first(&mut inner.expr),
        Expr::Field(field) => first(&mut field.base),
        Expr::Binary(binary) if !is_compound_assignment(&binary.op) => first(&mut binary.left),
        Expr::Tuple(tuple) => first(tuple.elems.first_mut()?),
        Expr::Array(array) => first(array.elems.first_mut()?),
        Expr::Call(call) if matches!(*call.func, Expr::Path(_)) => first(call.args.first_mut()?),
        Expr::MethodCall(call) => {
            first(if is_named(&call.receiver) { call.args.first_mut()? } else { &mut call.receiver })
        }
        _ => None,
    }
}

/// A variable, or a field of one.
fn is_named(place: &Expr) -> bool {
    match place {
        Expr::Path(_) => true,
        Expr::Field(field) => is_named(&field.base),
        _ => false,
    }
}

/// The operand of what a `?` became, where it is a variable; and where the `?` is.
fn question(expr: &Expr) -> Option<(syn::ExprPath, Span)> {
    let Expr::Match(whole) = expr else { return None };
    let (Expr::Path(output), [operand]) = (&*whole.expr, &whole.arms[..]) else { return None };
    let Pat::Ident(bound) = &operand.pat else { return None };
    (bound.ident == "__operand").then(|| (output.clone(), bound.ident.span()))
}
