//! What a piece of source has in it: awaits, and macros that await.
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Expr, Macro, Stmt};

/// Calls `found` with each identifier in `tokens`.
pub(crate) fn each_ident(tokens: TokenStream, found: &mut impl FnMut(&Ident)) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found(&ident),
            TokenTree::Group(group) => each_ident(group.stream(), found),
            _ => {}
        }
    }
}

/// Tokens with each identifier in them replaced.
pub(super) fn map_idents(tokens: TokenStream, map: &mut impl FnMut(Ident) -> Ident) -> TokenStream {
    let mapped = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) => map(ident).into(),
        TokenTree::Group(group) => {
            let mut inner = proc_macro2::Group::new(group.delimiter(), map_idents(group.stream(), map));
            inner.set_span(group.span());
            inner.into()
        }
        token => token,
    });
    mapped.collect()
}

/// The macros that run branches beside each other.
pub(crate) fn is_concurrent(mac: &Macro) -> bool {
    mac.path.segments.last().is_some_and(|last| is_concurrent_name(&last.ident))
}

fn is_concurrent_name(name: &Ident) -> bool {
    name == "join" || name == "try_join" || name == "select"
}

/// Whether a macro's input has an await in it.
pub(super) fn macro_awaits(mac: &Macro) -> bool {
    is_concurrent(mac) || tokens_await(mac.tokens.clone())
}

fn tokens_await(tokens: TokenStream) -> bool {
    let (mut dot, mut concurrent) = (false, false);
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if dot && ident == "await" => return true,
            // `join!`, `select!`: they wait, whatever is in them.
            TokenTree::Punct(punct) if concurrent && punct.as_char() == '!' => return true,
            TokenTree::Group(group) if tokens_await(group.stream()) => return true,
            _ => {}
        }
        dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        concurrent = matches!(&token, TokenTree::Ident(ident) if is_concurrent_name(ident));
    }
    false
}

#[derive(Default)]
struct Awaits(bool);

impl<'ast> Visit<'ast> for Awaits {
    fn visit_expr_await(&mut self, _: &'ast syn::ExprAwait) {
        self.0 = true;
    }
    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.0 |= macro_awaits(mac);
    }
    // Of their own, all four: an await in there is not this body's.
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
}

/// What the first `.await` of a block that stands outside of macros awaits.
pub(super) fn first_await(block: &syn::Block) -> Option<Expr> {
    #[derive(Default)]
    struct First(Option<Expr>);
    impl<'ast> Visit<'ast> for First {
        fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
            // What it is made of is awaited before it.
            syn::visit::visit_expr_await(self, expr);
            self.0.get_or_insert_with(|| (*expr.base).clone());
        }
        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut first = First::default();
    first.visit_block(block);
    first.0
}

pub(super) fn expr_awaits(expr: &Expr) -> bool {
    let mut awaits = Awaits::default();
    awaits.visit_expr(expr);
    awaits.0
}

pub(super) fn stmt_awaits(stmt: &Stmt) -> bool {
    let mut awaits = Awaits::default();
    awaits.visit_stmt(stmt);
    awaits.0
}

/// The attributes of the statements, and of the arms of a `match`, that are taken apart because there is an await in them.
pub(crate) fn attributes_on_awaits(body: &syn::Block) -> Vec<syn::Attribute> {
    #[derive(Default)]
    struct OnAwaits(Vec<syn::Attribute>);
    impl<'ast> Visit<'ast> for OnAwaits {
        fn visit_stmt(&mut self, stmt: &'ast Stmt) {
            if stmt_awaits(stmt) {
                // Whichever part of it syn has given them to.
                let leading = syn::Attribute::parse_outer;
                let rest = |input: syn::parse::ParseStream<'_>| {
                    let attrs = leading(input)?;
                    input.parse::<TokenStream>()?;
                    Ok(attrs)
                };
                self.0.extend(syn::parse::Parser::parse2(rest, stmt.to_token_stream()).unwrap_or_default());
                syn::visit::visit_stmt(self, stmt);
            }
        }
        fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
            self.0.extend(expr.arms.iter().flat_map(|arm| arm.attrs.iter().cloned()));
            syn::visit::visit_expr_match(self, expr);
        }
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut found = OnAwaits::default();
    found.visit_block(body);
    found.0
}
