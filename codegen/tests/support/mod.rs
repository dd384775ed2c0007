//! The cases and how they are expanded.

use std::path::Path;

use proc_macro2::TokenStream;
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
        _ => return None,
    };
    let marks = ["workflow", "activity", "activities"];
    let at = attrs.iter().position(|attr| marks.iter().any(|mark| attr.path().is_ident(mark)))?;
    let attr = attrs.remove(at);
    let options = match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some(match attr.path().get_ident()?.to_string().as_str() {
        "workflow" => longhaul_codegen::workflow(options, item.to_token_stream()),
        "activity" => longhaul_codegen::activity(options, item.to_token_stream()),
        _ => longhaul_codegen::activities(options, item.to_token_stream()),
    })
}
