//! Where a variable is used next: what was moved away is missed there, and not where it is put into its slot.
use std::collections::{BTreeSet, VecDeque};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::Emit;
use super::lints::is_of_the_user;
use crate::analyse::{codes, successors};
use crate::cfg::{BlockId, CodeTokens};
use crate::names::{VarId, captures};

/// The first mention of a name.
struct First<'n> {
    name: &'n Ident,
    found: Option<Span>,
}

impl First<'_> {
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            let is_it = match &token {
                TokenTree::Ident(ident) => ident == self.name,
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    false
                }
                TokenTree::Literal(literal) => syn::parse_str::<syn::LitStr>(&literal.to_string())
                    .is_ok_and(|text| captures(&text.value()).iter().any(|name| self.name == name)),
                TokenTree::Punct(_) => false,
            };
            if is_it {
                self.found.get_or_insert_with(|| token.span());
            }
        }
    }
}

impl<'ast> Visit<'ast> for First<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(ident) = path.path.get_ident().filter(|ident| *ident == self.name) {
            self.found.get_or_insert_with(|| ident.span());
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
    }

    fn visit_expr(&mut self, expr: &'ast syn::Expr) {
        if self.found.is_none() {
            visit::visit_expr(self, expr);
        }
    }
}

impl Emit<'_> {
    /// A variable's name, as it is put into its slot before the code goes on in a block.
    pub(super) fn name_at_next_use(&self, var: VarId, to: BlockId) -> Ident {
        let mut name = self.graph.var(var).ident.clone();
        if !is_of_the_user(self.graph, var) {
            return name;
        }
        let (mut todo, mut seen) = (VecDeque::from([to]), BTreeSet::from([to]));
        while let Some(id) = todo.pop_front() {
            let mut uses = codes(self.graph.block(id)).filter(|code| code.uses.contains(&var));
            if let Some(code) = uses.next() {
                let mut first = First { name: &name, found: None };
                match &code.tokens {
                    CodeTokens::Stmt(stmt) => first.visit_stmt(stmt),
                    CodeTokens::Expr(expr) => first.visit_expr(expr),
                }
                if let Some(span) = first.found {
                    name.set_span(name.span().located_at(span));
                }
                break;
            }
            todo.extend(successors(self.graph, id).into_iter().filter(|next| seen.insert(*next)));
        }
        name
    }
}
