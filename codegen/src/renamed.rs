//! `crate = path`: where the crate `longhaul` is, when it is not `::longhaul`.
use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::ToTokens;

use crate::diag::{self, Errors};
use crate::{depth, later};

/// Expands an item whose attribute may say where the crate is.
pub(crate) fn expand(
    attr: TokenStream,
    item: TokenStream,
    expand: impl FnOnce(TokenStream, TokenStream) -> TokenStream,
) -> TokenStream {
    let mut errors = Errors::default();
    if let Some(span) = depth::too_deep(&attr) {
        errors.push(diag::TOO_DEEP.at(span));
        return errors.into_tokens();
    }
    let (attr, path) = take_path(attr);
    let mut expanded = match depth::cut(item, &mut errors) {
        Some(item) => expand(attr, later::raw(item)),
        None => TokenStream::new(),
    };
    expanded.extend(errors.into_tokens());
    match path {
        Some(path) => renamed(expanded, &path),
        None => expanded,
    }
}

/// Takes `crate = path` or `crate = "path"` out of an attribute's options.
fn take_path(attr: TokenStream) -> (TokenStream, Option<TokenStream>) {
    let mut options: Vec<Vec<TokenTree>> = vec![Vec::new()];
    for token in attr {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => options.push(Vec::new()),
            _ => options.last_mut().expect("there is always one").push(token),
        }
    }
    let mut path = None;
    let mut rest = TokenStream::new();
    for option in options.into_iter().filter(|option| !option.is_empty()) {
        if let [TokenTree::Ident(name), TokenTree::Punct(equals), value @ ..] = &option[..]
            && name == "crate"
            && equals.as_char() == '='
            && let Some(found) = path_of(value)
        {
            path = Some(found);
            continue;
        }
        if !rest.is_empty() {
            rest.extend(quote::quote!(,));
        }
        rest.extend(option);
    }
    (rest, path)
}

fn path_of(value: &[TokenTree]) -> Option<TokenStream> {
    let value: TokenStream = value.iter().cloned().collect();
    let path: syn::Path = match syn::parse2::<syn::LitStr>(value.clone()) {
        Ok(text) => text.parse_with(syn::Path::parse_mod_style).ok()?,
        Err(_) => syn::parse::Parser::parse2(syn::Path::parse_mod_style, value).ok()?,
    };
    Some(path.to_token_stream())
}

/// `::longhaul` as `path`, everywhere.
fn renamed(tokens: TokenStream, path: &TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out = TokenStream::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at..] {
            [TokenTree::Punct(a), TokenTree::Punct(b), TokenTree::Ident(name), ..]
                if a.as_char() == ':' && b.as_char() == ':' && name == "longhaul" =>
            {
                out.extend(path.clone().into_iter().map(|mut token| {
                    token.set_span(name.span());
                    token
                }));
                at += 3;
                continue;
            }
            [TokenTree::Group(group), ..] => {
                let mut inner = Group::new(group.delimiter(), renamed(group.stream(), path));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            // `#[serde(crate = "::longhaul::..")]`
            [TokenTree::Literal(literal), ..] if literal.to_string().starts_with("\"::longhaul") => {
                let text = literal.to_string().replacen("::longhaul", &path.to_string().replace(' ', ""), 1);
                let mut text = Literal::string(text.trim_matches('"'));
                text.set_span(literal.span());
                out.extend([TokenTree::Literal(text)]);
            }
            [token, ..] => out.extend([token.clone()]),
            [] => {}
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn shown(attr: TokenStream) -> String {
        expand(
            attr,
            quote!(item),
            |attr, item| quote!(#attr #item { ::longhaul::machine::f("::longhaul::serde") }),
        )
        .to_string()
    }

    #[test]
    fn the_crate_is_where_the_option_says() {
        assert_eq!(shown(quote!(crate = lh)), r#"item { lh :: machine :: f ("lh::serde") }"#);
        assert_eq!(
            shown(quote!(a = 1, crate = "::outer::lh", b)),
            r#"a = 1 , b item { :: outer :: lh :: machine :: f ("::outer::lh::serde") }"#
        );
        assert_eq!(shown(quote!(a)), r#"a item { :: longhaul :: machine :: f ("::longhaul::serde") }"#);
    }
}
