//! What an `async` block that is a value takes along of the variables around it.
//!
//! A value goes along as itself. What is made again after each resume is made again in the block as well, if that needs no
//! more than a constant, and the position in it. What is a borrow as it is written cannot be taken along; of all else, such as
//! the number in `for (number, item) in items.iter().enumerate()`, rustc knows the type, and whether that is a value.
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::{Expr, ExprAsync, Local, Pat, Stmt};

use super::place::peel;
use super::{Lower, at, find, is_temp_name};
use crate::cfg::Rebuild;
use crate::diag;
use crate::names::{Mentioned, VarId, bindings};

/// A name that a block captures.
pub(super) struct Found {
    pub(super) ident: Ident,
    /// The variable of the machine around it; none for what verbatim code around the block binds.
    pub(super) var: Option<VarId>,
}

/// What a block takes along.
#[derive(Default)]
pub(super) struct Taken {
    /// The variables, as values of its own.
    pub(super) captures: Vec<Ident>,
    /// What it has of each.
    values: Vec<Expr>,
    /// What it makes again.
    pub(super) made_again: Vec<MadeAgain>,
}

/// `let pat = expr;`
pub(super) struct MadeAgain {
    pub(super) pat: TokenStream,
    pub(super) expr: TokenStream,
    binds: Vec<VarId>,
}

impl Taken {
    /// A single value under that name.
    pub(super) fn of(ident: Ident) -> Self {
        let mut taken = Taken::default();
        taken.take(ident);
        taken
    }

    fn take(&mut self, ident: Ident) {
        self.values.push(syn::parse_quote!(#ident));
        self.captures.push(ident);
    }

    /// What is captured, in the code around the block.
    pub(super) fn values(&self) -> &[Expr] {
        &self.values
    }

    /// The position in a constant goes along under a name that no variable of the block has.
    fn take_position(&mut self, position: &Ident) -> Ident {
        let ident = format_ident!("__at{}", self.captures.len(), span = position.span());
        self.values.push(syn::parse_quote!(#position));
        self.captures.push(ident.clone());
        ident
    }
}

impl MadeAgain {
    /// The same as a statement.
    pub(super) fn stmt(&self) -> Option<Stmt> {
        let MadeAgain { pat, expr, .. } = self;
        syn::parse2(quote!(#[allow(unused_variables)] let #pat = #expr;)).ok()
    }
}

impl Lower<'_, '_> {
    /// What a block takes along, which has to be its own.
    pub(super) fn taken_along(&mut self, block: &ExprAsync, hidden: &[String]) -> Option<Taken> {
        let found = self.captures(block, hidden);
        if block.capture.is_none() && !found.is_empty() {
            self.errors.on(block, diag::ASYNC_BLOCK);
            return None;
        }
        let mut taken = Taken::default();
        for Found { ident, var } in found {
            let rebuild = var.and_then(|var| self.graph.var(var).rebuild.clone());
            match rebuild {
                None => taken.take(ident),
                Some(rebuild) if self.is_of_a_constant(&rebuild) => self.take_again(rebuild, &mut taken),
                Some(rebuild) if !borrows(&rebuild, &ident) => taken.take(ident),
                Some(_) => self.errors.on(&ident, diag::CAPTURED_BORROW.with(&[&ident.to_string()])),
            }
        }
        Some(taken)
    }

    /// Whether it is made of a constant, and at most of the position in it: then it is the same anywhere.
    fn is_of_a_constant(&self, rebuild: &Rebuild) -> bool {
        let is_position = |var: &VarId| is_temp_name(&self.graph.var(*var).ident.to_string());
        !rebuild.of_self && rebuild.needs.len() < 2 && rebuild.needs.iter().all(is_position)
    }

    fn take_again(&self, rebuild: Rebuild, taken: &mut Taken) {
        // A pattern that binds several names has made them all.
        if rebuild.binds.iter().any(|var| taken.made_again.iter().any(|made| made.binds.contains(var))) {
            return;
        }
        let Rebuild { pat, mut expr, needs, binds, .. } = rebuild;
        for position in needs {
            let position = &self.graph.var(position).ident;
            expr = renamed(expr, position, &taken.take_position(position));
        }
        taken.made_again.push(MadeAgain { pat, expr, binds });
    }

    /// Declares what a block makes again, within it.
    pub(super) fn make_again(&mut self, made_again: Vec<MadeAgain>) {
        for made in made_again {
            let (Some(Stmt::Local(local)), Ok(expr)) = (made.stmt(), syn::parse2::<Expr>(made.expr.clone()))
            else {
                continue;
            };
            let Local { pat, .. } = &local;
            let (pat, names) = (pat.clone(), bindings(pat));
            let rebuild = Rebuild {
                pat: made.pat,
                refutable: false,
                looked_up: false,
                or_leave: None,
                // It is of a constant.
                among: None,
                of_self: false,
                needs: self.needs(&expr),
                expr: made.expr,
                binds: Vec::new(),
            };
            let binds = self.let_stmt(local, &pat, None);
            let names = names.into_iter().map(|name| name.ident.to_string()).collect();
            self.note_again(vec![super::again::Again { rebuild, names }], &binds);
        }
    }

    pub(super) fn captures(&self, block: &ExprAsync, hidden: &[String]) -> Vec<Found> {
        let mut env = self.env.clone();
        // Above all variables that there are.
        let first = self.graph.vars.len();
        for (number, name) in hidden.iter().enumerate() {
            env.bind(&crate::names::ident(name, at(block.async_token.span)), VarId(first + number));
        }
        let mut visitor = Mentioned::new(&env);
        syn::visit::Visit::visit_block(&mut visitor, &block.block);
        let found = |var: VarId| match var.0.checked_sub(first) {
            None => Found { ident: self.graph.var(var).ident.clone(), var: Some(var) },
            Some(number) => {
                Found { ident: crate::names::ident(&hidden[number], Span::call_site()), var: None }
            }
        };
        visitor.vars.into_iter().map(found).collect()
    }
}

/// Whether what is made again under that name is written as a borrow.
fn borrows(rebuild: &Rebuild, name: &Ident) -> bool {
    let Ok(pat) = Pat::parse_multi.parse2(rebuild.pat.clone()) else { return true };
    let whole = match &pat {
        Pat::Type(typed) => &*typed.pat,
        pat => pat,
    };
    let binding = bindings(whole).into_iter().find(|binding| binding.ident == *name);
    if binding.is_some_and(|binding| binding.by_ref.is_some()) {
        return true;
    }
    matches!(whole, Pat::Ident(_)) && syn::parse2(rebuild.expr.clone()).is_ok_and(|expr| is_borrow(&expr))
}

/// Whether an expression is a borrow, or an item of one.
fn is_borrow(expr: &Expr) -> bool {
    match peel(expr) {
        Expr::Reference(_) => true,
        Expr::MethodCall(call) => match peel(&call.receiver) {
            // `nth(items, position).expect(..)`
            Expr::Call(item) if call.method == "expect" => item.args.first().is_some_and(is_borrow),
            _ => call.args.is_empty() && (call.method == "iter" || call.method == "iter_mut"),
        },
        // The same where it may be gone.
        Expr::Call(item) => item.args.first().is_some_and(is_borrow),
        _ => false,
    }
}

/// Tokens with another name in the place of `from`.
fn renamed(tokens: TokenStream, from: &Ident, to: &Ident) -> TokenStream {
    find::map_idents(tokens, &mut |ident| if ident == *from { to.clone() } else { ident })
}
