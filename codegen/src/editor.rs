//! What an editor sees of a workflow: its async methods as they were written.
//!
//! rust-analyzer expands the attribute, and answers questions about the code that comes out. In the machine the user's code
//! is in pieces; so it gets the source as well, and the machine's body is hidden from it. rustc never parses the source:
//! `for_rust_analyzer!` drops its tokens.
//!
//! While somebody types, the source does not parse most of the time. So this works on tokens.
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;

use crate::lower::without_names;

/// The marks of methods, which mean something in `#[workflow]` only.
const MARKS: &[&str] = &["run", "signal", "query", "update"];

/// The async methods of an impl, or a function under another name, for rust-analyzer alone.
pub(crate) fn source(item: &TokenStream) -> TokenStream {
    let mut head: Vec<TokenTree> = without_names(item.clone()).into_iter().collect();
    let Some(TokenTree::Group(items)) = head.pop() else { return TokenStream::new() };
    if items.delimiter() != Delimiter::Brace {
        return TokenStream::new();
    }
    if head.iter().any(|token| is_word(token, "fn")) {
        return seen(&renamed(head), &items);
    }
    let methods = split(items.stream())
        .into_iter()
        .filter(|method| method.iter().any(|token| is_word(token, "async")))
        .flat_map(unmarked)
        .collect::<TokenStream>();
    let mut methods = Group::new(Delimiter::Brace, methods);
    methods.set_span(items.span());
    seen(&head.into_iter().collect(), &methods)
}

fn seen(head: &TokenStream, body: &Group) -> TokenStream {
    quote! {
        ::longhaul::for_rust_analyzer! {
            #[allow(unused_imports)]
            use ::longhaul::plain::*;
            #[allow(dead_code)]
            #head #body
        }
    }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// A function's head with a name of ours: calls by the user's name give what is awaited.
fn renamed(head: Vec<TokenTree>) -> TokenStream {
    let mut after_fn = false;
    head.into_iter()
        .map(|token| {
            let is_name = std::mem::replace(&mut after_fn, is_word(&token, "fn"));
            match token {
                TokenTree::Ident(name) if is_name => {
                    Ident::new(&format!("__{}_source", name.unraw()), Span::call_site()).into()
                }
                token => token,
            }
        })
        .collect()
}

/// The items of an impl: each ends with its body or with a semicolon.
fn split(items: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut split = vec![Vec::new()];
    let mut tokens = items.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let before_semicolon =
            matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ';');
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !before_semicolon,
            _ => false,
        };
        split.last_mut().expect("there is one").push(token);
        if ends {
            split.push(Vec::new());
        }
    }
    split
}

/// An item without its mark.
fn unmarked(item: Vec<TokenTree>) -> Vec<TokenTree> {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in item {
        if let TokenTree::Group(group) = &token
            && matches!(out.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#')
            && is_mark(group)
        {
            out.pop();
            continue;
        }
        out.push(token);
    }
    out
}

/// `[run]`, `[longhaul::signal]`, `[run(..)]`
fn is_mark(group: &Group) -> bool {
    let path = group.stream().into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    let last = path.filter(|token| matches!(token, TokenTree::Ident(_))).last();
    group.delimiter() == Delimiter::Bracket
        && last.is_some_and(|word| MARKS.contains(&word.to_string().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn async_methods_are_seen_as_they_are_written_even_half_written_ones() {
        let seen = source(&quote! {
            /// A flow.
            impl Flow {
                const ORIGIN: Point = Point { x: 0 };
                #[doc = "Runs."]
                #[run]
                async fn run(&mut self, ctx: &Context) { let x = self. ; #[state(Paid)] pay(x).await; }
                #[longhaul::signal]
                fn pay(&mut self) {}
                async fn helper(&self) -> [u8; 2] { [1, 2] }
            }
        });
        let body = quote! {
            impl Flow {
                #[doc = "Runs."]
                async fn run(&mut self, ctx: &Context) { let x = self. ; pay(x).await; }
                async fn helper(&self) -> [u8; 2] { [1, 2] }
            }
        };
        assert!(seen.to_string().contains(&body.to_string()), "{seen}");
        assert!(seen.to_string().starts_with(":: longhaul :: for_rust_analyzer !"), "{seen}");
    }

    #[test]
    fn a_function_is_seen_under_another_name() {
        let seen = source(&quote! {
            /// Reminds.
            pub(crate) async fn remind(ctx: &Context, n: u32) -> u32 { let block = async move { n }; block.await }
        });
        let body = quote! {
            pub(crate) async fn __remind_source(ctx: &Context, n: u32) -> u32 { let block = async move { n }; block.await }
        };
        assert!(seen.to_string().contains(&body.to_string()), "{seen}");
    }

    #[test]
    fn of_anything_else_nothing_is_seen() {
        assert!(
            source(&quote!(
                struct Flow;
            ))
            .is_empty()
        );
        assert!(source(&quote!()).is_empty());
    }
}
