//! Partial moves: `let name = order.name;`, and `order.items` after an await. What is left of `order` then is no value
//! that could be stored, so it is taken apart first: the field that moves gets a variable, and those that are named later
//! go into a value of their own, which has the name and the fields that it had.
//!
//! ```text
//! let __part0 = order.name;
//! let order = __Parts0 { items: order.items };
//! let name = __part0;
//! ```
use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Ident, Item, Member, Pat, Stmt};

use super::find::stmt_awaits;
use super::place::peel;
use crate::model::Method;
use crate::names::captures;
use crate::parameters::Passing;

/// The body of a method with its partial moves written out, and the types of what is left behind.
pub(super) fn taken_apart_in(method: &Method) -> (Block, Vec<Item>) {
    let owned = method.arguments.iter().filter(|argument| matches!(argument.passing, Passing::Value));
    let parameters: Vec<Pat> = owned.map(|argument| argument.pat.clone()).collect();
    taken_apart(&super::capitals::bound(&method.body), &parameters)
}

/// A body with its partial moves written out, and the types of what is left behind.
fn taken_apart(body: &Block, parameters: &[Pat]) -> (Block, Vec<Item>) {
    let mut body = body.clone();
    let mut apart = Apart { items: Vec::new(), parts: 0 };
    let known = parameters.iter().filter_map(whole_name).collect();
    apart.block(&mut body, known);
    (body, apart.items)
}

struct Apart {
    items: Vec<Item>,
    parts: usize,
}

impl VisitMut for Apart {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block, Vec::new());
    }
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

impl Apart {
    /// `known` are the names and mutability of values that are the block's own.
    fn block(&mut self, block: &mut Block, mut known: Vec<(Ident, bool)>) {
        for stmt in &mut block.stmts {
            visit_mut::visit_stmt_mut(self, stmt);
        }
        let last = block.stmts.iter().rposition(stmt_awaits);
        let mut rest: std::collections::VecDeque<Stmt> = std::mem::take(&mut block.stmts).into();
        let mut at = 0;
        while let Some(mut stmt) = rest.pop_front() {
            // Behind the last await nothing has to be kept.
            let looked_at = last.is_some_and(|last| at <= last);
            let taken = if looked_at { taken_from(&stmt) } else { BTreeSet::new() };
            at += 1;
            let from: Vec<_> =
                known.iter().filter(|(name, _)| taken.contains(&name.to_string())).cloned().collect();
            for (name, mutable) in from {
                if let Some(before) = self.moved(&mut stmt, &rest, &name, mutable) {
                    block.stmts.extend(before);
                }
            }
            if let Stmt::Local(local) = &stmt
                && let Some(init) = &local.init
                && !matches!(peel(&init.expr), Expr::Reference(_))
            {
                let bound = crate::names::bindings(&local.pat);
                known.retain(|(name, _)| bound.iter().all(|binding| binding.ident != *name));
                known.extend(whole_name(&local.pat));
            }
            block.stmts.push(stmt);
        }
    }

