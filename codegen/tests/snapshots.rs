//! Each case of `cases/`, expanded: the code as a reader would see it, or the errors with their places.
#![allow(missing_docs)]

mod support;

use support::{cases, expand};

#[test]
fn each_case_expands_as_it_did() {
    for (name, source) in cases() {
        let expanded = expand(&source).expect("a case is an item with an attribute");
        let shown = errors(&expanded).unwrap_or_else(|| {
            let file = syn::parse2(expanded).expect("what is generated is Rust");
            prettyplease::unparse(&file)
        });
        insta::assert_snapshot!(name, shown);
    }
}

/// The errors in an expansion, each with its line and column.
fn errors(expanded: &proc_macro2::TokenStream) -> Option<String> {
    let file: syn::File = syn::parse2(expanded.clone()).ok()?;
    let mut shown = Vec::new();
    for item in file.items {
        let syn::Item::Macro(item) = item else { continue };
        if item.mac.path.segments.last().is_some_and(|last| last.ident == "compile_error") {
            let message: syn::LitStr = item.mac.parse_body().ok()?;
            let place = item.mac.path.segments[0].ident.span().start();
            shown.push(format!("{}:{}: {}", place.line, place.column + 1, message.value()));
        }
    }
    (!shown.is_empty()).then(|| shown.join("\n"))
}
