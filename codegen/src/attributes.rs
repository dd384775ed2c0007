//! The attributes of an async function: each goes to what it means something on.
use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

use crate::diag::{self, Errors};

/// The attributes, sorted.
#[derive(Default)]
pub(crate) struct Attributes {
    /// `#[cfg(..)]`: on all that is made of the function.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) docs: Vec<Attribute>,
    /// Lints, `#[deprecated]` and the like: on the function that steps the machine.
    pub(crate) others: Vec<Attribute>,
}

/// What means the same on the function that steps the machine.
const KEPT: &[&str] = &["allow", "warn", "deny", "forbid", "deprecated", "inline", "cold", "cfg_attr"];

/// What says something of the future, or to a tool that reads the source.
const LEFT_OUT: &[&str] = &["must_use", "rustfmt", "rust_analyzer", "diagnostic", "track_caller"];

/// Sorts the attributes of an async function.
pub(crate) fn sort(attrs: Vec<Attribute>, errors: &mut Errors) -> Attributes {
    let mut sorted = Attributes::default();
    for mut attr in attrs {
        let name = attr.path().segments.first().map(|first| first.ident.to_string()).unwrap_or_default();
        match name.as_str() {
            "cfg" => sorted.cfgs.push(attr),
            "doc" => sorted.docs.push(attr),
            // The machine has other code, in which what is expected may not be.
            "expect" => {
                if let syn::Meta::List(list) = &mut attr.meta {
                    list.path = syn::parse_quote!(allow);
                }
                sorted.others.push(attr);
            }
            name if KEPT.contains(&name) => sorted.others.push(attr),
            name if LEFT_OUT.contains(&name) => {}
            _ => errors.on(&attr, diag::ATTRIBUTE),
        }
    }
    sorted
}

impl Attributes {
    /// `items`, each under the same conditions as the function.
    pub(crate) fn under_cfg(&self, items: TokenStream) -> TokenStream {
        under(&self.cfgs.iter().collect::<Vec<_>>(), items)
    }
}

/// `items`, each under all of these conditions.
pub(crate) fn under(cfgs: &[&Attribute], items: TokenStream) -> TokenStream {
    if cfgs.is_empty() {
        return items;
    }
    match syn::parse2::<syn::File>(items.clone()) {
        Ok(file) => file.items.iter().map(|item| quote!(#(#cfgs)* #item)).collect(),
        // What does not parse is rustc's to say.
        Err(_) => items,
    }
}

/// The `#[cfg(..)]`s among attributes.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect()
}
