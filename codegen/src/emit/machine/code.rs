//! The user's code, with the placeholders of its exits written out.
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Stmt};

use super::Emit;
use super::arms::Arm;
use crate::cfg::{Code, CodeTokens, ExitTo};
use crate::lower::placeholder;

impl Emit<'_> {
    /// A piece of code, its exits written out.
    pub(super) fn code(&mut self, arm: &Arm, code: &Code) -> TokenStream {
        if code.exits.is_empty() {
            return match &code.tokens {
                CodeTokens::Stmt(stmt) => stmt.to_token_stream(),
                CodeTokens::Expr(expr) => expr.to_token_stream(),
            };
        }
        let mut exits = Exits { emit: self, arm };
        match &code.tokens {
            CodeTokens::Stmt(stmt) => {
                let mut stmt: Stmt = (**stmt).clone();
                exits.visit_stmt_mut(&mut stmt);
                stmt.to_token_stream()
            }
            CodeTokens::Expr(expr) => {
                let mut expr: Expr = (**expr).clone();
                exits.visit_expr_mut(&mut expr);
                expr.to_token_stream()
            }
        }
    }
}

/// Replaces the placeholders of exits.
struct Exits<'x, 'a> {
    emit: &'x mut Emit<'a>,
    arm: &'x Arm,
}

impl VisitMut for Exits<'_, '_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let Expr::Call(call) = expr else { return };
        let Expr::Path(path) = &*call.func else { return };
        let Some(exit) = path.path.get_ident().and_then(placeholder) else { return };
        let exit = self.emit.graph.exits[exit.0].clone();
        let value = call.args.first().map(ToTokens::to_token_stream);
        let way = match exit.to {
            ExitTo::Return => {
                let value = value.unwrap_or_else(|| quote!(()));
                self.emit.returns(self.arm, &value)
            }
            ExitTo::Block(target, result) => {
                let mut live = self.emit.analysis.live_in[target.0].clone();
                let deliver = match (result, value) {
                    (Some(result), Some(value)) => {
                        let needed = live.remove(&result);
                        if needed {
                            let place = self.emit.place(result);
                            quote!(#place.put(#value);)
                        } else {
                            quote!(let _ = #value;)
                        }
                    }
                    (None, Some(value)) => quote!(#value;),
                    (_, None) => TokenStream::new(),
                };
                let puts = self.emit.puts(self.arm, &live, target);
                let go = self.emit.go_to(self.arm.task, target);
                quote!(#deliver #puts #go;)
            }
        };
        // In parentheses, so that it is an operand wherever it stands.
        *expr = syn::parse_quote!(({ #way }));
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        visit_mut::visit_stmt_mut(self, stmt);
        if let Stmt::Expr(expr, _) = stmt {
            bare(expr);
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        visit_mut::visit_arm_mut(self, arm);
        bare(&mut arm.body);
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        mac.tokens = self.tokens(std::mem::take(&mut mac.tokens));
    }
}

/// `({ .. })` as `{ .. }`, where it stands alone.
fn bare(expr: &mut Expr) {
    if let Expr::Paren(inner) = expr
        && let Expr::Block(block) = &*inner.expr
    {
        *expr = Expr::Block(block.clone());
    }
}

impl Exits<'_, '_> {
    /// Placeholders in the input of a macro: each is `name(value)`.
    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let mut out = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match &token {
                proc_macro2::TokenTree::Ident(ident) if placeholder(ident).is_some() => {
                    let arguments = tokens.next();
                    let call = quote!(#token #arguments);
                    match syn::parse2::<Expr>(call) {
                        Ok(mut expr) => {
                            self.visit_expr_mut(&mut expr);
                            out.extend(expr.to_token_stream());
                        }
                        Err(error) => self.emit.errors.push(error),
                    }
                }
                proc_macro2::TokenTree::Group(group) => {
                    let inner = self.tokens(group.stream());
                    let mut group = proc_macro2::Group::new(group.delimiter(), inner);
                    group.set_span(token.span());
                    out.extend([proc_macro2::TokenTree::Group(group)]);
                }
                _ => out.extend([token]),
            }
        }
        out
    }
}
