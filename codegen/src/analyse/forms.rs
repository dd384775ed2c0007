//! Values that have some fields of others: what is left of a variable when fields may have been moved away.
use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, Item};

use super::fields::Way;
use crate::cfg::{Graph, Part, Parts, Var};
use crate::names::VarId;

/// A variable for what is left of another; none where that has no form.
pub(super) fn variable(
    graph: &mut Graph,
    of: VarId,
    fields: &BTreeSet<Way>,
    types: &mut usize,
) -> Option<VarId> {
    let (mut items, mut number) = (Vec::new(), *types);
    let fields: Vec<&[String]> = fields.iter().map(Vec::as_slice).collect();
    let part = part(&fields, graph.var(of).ident.span(), &mut items, &mut number)?;
    *types = number;
    graph.items.extend(items);
    let Var { ident, mutable, scope, .. } = graph.var(of);
    let (ident, mutable, scope) = (ident.clone(), *mutable, *scope);
    let parts = Some(Parts { of, part });
    graph.vars.push(Var { ident, mutable, scope, rebuild: None, ty: None, parts });
    Some(VarId(graph.vars.len() - 1))
}

/// A variable for another that is whole, with spares in the place of some fields.
pub(super) fn with_spares(graph: &mut Graph, of: VarId, fields: &BTreeSet<Way>) -> VarId {
    let Var { ident, mutable, scope, .. } = graph.var(of);
    let (ident, mutable, scope) = (ident.clone(), *mutable, *scope);
    let parts = Some(Parts { of, part: Part::WithSpares(fields.clone()) });
    graph.vars.push(Var { ident, mutable, scope, rebuild: None, ty: None, parts });
    VarId(graph.vars.len() - 1)
}

fn part(fields: &[&[String]], span: Span, items: &mut Vec<Item>, types: &mut usize) -> Option<Part> {
    if fields.iter().any(|way| way.is_empty()) {
        return Some(Part::Whole);
    }
    let names: BTreeSet<&String> = fields.iter().map(|way| &way[0]).collect();
    let mut within = Vec::new();
    for name in names {
        let rest: Vec<&[String]> = fields.iter().filter(|way| way[0] == *name).map(|way| &way[1..]).collect();
        within.push((name.clone(), part(&rest, span, items, types)?));
    }
    let numbers: Vec<Option<usize>> = within.iter().map(|(name, _)| name.parse().ok()).collect();
    if numbers.iter().any(Option::is_some) {
        let last =
            numbers.iter().copied().try_fold(0, |last, number| number.map(|number| last.max(number)))?;
        // Longer tuples have no stored form.
        if last > 15 {
            return None;
        }
        let mut parts: Vec<Option<Part>> = (0..=last).map(|_| None).collect();
        for (number, (_, part)) in numbers.into_iter().flatten().zip(within) {
            parts[number] = Some(part);
        }
        return Some(Part::Tuple(parts));
    }
    let ty = format_ident!("__Parts{}", *types);
    *types += 1;
    let within: Vec<(Ident, Part)> =
        within.into_iter().map(|(name, part)| (crate::names::ident(&name, span), part)).collect();
    let fields = within.iter().map(|(field, _)| field);
    let params: Vec<Ident> = (0..within.len()).map(|number| format_ident!("T{number}")).collect();
    items.push(syn::parse_quote! {
        #[derive(::longhaul::machine::serde::Serialize, ::longhaul::machine::serde::Deserialize)]
        #[serde(crate = "::longhaul::machine::serde")]
        struct #ty<#(#params),*> { #(#fields: #params),* }
    });
    Some(Part::Struct(ty, within))
}

impl Part {
    /// This part of a value.
    pub(crate) fn taken_of(&self, value: &TokenStream) -> TokenStream {
        match self {
            Part::Whole | Part::WithSpares(_) => value.clone(),
            Part::Tuple(parts) => {
                let parts = parts.iter().enumerate().map(|(number, part)| {
                    let number = syn::Index::from(number);
                    part.as_ref().map_or_else(|| quote!(()), |part| part.taken_of(&quote!(#value.#number)))
                });
                quote!((#(#parts,)*))
            }
            Part::Struct(ty, fields) => {
                let names = fields.iter().map(|(name, _)| name);
                let parts = fields.iter().map(|(name, part)| part.taken_of(&quote!(#value.#name)));
                quote!(#ty { #(#names: #parts),* })
            }
        }
    }
}
