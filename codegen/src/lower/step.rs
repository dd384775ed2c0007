//! Local steps: `ctx.run("name", async move { .. })`.
//!
//! The block is no part of the machine, and stays as it is written. Where the step stands, a value is made of what it captures;
//! the block itself goes into an arm of its own, where it is a closure of what is captured. That is looked for by the step's name
//! whenever an attempt at it begins, so it is the same after a restart as before.
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprAsync, ExprMethodCall, Ident, Lit, LitStr};

use super::place::peel;
use super::taken::MadeAgain;
use super::verbatim::Around;
use super::{Lower, at};
use crate::cfg::{Graph, LocalStep};
use crate::diag::{self, Errors};

impl Lower<'_, '_> {
    /// Whether a method call is `ctx.run(..)`.
    pub(super) fn is_step(&self, call: &ExprMethodCall) -> bool {
        call.method == "run" && self.is_ctx(&call.receiver)
    }

    /// Whether an expression is a step, with or without what is said of how it is tried.
    pub(super) fn is_step_value(&self, expr: &Expr) -> bool {
        let Expr::MethodCall(call) = peel(expr) else { return false };
        self.is_step(call) || self.is_step_value(&call.receiver)
    }

    /// `ctx.run(..)` as a value.
    pub(super) fn step_value(&mut self, call: &ExprMethodCall, around: &Around) -> Expr {
        self.checked_step(call, around).unwrap_or_else(|| syn::parse_quote!(::core::unreachable!()))
    }

    fn checked_step(&mut self, call: &ExprMethodCall, around: &Around) -> Option<Expr> {
        let (literal, block) = self.step_parts(call)?;
        let method = self.name.split('.').next().unwrap_or_default().to_owned();
        if self.around.methods.get(&method).is_some_and(|shape| shape.is_generic) {
            self.errors.on(call, diag::STEP_GENERIC);
            return None;
        }
        let mut words = Vec::new();
        forbidden(quote!(#block), self.context.as_ref(), &mut words);
        for word in &words {
            self.errors.on(word, diag::STEP_CONTEXT.with(&[&word.to_string()]));
        }
        let taken = self.taken_along(block, &around.hidden)?;
        let mut body = block.block.clone();
        body.stmts.splice(0..0, taken.made_again.iter().filter_map(MadeAgain::stmt));
        let span = at(block.span());
        let mut tag = step_tag(self.graph.steps.len());
        tag.set_span(span);
        let (name, make) = self.step_names(&method, &literal, span);
        let names = taken.captures.iter().map(plain);
        let nested = nest(taken.values(), span);
        let value = syn::parse_quote_spanned! {span=>
            ::longhaul::machine::#make(__ctx, #name, #tag, &[#(#names),*], #nested)
        };
        let items = self.items_around(around);
        let step = LocalStep { name, literal, block: self.current, items, captures: taken.captures, body };
        self.graph.steps.push(step);
        words.is_empty().then_some(value)
    }

    /// The name under which a step is stored, and what makes it as a value.
    fn step_names(&self, method: &str, literal: &LitStr, span: Span) -> (String, Ident) {
        let make = if self.around.is_function { "local_step_of_function" } else { "local_step" };
        let method = method.trim_start_matches("r#");
        (format!("{method}.{}", literal.value()), Ident::new(make, span))
    }

    fn step_parts<'x>(&mut self, call: &'x ExprMethodCall) -> Option<(LitStr, &'x ExprAsync)> {
        let parts: Vec<&Expr> = call.args.iter().map(peel).collect();
        let [Expr::Lit(syn::ExprLit { lit: Lit::Str(name), .. }), Expr::Async(block)] = parts[..] else {
            self.errors.on(call, diag::STEP_SHAPE);
            return None;
        };
        let text = name.value();
        let may_be = |letter: char| letter.is_alphanumeric() || " _-".contains(letter);
        if !text.chars().all(may_be) || !text.chars().any(char::is_alphanumeric) {
            self.errors.on(name, diag::STEP_NAME);
            return None;
        }
        Some((name.clone(), block))
    }
}

/// Values one within the other, as rustc can take them apart whatever their number: `(a, (b, ()))`.
fn nest(values: &[Expr], span: Span) -> TokenStream {
    let nothing = quote_spanned!(span=> ());
    values.iter().rev().fold(nothing, |rest, value| quote_spanned!(span=> (#value, #rest)))
}

/// The same as a pattern.
pub(crate) fn nested_pattern(captures: &[Ident]) -> TokenStream {
    captures.iter().rev().fold(quote!(()), |rest, capture| quote!((mut #capture, #rest)))
}

/// A variable's name as it is stored.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

/// What ties the types of a step together.
pub(crate) fn step_tag(number: usize) -> Ident {
    format_ident!("__step{number}")
}

/// `self` and the context, which are not there in a step.
fn forbidden(tokens: TokenStream, context: Option<&Ident>, found: &mut Vec<Ident>) {
    let mut after_dot = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if !after_dot && (ident == "self" || Some(ident) == context) => {
                found.push(ident.clone());
            }
            TokenTree::Group(group) => forbidden(group.stream(), context, found),
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
}

/// Notes the steps of a method that have the name of another.
pub(super) fn check_names(graph: &Graph, errors: &mut Errors) {
    let mut known = std::collections::BTreeSet::new();
    each_step(graph, &mut |step| {
        if !known.insert(step.name.clone()) {
            errors.on(&step.literal, diag::STEP_TWICE.with(&[&step.literal.value()]));
        }
    });
}

fn each_step(graph: &Graph, with: &mut impl FnMut(&LocalStep)) {
    graph.steps.iter().for_each(&mut *with);
    graph.sites.iter().for_each(|site| each_step(&site.graph, with));
}
