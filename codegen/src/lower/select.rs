//! `select!`: its branches, with their patterns and guards, and what is done with the first that is ready.
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Block, Expr, Macro, Pat, Token};

use super::again::masked;
use super::{Dest, Lower, VarId};
use crate::cfg::{Code, CodeTokens, Concurrency, Door, Instr, MatchArm, MatchHead, Term};
use crate::diag;
use crate::names::{BranchOf, Vars};

/// `pattern = awaitable, if guard => handler`
struct SelectArm {
    pat: Pat,
    awaitable: Expr,
    guard: Option<Expr>,
    handler: Expr,
}

/// A whole `select!`.
struct Select {
    arms: Vec<SelectArm>,
    /// What is done when all branches are shut.
    otherwise: Option<Expr>,
}

pub(super) fn is_select(mac: &Macro) -> bool {
    mac.path.segments.last().is_some_and(|last| last.ident == "select")
}

/// All code in a `select!`: what its branches wait for, guards, handlers. None where it is no `select!`, or a wrong one.
pub(super) fn select_codes(mac: &Macro) -> Option<Vec<Expr>> {
    let branches = if is_select(mac) { branches_of(mac)? } else { return None };
    let codes = branches.into_iter().flat_map(|branch| {
        let BranchOf { awaitable, guard, handler, .. } = branch;
        [awaitable, guard, handler].into_iter().flatten()
    });
    Some(codes.collect())
}

/// The branches of `join!`, `try_join!` or `select!`. None where they cannot be read.
pub(crate) fn branches_of(mac: &Macro) -> Option<Vec<BranchOf>> {
    if !is_select(mac) {
        let parser = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated;
        let branches = parser.parse2(mac.tokens.clone()).ok()?.into_iter();
        let branch =
            |awaitable| BranchOf { pat: None, awaitable: Some(awaitable), guard: None, handler: None };
        return Some(branches.map(branch).collect());
    }
    let Select { arms, otherwise } = parse_select.parse2(mac.tokens.clone()).ok()?;
    let arms = arms.into_iter().map(|SelectArm { pat, awaitable, guard, handler }| BranchOf {
        pat: Some(pat),
        awaitable: Some(awaitable),
        guard,
        handler: Some(handler),
    });
    let otherwise = BranchOf { pat: None, awaitable: None, guard: None, handler: otherwise };
    Some(arms.chain([otherwise]).collect())
}

#[allow(clippy::needless_pass_by_value)] // As `map_err` calls it.
fn shape(error: syn::Error) -> syn::Error {
    diag::SELECT_ARM.at(error.span())
}

/// `=> handler`, and the comma behind it.
fn handler(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse::<Token![=>]>().map_err(shape)?;
    let handler = if input.peek(syn::token::Brace) {
        let block: Block = input.parse()?;
        Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block })
    } else {
        input.parse()?
    };
    if !input.is_empty() && (input.peek(Token![,]) || !matches!(handler, Expr::Block(_))) {
        input.parse::<Token![,]>().map_err(shape)?;
    }
    Ok(handler)
}

impl Parse for SelectArm {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let pat = Pat::parse_multi(input).map_err(shape)?;
        if input.peek(Token![=>]) {
            return Err(diag::SELECT_ARM.at(input.span()));
        }
        input.parse::<Token![=]>().map_err(shape)?;
        let awaitable = input.parse()?;
        let mut guard = None;
        if input.peek(Token![,]) && input.peek2(Token![if]) {
            input.parse::<Token![,]>()?;
            input.parse::<Token![if]>()?;
            guard = Some(input.parse()?);
        }
        Ok(SelectArm { pat, awaitable, guard, handler: handler(input)? })
    }
}

fn parse_select(input: ParseStream<'_>) -> syn::Result<Select> {
    // `biased;` is what this is already.
    if input.fork().parse::<syn::Ident>().is_ok_and(|word| word == "biased") && input.peek2(Token![;]) {
        input.parse::<syn::Ident>()?;
        input.parse::<Token![;]>()?;
    }
    let mut select = Select { arms: Vec::new(), otherwise: None };
    while !input.is_empty() {
        if input.peek(Token![else]) {
            input.parse::<Token![else]>()?;
            select.otherwise = Some(handler(input)?);
            if !input.is_empty() {
                return Err(diag::SELECT_ARM.at(input.span()));
            }
        } else {
            select.arms.push(input.parse()?);
        }
    }
    Ok(select)
}