    /// If `stmt` moves a field out of `name`, and others are needed after an await: what has to stand before it.
    fn moved(
        &mut self,
        stmt: &mut Stmt,
        rest: &std::collections::VecDeque<Stmt>,
        name: &Ident,
        mutable: bool,
    ) -> Option<Vec<Stmt>> {
        let mut moves = Moves { name: Some(name), field: None, taken: BTreeSet::new() };
        moves.visit_stmt_mut(&mut stmt.clone());
        let field = moves.field?;
        let mut left = BTreeSet::new();
        for later in rest {
            fields(later.to_token_stream(), name, &mut left)?;
        }
        let mut here = Vec::new();
        each_field(stmt.to_token_stream(), name, &mut |field| here.push(field))?;
        let moved = shown(&field);
        // What is named once more was copied; where nothing else is named, nothing is left.
        if left.contains(&moved) || here.iter().filter(|field| **field == moved).count() != 1 {
            return None;
        }
        left.extend(here.into_iter().filter(|field| *field != moved));
        // Longer tuples have no stored form.
        let numbers = left.iter().filter_map(|field| field.parse::<u64>().ok());
        if left.is_empty() || numbers.max().is_some_and(|last| last > 15) {
            return None;
        }
        let part = format_ident!("__part{}", self.parts, span = super::at(name.span()));
        self.parts += 1;
        let parts = self.parts_of(name, &left);
        let mutable = mutable.then(|| quote!(mut));
        replace(stmt, name, &field, &part);
        Some(vec![
            syn::parse_quote!(let #part = #name.#field;),
            syn::parse_quote!(let #mutable #name = #parts;),
        ])
    }

    /// A value with these fields of `name` and no others.
    fn parts_of(&mut self, name: &Ident, left: &BTreeSet<String>) -> Expr {
        if let Some(last) = left.iter().filter_map(|field| field.parse::<usize>().ok()).max() {
            let elems = (0..=last).map(|number| {
                let index = syn::Index::from(number);
                if left.contains(&number.to_string()) { quote!(#name.#index) } else { quote!(()) }
            });
            return syn::parse_quote!((#(#elems,)*));
        }
        let ty = format_ident!("__Parts{}", self.items.len());
        let fields: Vec<Ident> = left.iter().map(|field| crate::names::ident(field, name.span())).collect();
        let types: Vec<Ident> = (0..fields.len()).map(|number| format_ident!("T{number}")).collect();
        self.items.push(syn::parse_quote! {
            #[derive(::longhaul::machine::serde::Serialize, ::longhaul::machine::serde::Deserialize)]
            #[serde(crate = "::longhaul::machine::serde")]
            struct #ty<#(#types),*> { #(#fields: #types),* }
        });
        syn::parse_quote!(#ty { #(#fields: #name.#fields),* })
    }
}

/// Finds the fields that a statement takes by value, in no block of its own.
struct Moves<'n> {
    name: Option<&'n Ident>,
    /// The first of `name`.
    field: Option<Member>,
    /// The names of which there is one.
    taken: BTreeSet<String>,
}

impl Moves<'_> {
    fn by_value(&mut self, expr: &Expr) {
        if let Expr::Field(field) = peel(expr)
            && let Expr::Path(path) = peel(&field.base)
            && let Some(name) = path.path.get_ident()
        {
            if self.name == Some(name) {
                self.field.get_or_insert_with(|| field.member.clone());
            }
            self.taken.insert(name.to_string());
        }
    }
}

/// Writes `part` for a field of `name`.
fn replace(stmt: &mut Stmt, name: &Ident, field: &Member, part: &Ident) {
    struct Replace<'n>(&'n Ident, &'n Member, &'n Ident);
    impl VisitMut for Replace<'_> {
        fn visit_expr_mut(&mut self, expr: &mut Expr) {
            let found = matches!(expr, Expr::Field(field) if field.member == *self.1
                && matches!(peel(&field.base), Expr::Path(path) if path.path.is_ident(self.0)));
            if found {
                let part = self.2;
                *expr = syn::parse_quote!(#part);
            } else {
                visit_mut::visit_expr_mut(self, expr);
            }
        }
    }
    Replace(name, field, part).visit_stmt_mut(stmt);
}

/// The names that a statement takes fields of by value.
fn taken_from(stmt: &Stmt) -> BTreeSet<String> {
    let mut moves = Moves { name: None, field: None, taken: BTreeSet::new() };
    moves.visit_stmt_mut(&mut stmt.clone());
    moves.taken
}

impl VisitMut for Moves<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Call(call) => call.args.iter().for_each(|arg| self.by_value(arg)),
            Expr::MethodCall(call) => {
                call.args.iter().for_each(|arg| self.by_value(arg));
                let method = call.method.to_string();
                if method.starts_with("into_") || method.starts_with("unwrap") || method == "expect" {
                    self.by_value(&call.receiver);
                }
            }
            Expr::Struct(literal) => literal.fields.iter().for_each(|field| self.by_value(&field.expr)),
            Expr::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.by_value(elem)),
            Expr::Array(array) => array.elems.iter().for_each(|elem| self.by_value(elem)),
            Expr::ForLoop(expr) => self.by_value(&expr.expr),
            Expr::Assign(assign) => self.by_value(&assign.right),
            _ => {}
        }
        visit_mut::visit_expr_mut(self, expr);
    }
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &local.init {
            let whole = matches!(local.pat, Pat::Ident(_) | Pat::Type(_));
            if whole {
                self.by_value(&init.expr);
            }
        }
        visit_mut::visit_local_mut(self, local);
    }
    fn visit_block_mut(&mut self, _: &mut Block) {}
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// What a pattern binds, if it is a name for all of a value.
fn whole_name(pat: &Pat) -> Option<(Ident, bool)> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            Some((pat.ident.clone(), pat.mutability.is_some()))
        }
        Pat::Type(typed) if !matches!(*typed.ty, syn::Type::Reference(_)) => whole_name(&typed.pat),
        _ => None,
    }
}

