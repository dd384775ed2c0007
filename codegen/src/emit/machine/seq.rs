//! Tokens with their open scopes.
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::cfg::ScopeId;

/// Tokens with their open scopes.
pub(super) struct Seq {
    open: Vec<(Option<ScopeId>, TokenStream)>,
    /// The scopes that have items, which must not be seen outside.
    closed: Vec<ScopeId>,
}

impl Seq {
    pub(super) fn new() -> Self {
        Seq { open: vec![(None, TokenStream::new())], closed: Vec::new() }
    }

    pub(super) fn add(&mut self, tokens: impl ToTokens) {
        let (_, top) = self.open.last_mut().expect("the base is never closed");
        tokens.to_tokens(top);
    }

    pub(super) fn enter(&mut self, scope: ScopeId, items: &[syn::Item]) {
        self.open.push((Some(scope), quote!(#(#items)*)));
        if !items.is_empty() {
            self.closed.push(scope);
        }
    }

    pub(super) fn leave(&mut self, scope: ScopeId) {
        if self.open.last().is_some_and(|(open, _)| *open == Some(scope))
            && let Some((_, inner)) = self.open.pop()
            && !inner.is_empty()
        {
            self.add(quote!({ #inner }));
        }
    }

    /// Scopes that are still open end where the sequence does.
    pub(super) fn finish(mut self) -> TokenStream {
        while self.open.len() > 1 {
            let (scope, inner) = self.open.pop().expect("there are two");
            if scope.is_some_and(|scope| self.closed.contains(&scope)) {
                self.add(quote!({ #inner }));
            } else {
                self.add(inner);
            }
        }
        self.open.pop().map(|(_, tokens)| tokens).unwrap_or_default()
    }
}
