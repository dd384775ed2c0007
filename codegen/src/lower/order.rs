//! What is gone over again after an await has to be in the same order then: rustc, which knows its type, is asked whether it is.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::at;
use super::place::peel;
use super::views::FINDS;

/// The question for these items: code that is never run, and no code where the answer is known. With what is `kept` of a
/// value that was found among them, it is asked only if that is found again.
pub(crate) fn asked(items: &Expr, kept: Option<&TokenStream>) -> TokenStream {
    let mut asked = vec![items];
    let mut inner = peel(items);
    while let Expr::MethodCall(call) = inner {
        if call.method == "zip" || call.method == "chain" {
            asked.extend(&call.args);
        }
        inner = peel(&call.receiver);
    }
    if matches!(inner, Expr::Range(_) | Expr::Array(_)) {
        return TokenStream::new();
    }
    let asked = asked.into_iter().map(|items| {
        let span = at(items.span());
        let order = quote_spanned!(span=> ::longhaul::machine::hashed::order(#items));
        let order = match kept {
            Some(kept) => quote_spanned!(span=> ::longhaul::machine::hashed::found(&#kept, #order)),
            None => order,
        };
        quote_spanned!(span=> (&&#order).is_kept();)
    });
    quote! {
        if false {
            #[allow(unused_imports)]
            use ::longhaul::machine::hashed::{IfHashed as _, IfNot as _};
            #(#asked)*
        }
    }
}

/// Among what a value is found, if it is found among items: `orders.iter()`, in `orders.iter().max().unwrap()`.
pub(super) fn found_among(value: &Expr) -> Option<&Expr> {
    let Expr::MethodCall(call) = peel(value) else { return None };
    let finds = FINDS.contains(&call.method.to_string().as_str());
    if finds { Some(&call.receiver) } else { found_among(&call.receiver) }
}
