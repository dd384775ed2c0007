//! `join!`, `try_join!`, `select!` and `timeout`: branches beside each other at one suspension.
//!
//! A branch that is only an awaitable begins where the construct does and has no code of its own. An `async`
//! block is a task: its code runs within the construct's poll, with a position of its own (`branches`).
use quote::quote;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Expr, Macro, Token};

use super::given::without_names;
use super::label::tidy;
use super::select::is_select;
use super::{Dest, Label, Lower};
use crate::cfg::{Concurrency, Ends};
use crate::diag;

impl Lower<'_, '_> {
    /// `join!`, `try_join!` or `select!` as an expression.
    pub(super) fn concurrent_macro(&mut self, mac: &Macro) -> Expr {
        if is_select(mac) {
            let var = self.result_var(mac.path.span());
            self.select(mac, Dest::Var(var));
            return self.path(var);
        }
        let parser = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated;
        let branches = match parser.parse2(mac.tokens.clone()) {
            Ok(branches) => branches,
            Err(error) => {
                self.errors.push(error);
                return syn::parse_quote!(::core::unreachable!());
            }
        };
        if branches.is_empty() {
            self.errors.on(mac, diag::BRANCHES);
            return syn::parse_quote!(::core::unreachable!());
        }
        let kind = if mac.path.segments.last().is_some_and(|last| last.ident == "try_join") {
            Concurrency::TryJoin
        } else {
            Concurrency::Join
        };
        let name = if kind == Concurrency::Join { "Join" } else { "TryJoin" };
        let label = Self::macro_label(name, mac);
        let (output, _) = self.construct(kind, &branches.iter().collect::<Vec<_>>(), Vec::new(), label);
        self.path(output)
    }

    pub(super) fn macro_label(name: &str, mac: &Macro) -> Label {
        let source = tidy(&without_names(quote!(#mac)).to_string());
        Label { name: name.to_owned(), source, ends: Ends::Result, span: mac.path.span() }
    }
}
