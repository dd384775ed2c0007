//! Reading an item of which some bodies do not parse.
//!
//! rustc has parsed the item before us and says what is wrong in it, well and on the right place. All there is to do
//! is to say nothing more, and to go on with the rest, so that no second error follows.
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parse;
use syn::{AttrStyle, Attribute, ImplItem, ItemFn, ItemImpl};

use crate::diag::Errors;

/// Where an item has its bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// `fn name() { .. }`
    Own,
    /// `impl Name { fn name() { .. } .. }`
    OfItsItems,
}

/// Parses an item; bodies that do not parse are noted, and stand in it as ones that never end.
pub(crate) fn item<T: Item>(tokens: TokenStream, bodies: Bodies, errors: &mut Errors) -> syn::Result<T> {
    let error = match syn::parse2::<T>(tokens.clone()) {
        Ok(item) => return Ok(item.outward()),
        Err(error) => error,
    };
    let mut broken = Vec::new();
    let Ok(parsed) = syn::parse2::<T>(patched(tokens, bodies, &mut broken)) else { return Err(error) };
    for (body, error) in broken {
        errors.unparsed(body, &error);
    }
    Ok(parsed.outward())
}

/// What can be read so.
pub(crate) trait Item: Parse {
    /// The item with what is said of it, and of its methods, within their braces (`//! ..`, `#![..]`) said before them: it means the
    /// same, and its parts can be used apart.
    fn outward(self) -> Self;
}

impl Item for ItemFn {
    fn outward(mut self) -> Self {
        all_outward(&mut self.attrs);
        self
    }
}

impl Item for ItemImpl {
    fn outward(mut self) -> Self {
        all_outward(&mut self.attrs);
        for item in &mut self.items {
            if let ImplItem::Fn(method) = item {
                all_outward(&mut method.attrs);
            }
        }
        self
    }
}

fn all_outward(attrs: &mut [Attribute]) {
    for attr in attrs {
        attr.style = AttrStyle::Outer;
    }
}

fn patched(tokens: TokenStream, bodies: Bodies, broken: &mut Vec<(Group, syn::Error)>) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    match bodies {
        Bodies::Own => {
            if let Some(TokenTree::Group(body)) = tokens.last_mut() {
                patch(body, broken);
            }
        }
        Bodies::OfItsItems => {
            if let Some(TokenTree::Group(items)) = tokens.last_mut() {
                let mut inner: Vec<TokenTree> = items.stream().into_iter().collect();
                for at in 0..inner.len() {
                    // `const ORIGIN: Point = Point { x: 0 };` has no body.
                    let ends =
                        !matches!(inner.get(at + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == ';');
                    if let TokenTree::Group(body) = &mut inner[at]
                        && ends
                    {
                        patch(body, broken);
                    }
                }
                *items = respanned(items, inner.into_iter().collect());
            }
        }
    }
    tokens.into_iter().collect()
}

/// Exchanges a body that does not parse.
fn patch(body: &mut Group, broken: &mut Vec<(Group, syn::Error)>) {
    if body.delimiter() != Delimiter::Brace {
        return;
    }
    if let Err(error) = syn::parse2::<syn::Block>(TokenTree::Group(body.clone()).into()) {
        broken.push((body.clone(), error));
        *body = respanned(body, quote!(loop {}));
    }
}

fn respanned(group: &Group, stream: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), stream);
    new.set_span(group.span());
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_body_that_does_not_parse_is_left_out() {
        let mut errors = Errors::default();
        let tokens = quote! {
            impl Flow {
                const ORIGIN: Point = Point { x: 0 };
                fn good(&self) -> u32 { 1 }
                fn bad(&self) -> u32 { let x = ; }
            }
        };
        let parsed: syn::ItemImpl = item(tokens, Bodies::OfItsItems, &mut errors).expect("it is an impl");
        let shown = quote!(#parsed).to_string();
        assert!(
            shown.contains("Point { x : 0 }") && shown.contains("{ 1 }") && shown.contains("loop { }"),
            "{shown}"
        );
        assert!(!errors.is_empty());
        let said = errors.into_tokens().to_string();
        assert!(said.contains("let x = ;") && said.contains("LH0001"), "{said}");
    }

    #[test]
    fn what_is_no_such_item_is_an_error() {
        let mut errors = Errors::default();
        assert!(
            item::<syn::ItemImpl>(
                quote!(
                    struct Flow {
                        x: u32,
                    }
                ),
                Bodies::OfItsItems,
                &mut errors
            )
            .is_err()
        );
        assert!(item::<syn::ItemFn>(quote!(fn f(1) { + }), Bodies::Own, &mut errors).is_err());
        assert!(errors.is_empty());
    }
}
