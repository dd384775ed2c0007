//! Names that are keywords in a newer edition than the user's.
//!
//! rustc reads what a macro makes by the edition of the macro. So `gen`, which is a name before 2024, goes on as `r#gen`, which is the
//! same name in all editions.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};

const LATER: &str = "gen";

/// The tokens, with such names written so that any edition takes them.
pub(crate) fn raw(tokens: TokenStream) -> TokenStream {
    if is_in(&tokens) { written(tokens) } else { tokens }
}

fn is_in(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == LATER,
        TokenTree::Group(group) => is_in(&group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn written(tokens: TokenStream) -> TokenStream {
    let token = |token| match token {
        TokenTree::Ident(ident) if ident == LATER => Ident::new_raw(LATER, ident.span()).into(),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), written(group.stream()));
            inner.set_span(group.span());
            inner.into()
        }
        token => token,
    };
    tokens.into_iter().map(token).collect()
}