impl Lower<'_, '_> {
    /// `select!`: the handlers run after it, in the surrounding code.
    pub(super) fn select(&mut self, mac: &Macro, dest: Dest) {
        let Select { mut arms, otherwise } = match parse_select.parse2(mac.tokens.clone()) {
            Ok(select) => select,
            Err(error) => return self.errors.push(error),
        };
        if arms.is_empty() {
            return self.errors.on(mac, diag::BRANCHES);
        }
        // All guards are evaluated before any of the awaitables.
        let mut doors = Vec::new();
        for arm in &mut arms {
            let guard = arm.guard.take().map(|guard| {
                let span = guard.span();
                let guard = self.expr(&guard);
                self.spill(guard, span)
            });
            let pattern = may_not_match(&arm.pat).then(|| {
                let pat = masked(&arm.pat, |_, _| false);
                if let Pat::Or(_) = pat { quote!((#pat)) } else { quote!(#pat) }
            });
            doors.push((Door { guarded: guard.is_some(), pattern }, guard));
        }
        let may_all_shut = doors.iter().all(|(door, _)| door.may_shut());
        let label = Self::macro_label("Select", mac);
        let branches: Vec<_> = arms.iter().map(|arm| &arm.awaitable).collect();
        let (winner, outputs) = self.construct(Concurrency::Select, &branches, doors, label);
        let start = self.current;
        let after = self.block("After");
        let mut targets = Vec::new();
        for (number, (arm, output)) in arms.iter().zip(outputs).enumerate() {
            let block = self.block("Handler");
            self.go(block);
            self.scoped(|this| {
                this.take_output(&arm.pat, output);
                this.value_here(&arm.handler, dest);
            });
            self.graph.blocks[self.current.0].term = Term::Fall(after);
            let last = number + 1 == arms.len() && !may_all_shut;
            let pat = if last { quote!(_) } else { quote!(#number) };
            targets.push(MatchArm { pat, guard: None, block });
        }
        if may_all_shut {
            let block = self.block("Otherwise");
            self.go(block);
            let shut: Expr = syn::parse_quote! {
                ::core::panic!("all branches of a `select!` are shut, and it has no `else`")
            };
            self.scoped(|this| this.value_here(otherwise.as_ref().unwrap_or(&shut), dest));
            self.graph.blocks[self.current.0].term = Term::Fall(after);
            targets.push(MatchArm { pat: quote!(_), guard: None, block });
        }
        self.go(start);
        self.end(Term::Match { head: MatchHead::Winner(winner), arms: targets, after }, after);
    }

    /// `let PAT = output.take();`
    fn take_output(&mut self, pat: &Pat, output: VarId) {
        let ident = self.graph.var(output).ident.clone();
        let declares = self.bind(pat, None);
        let span = super::at(pat.span());
        let stmt = if may_not_match(pat) {
            let plain = if let Pat::Or(_) = pat { quote!((#pat)) } else { quote!(#pat) };
            syn::parse_quote_spanned!(span=> let #plain = #ident.take() else { ::core::unreachable!() };)
        } else {
            syn::parse_quote_spanned!(span=> let #pat = #ident.take();)
        };
        self.push(Instr::Code(Code {
            tokens: CodeTokens::Stmt(Box::new(stmt)),
            uses: Vars::from([output]),
            kills: Vars::new(),
            declares,
            exits: Vec::new(),
        }));
    }
}

/// Whether a pattern may be one of those that not every value matches.
fn may_not_match(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) | Pat::Rest(_) => false,
        Pat::Ident(ident) => {
            crate::names::bindings(pat).is_empty()
                || ident.subpat.as_ref().is_some_and(|(_, within)| may_not_match(within))
        }
        Pat::Type(typed) => may_not_match(&typed.pat),
        Pat::Paren(inner) => may_not_match(&inner.pat),
        Pat::Reference(reference) => may_not_match(&reference.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().any(may_not_match),
        _ => true,
    }
}
