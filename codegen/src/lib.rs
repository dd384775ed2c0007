//! The generator of Longhaul: an async workflow in, an explicit state machine out.
//!
//! A plain library with no proc macro in it; the attributes of `longhaul-macros` are a shell over these functions.
//! It never panics: any tokens give either code or `compile_error!`s on the user's own tokens.
//!
//! ```text
//! source ──parse──▶ model ──lower──▶ control-flow graph ──analyse──▶ arms, slots, states ──emit──▶ Rust
//! ```

mod activity;
mod analyse;
mod attributes;
mod cfg;
mod depth;
mod diag;
#[cfg(feature = "dump")]
pub mod dump;
mod editor;
mod effects;
mod emit;
mod function;
mod instances;
mod later;
mod lower;
mod model;
mod names;
#[cfg(test)]
mod oracle;
mod parameters;
mod parse;
mod plain_calls;
mod renamed;
mod reserved;
mod storable;
use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

pub use crate::diag::{Diagnostic, diagnostics};
use crate::diag::{Errors, refused};
use crate::emit::{Facts, Machine};
use crate::instances::Options;
use crate::lower::{Shape, Surroundings};
use crate::parse::Bodies;

/// Expands `#[workflow] impl Name { .. }` and `#[workflow] async fn name(..)`: `attr` is what stands in the attribute's
/// parentheses.
///
/// ```
/// use quote::quote;
/// let expanded = longhaul_codegen::workflow(quote!(), quote! {
///     impl Hello {
///         #[run]
///         async fn run(&mut self, ctx: &Context) { ctx.sleep(days(1)).await; }
///     }
/// });
/// assert!(expanded.to_string().contains("AwaitSleep"));
/// ```
#[allow(clippy::needless_pass_by_value)] // As proc macros are called.
pub fn workflow(attr: TokenStream, item: TokenStream) -> TokenStream {
    renamed::expand(attr, item, |attr, item| {
        // First, since an editor looks at the first place that a token comes to.
        let source = editor::source(&item);
        let machine = machine(&attr, &item, &mut Vec::new());
        quote!(#source #machine)
    })
}

/// The expansion without the source; adds the facts of its machines.
fn machine(attr: &TokenStream, item: &TokenStream, facts: &mut Vec<Facts>) -> TokenStream {
    let mut errors = Errors::default();
    let error = match parse::item(item.clone(), Bodies::OfItsItems, &mut errors) {
        Ok(item) => {
            let options = Options::parse(attr, &mut errors);
            return implementation(item, options, errors, facts);
        }
        Err(error) => error,
    };
    if !attr.is_empty() {
        errors.on(attr, diag::unknown_option(&attr.to_string(), "there are none on this item"));
    }
    if let Ok(item) = parse::item(item.clone(), Bodies::Own, &mut errors) {
        return function::expand(item, errors, facts);
    }
    // Another item goes out as it came. What is no Rust at all does not: `#[run]` in it would be a second error.
    if syn::parse2::<syn::Item>(item.clone()).is_err() {
        return refused(error);
    }
    errors.push(diag::IMPL_ONLY.at(error.span()));
    let errors = errors.into_tokens();
    quote!(#item #errors)
}

fn implementation(
    item: syn::ItemImpl,
    options: Options,
    mut errors: Errors,
    facts: &mut Vec<Facts>,
) -> TokenStream {
    effects::check(&item, &mut errors);
    reserved::check(&item, &mut errors);
    let Some(mut model) = model::parse(item, options, &mut errors) else {
        return errors.into_tokens();
    };
    plain_calls::check(&mut model, &mut errors);
    let machines = machines(&model, &mut errors);
    let expanded =
        if errors.is_empty() { emit::workflow(&model, &machines, &mut errors) } else { TokenStream::new() };
    if errors.is_empty() {
        facts.extend(emit::facts(&model.name.to_string(), &machines));
        return expanded;
    }
    let (plain, errors) = (emit::plain_items(&model, &machines), errors.into_tokens());
    quote!(#plain #errors)
}

/// The control-flow graph of each async method, and what emission needs to know of it.
fn machines<'m>(model: &'m model::Workflow, errors: &mut Errors) -> Vec<Machine<'m>> {
    let shapes: BTreeMap<String, Shape> = model
        .methods
        .iter()
        .map(|method| {
            let shape = Shape {
                receiver: method.receiver.is_some(),
                context_at: method.context_at,
                arguments: emit::arguments(method),
                output: method.output.clone(),
                passing: method.arguments.iter().map(|argument| argument.passing.clone()).collect(),
                is_generic: !method.generics.params.is_empty(),
            };
            (method.name.to_string(), shape)
        })
        .collect();
    let around = Surroundings {
        workflow: &model.name,
        signals: model.can_change_while_it_waits(),
        mutating: &model.mutating(),
        is_function: false,
        methods: &shapes,
    };
    model
        .methods
        .iter()
        .map(|method| {
            let mut graph = lower::lower(method, &around, errors);
            let analysis = analyse::analyse(&mut graph);
            Machine { method, graph, analysis }
        })
        .collect()
}

/// Expands `#[activity(..)] async fn name(..)`.
pub fn activity(attr: TokenStream, item: TokenStream) -> TokenStream {
    renamed::expand(attr, item, activity::function)
}

/// Expands `#[activities] impl Name { #[activity(..)] async fn .. }`.
pub fn activities(attr: TokenStream, item: TokenStream) -> TokenStream {
    renamed::expand(attr, item, activity::set)
}

/// The name of what an item is or implements: `Shop` of `impl Shop<Card> { .. }`, `pack` of `async fn pack()`.
///
/// ```
/// use quote::quote;
/// assert_eq!(longhaul_codegen::name_of(quote!(impl shop::Shop<Card> {})).as_deref(), Some("Shop"));
/// assert_eq!(longhaul_codegen::name_of(quote!(pub async fn pack() {})).as_deref(), Some("pack"));
/// assert_eq!(longhaul_codegen::name_of(quote!(1 + 1)), None);
/// ```
pub fn name_of(item: TokenStream) -> Option<String> {
    if depth::too_deep(&item).is_some() {
        return None;
    }
    match syn::parse2(item).ok()? {
        syn::Item::Fn(item) => Some(item.sig.ident.to_string()),
        syn::Item::Impl(item) => match *item.self_ty {
            syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// An impl without the marks of its methods, or a function: the plain async Rust that a workflow is written in.
pub fn unmarked(item: TokenStream) -> TokenStream {
    let mut item = match syn::parse2(lower::without_names(item)) {
        Ok(syn::Item::Impl(item)) => item,
        Ok(item) => return quote!(#item),
        Err(error) => return refused(error),
    };
    for item in &mut item.items {
        if let syn::ImplItem::Fn(function) = item {
            let mark = |attr: &syn::Attribute| {
                ["run", "signal", "update", "query"].iter().any(|mark| diag::is_attr(attr, mark))
            };
            function.attrs.retain(|attr| !mark(attr));
        }
    }
    quote!(#item)
}

/// An attribute that only has a meaning inside another: `#[run]`, `#[signal]`, `#[query]`.
#[allow(clippy::needless_pass_by_value)] // As proc macros are called.
pub fn stray(name: &str, within: &str, item: TokenStream) -> TokenStream {
    let error = refused(diag::STRAY.with(&[name, within]).at(proc_macro2::Span::call_site()));
    quote!(#item #error)
}
