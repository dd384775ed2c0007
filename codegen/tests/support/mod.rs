//! The cases, how they are expanded, and what errors are in an expansion.
#![allow(dead_code)] // Each test uses a part of it.

use std::fmt::Write;
use std::path::Path;

use proc_macro2::{LineColumn, TokenStream};
use quote::ToTokens;

/// The cases, by name.
pub(crate) fn cases() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .expect("there are cases")
        .map(|entry| {
            let path = entry.expect("it can be read").path();
            let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("it is text"))
        })
        .collect();
    cases.sort();
    cases
}

/// Expands the one item of a source by the attribute on it; `None` if there is no such item.
pub(crate) fn expand(source: &str) -> Option<TokenStream> {
    let file: syn::File = syn::parse_str(source).ok()?;
    let mut item = file.items.into_iter().next()?;
    let attrs = match &mut item {
        syn::Item::Impl(item) => &mut item.attrs,
        syn::Item::Fn(item) => &mut item.attrs,
        syn::Item::Struct(item) => &mut item.attrs,
        _ => return None,
    };
    let marks = ["workflow", "activity", "activities", "run", "signal", "query"];
    let at = attrs.iter().position(|attr| marks.iter().any(|mark| attr.path().is_ident(mark)))?;
    let attr = attrs.remove(at);
    let options = match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some(match attr.path().get_ident()?.to_string().as_str() {
        "workflow" => longhaul_codegen::workflow(options, item.to_token_stream()),
        "activity" => longhaul_codegen::activity(options, item.to_token_stream()),
        "activities" => longhaul_codegen::activities(options, item.to_token_stream()),
        stray => longhaul_codegen::stray(stray, "workflow", item.to_token_stream()),
    })
}

/// An expansion as a reader of the machine sees it: without the source, which is there for editors.
pub(crate) fn shown(expanded: TokenStream) -> String {
    let mut file: syn::File = syn::parse2(expanded).expect("what is generated is Rust");
    file.items.retain(|item| {
        !matches!(item, syn::Item::Macro(item)
        if item.mac.path.segments.last().is_some_and(|last| last.ident == "for_rust_analyzer"))
    });
    prettyplease::unparse(&file)
}

/// An error in an expansion, and from where to where it is.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) start: LineColumn,
    pub(crate) end: LineColumn,
    pub(crate) message: String,
}

/// The errors in an expansion.
pub(crate) fn errors(expanded: &TokenStream) -> Vec<Found> {
    let file: syn::File = syn::parse2(expanded.clone()).expect("what is generated is Rust");
    let calls = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) if item.mac.path.segments.last()?.ident == "compile_error" => Some(item),
        _ => None,
    });
    calls
        .map(|item| {
            let mut tokens = item.to_token_stream().into_iter();
            let start = tokens.next().expect("a call has tokens").span().start();
            let end = tokens.last().expect("a call has tokens").span().end();
            let message: syn::LitStr = item.mac.parse_body().expect("a text");
            Found { start, end, message: message.value() }
        })
        .collect()
}

/// An error as rustc would show it: its place, its text, and its lines with what is underlined.
pub(crate) fn underlined(source: &str, error: &Found) -> String {
    let Found { start, end, message } = error;
    let mut shown = format!("{}:{}: {message}\n", start.line, start.column + 1);
    for (number, line) in source.lines().enumerate().skip(start.line - 1).take(end.line - start.line + 1) {
        let number = number + 1;
        let from = if number == start.line { start.column } else { line.len() - line.trim_start().len() };
        let to = if number == end.line { end.column } else { line.chars().count() };
        let under = format!("{}{}", " ".repeat(from), "^".repeat(to - from));
        writeln!(shown, "{number:>3} | {line}\n    | {under}").expect("a string can be written to");
    }
    shown
}
