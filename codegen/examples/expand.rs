//! Prints what the generator makes of the workflows and activities in a file:
//! `cargo run -p longhaul-codegen --example expand -- FILE`.

use quote::ToTokens;
use syn::{Attribute, Item};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let file = syn::parse_file(&std::fs::read_to_string(&path)?)?;
    for mut item in file.items {
        let attrs = match &mut item {
            Item::Impl(item) => &mut item.attrs,
            Item::Fn(item) => &mut item.attrs,
            _ => continue,
        };
        let Some((name, arguments)) = take(attrs) else { continue };
        let item = item.to_token_stream();
        let expanded = match name.as_str() {
            "workflow" => longhaul_codegen::workflow(arguments, item),
            "activity" => longhaul_codegen::activity(arguments, item),
            _ => longhaul_codegen::activities(arguments, item),
        };
        println!("{}", prettyplease::unparse(&syn::parse2(expanded)?));
    }
    Ok(())
}

/// Removes the attribute of ours, if there is one.
fn take(attrs: &mut Vec<Attribute>) -> Option<(String, proc_macro2::TokenStream)> {
    let names = ["workflow", "activity", "activities"];
    let position = attrs.iter().position(|attr| names.iter().any(|name| attr.path().is_ident(name)))?;
    let attr = attrs.remove(position);
    let name = attr.path().get_ident()?.to_string();
    let arguments = match attr.meta {
        syn::Meta::List(list) => list.tokens,
        _ => proc_macro2::TokenStream::new(),
    };
    Some((name, arguments))
}