fn shown(field: &Member) -> String {
    field.to_token_stream().to_string()
}

fn fields(tokens: TokenStream, name: &Ident, found: &mut BTreeSet<String>) -> Option<()> {
    each_field(tokens, name, &mut |field| {
        found.insert(field);
    })
}

/// Calls `found` with each field of `name` that some code names; `None` when it names all of it.
fn each_field(tokens: TokenStream, name: &Ident, found: &mut impl FnMut(String)) -> Option<()> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_dot =
        |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '.');
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => each_field(group.stream(), name, found)?,
            TokenTree::Literal(literal) => {
                let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                if text.is_ok_and(|text| captures(&text.value()).iter().any(|known| name == known)) {
                    return None;
                }
            }
            // `Point { name: 1 }`
            TokenTree::Ident(ident) if ident == name && is_field_name(&tokens, at) => {}
            TokenTree::Ident(ident) if ident == name => {
                let after_dot =
                    at > 0 && is_dot(tokens.get(at - 1)) && !(at > 1 && is_dot(tokens.get(at - 2)));
                if after_dot {
                    continue;
                }
                if !is_dot(tokens.get(at + 1)) {
                    return None;
                }
                let called = |at: usize| match tokens.get(at) {
                    Some(TokenTree::Group(group)) => group.delimiter() == proc_macro2::Delimiter::Parenthesis,
                    Some(TokenTree::Punct(punct)) => punct.as_char() == ':',
                    _ => false,
                };
                match tokens.get(at + 2) {
                    Some(TokenTree::Ident(field)) if field != "await" && !called(at + 3) => {
                        found(field.to_string());
                    }
                    // `pair.0.1` has a number in it.
                    Some(TokenTree::Literal(number)) => {
                        found(number.to_string().split('.').next().unwrap_or_default().to_owned());
                    }
                    _ => return None,
                }
            }
            _ => {}
        }
    }
    Some(())
}

/// Whether an identifier is the name of a field in a literal: `{ name: ..` or `, name: ..`, but no `name::..`.
fn is_field_name(tokens: &[TokenTree], at: usize) -> bool {
    let punct = |at: usize, is: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == is);
    let first = at == 0 || punct(at - 1, ',');
    // A closure's parameter looks the same behind a comma.
    let in_closure =
        tokens[..at].iter().any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '|'));
    first && !in_closure && punct(at + 1, ':') && !punct(at + 2, ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::needless_pass_by_value)] // As `quote!` gives it.
    fn apart(body: TokenStream) -> String {
        let (block, _) = taken_apart(&syn::parse_quote!({ #body }), &[]);
        block.to_token_stream().to_string()
    }

    #[test]
    fn what_is_left_after_a_move_has_the_fields_that_are_named_later() {
        assert_eq!(
            apart(quote!(let o = f(); let name = o.name; g().await; h(o.items.len(), o.id))),
            quote!({
                let o = f();
                let __part0 = o.name;
                let o = __Parts0 { id: o.id, items: o.items };
                let name = __part0;
                g().await;
                h(o.items.len(), o.id)
            })
            .to_string()
        );
        assert_eq!(
            apart(quote!(let p = f(); g(p.0).await; h(&p.2))),
            "{ let p = f () ; let __part0 = p . 0 ; let p = (() , () , p . 2 ,) ; g (__part0) . await ; h (& p . 2) }"
        );
    }

    #[test]
    fn what_does_not_move_stays_as_it_is() {
        for body in [
            quote!(let o = f(); let id = o.id; g().await; h(&o)),
            quote!(let o = f(); let id = o.id; g().await; h(o.id)),
            quote!(let o = f(); let id = o.id; g().await; println!("{o:?}")),
            quote!(let o = f(); let id = o.id; g().await; o.total()),
            quote!(let o = &f; let id = o.id; g().await; h(o.name)),
            quote!(let o = f(); let name = o.name; h(o.items)),
        ] {
            assert_eq!(apart(body.clone()), quote!({ #body }).to_string());
        }
    }
}
