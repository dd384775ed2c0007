//! What holds for any tokens: there is code that parses, or errors on the user's own tokens; never a panic.
//!
//! The fuzz targets call these functions with what libFuzzer makes, `codegen/tests/never_panics.rs` with mutations of
//! real sources.
#![allow(dead_code, missing_docs, unreachable_pub)] // Each target calls one of them.

use proc_macro2::{TokenStream, TokenTree};

/// `#[workflow]` on any tokens.
pub(crate) fn workflow(text: &str) -> Option<Verdict> {
    expansion(text, longhaul_codegen::workflow)
}

/// `#[activity]` on any tokens.
pub(crate) fn activity(text: &str) -> Option<Verdict> {
    expansion(text, longhaul_codegen::activity)
}

/// `#[activities]` on any tokens.
pub(crate) fn activities(text: &str) -> Option<Verdict> {
    expansion(text, longhaul_codegen::activities)
}

/// What came of some tokens.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Code without errors.
    Code,
    /// At least one error, on the user's own tokens.
    Errors,
}

/// The attribute is put on the first item of a source, its own marker taken off; `None` where the text is no tokens.
/// A leading `#[name(options)]` gives the attribute's options.
fn expansion(text: &str, expand: fn(TokenStream, TokenStream) -> TokenStream) -> Option<Verdict> {
    let tokens: TokenStream = text.parse().ok()?;
    let (options, item) = split(tokens);
    let empty = item.is_empty();
    // What does not parse goes out as it came, and rustc says what is wrong with it.
    let is_rust = syn::parse2::<syn::Item>(item.clone()).is_ok();
    let expanded = expand(options, item);
    let errors = errors(expanded.clone());
    if errors.is_empty() {
        let parsed = syn::parse2::<syn::File>(expanded.clone());
        assert!(parsed.is_ok() || !is_rust, "the output is no Rust: {:?}\n{expanded}", parsed.err());
        return Some(Verdict::Code);
    }
    // A place in the source has a line; the place of the attribute itself, which we have no tokens of, has none.
    // Under libFuzzer no place has one: proc-macro2 keeps none there.
    assert!(
        cfg!(fuzzing) || empty || errors.iter().any(|line| *line > 0),
        "no error is on the user's tokens\n{text}\n{expanded}"
    );
    Some(Verdict::Errors)
}

fn split(tokens: TokenStream) -> (TokenStream, TokenStream) {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    if let [TokenTree::Punct(pound), TokenTree::Group(attribute), item @ ..] = &all[..]
        && pound.as_char() == '#'
    {
        let options = attribute.stream().into_iter().skip(1).find_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        });
        return (options.unwrap_or_default(), item.iter().cloned().collect());
    }
    (TokenStream::new(), all.into_iter().collect())
}

/// The line of each `compile_error!`.
fn errors(tokens: TokenStream) -> Vec<usize> {
    let (mut lines, mut todo) = (Vec::new(), vec![tokens]);
    while let Some(tokens) = todo.pop() {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if ident == "compile_error" => lines.push(ident.span().start().line),
                TokenTree::Group(group) => todo.push(group.stream()),
                _ => {}
            }
        }
    }
    lines
}
