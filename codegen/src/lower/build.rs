//! Expressions that are made as they are, without being written as tokens and read again: those that each await has, so that an
//! expansion, which is run without optimisation, does not spend its time on them.

use proc_macro2::{Ident, Span};
use syn::{Arm, Expr, Pat, Token, token};

/// A name.
pub(super) fn name(ident: Ident) -> Expr {
    path(ident.into())
}

fn path(path: syn::Path) -> Expr {
    Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path })
}

/// `::a::b`
fn global(span: Span, names: &[&str]) -> syn::Path {
    let segments = names.iter().map(|name| syn::PathSegment::from(Ident::new(name, span)));
    syn::Path { leading_colon: Some(Token![::](span)), segments: segments.collect() }
}

/// `function(argument)`
pub(super) fn call(function: Expr, argument: Option<Expr>, span: Span) -> Expr {
    Expr::Call(syn::ExprCall {
        attrs: Vec::new(),
        func: Box::new(function),
        paren_token: token::Paren(span),
        args: argument.into_iter().collect(),
    })
}

/// A call of a function of the runtime.
pub(super) fn call_of_machine(function: [&str; 2], argument: Ident) -> Expr {
    let span = argument.span();
    let function = path(global(span, &["longhaul", "machine", function[0], function[1]]));
    call(function, Some(name(argument)), span)
}

/// `match operand { .. }`
pub(super) fn match_of(operand: Expr, arms: Vec<Arm>, span: Span) -> Expr {
    Expr::Match(syn::ExprMatch {
        attrs: Vec::new(),
        match_token: Token![match](span),
        expr: Box::new(operand),
        brace_token: token::Brace(span),
        arms,
    })
}

/// `pat => body,`
pub(super) fn arm(pat: Pat, body: Expr, span: Span) -> Arm {
    Arm {
        attrs: Vec::new(),
        pat,
        fat_arrow_token: Token![=>](span),
        body: Box::new(body),
        comma: Some(Token![,](span)),
    }
}

/// A pattern that takes all.
pub(super) fn binding(ident: Ident) -> Pat {
    Pat::Ident(syn::PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident, subpat: None })
}

/// `::core::ops::ControlFlow::Variant(ident)`
pub(super) fn control_flow(variant: &str, ident: Ident) -> Pat {
    let span = ident.span();
    Pat::TupleStruct(syn::PatTupleStruct {
        attrs: Vec::new(),
        qself: None,
        path: global(span, &["core", "ops", "ControlFlow", variant]),
        paren_token: token::Paren(span),
        elems: std::iter::once(binding(ident)).collect(),
    })
}
