//! The names that generated code has for itself: `__frame`, `__t2`, `'__machine`.
//!
//! The user's code stands among them unchanged, so a variable or a label of the user with one of these would be taken for
//! another. Items, fields and methods cannot be, and may have any name.
use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{ImplItem, ImplItemFn, ItemFn, ItemImpl};

use crate::diag::{self, Errors};
use crate::emit::step_name;

/// What follows the `__` in our names; a number may follow in turn.
const STEMS: &[&str] = &[
    "Block",
    "Impl",
    "Parts",
    "arguments",
    "block",
    "branch",
    "construct",
    "ctx",
    "error",
    "found",
    "frame",
    "item",
    "machine",
    "no_arguments",
    "o",
    "op",
    "open",
    "operand",
    "operation",
    "other",
    "outer",
    "output",
    "part",
    "place",
    "r",
    "residual",
    "shielded",
    "shields",
    "site",
    "slots",
    "spawned",
    "step",
    "t",
    "task",
    "v",
    "value",
    "whole",
];

/// What begins those of our names that end with one of the user's.
const PREFIXES: &[&str] = &["__lent_", "__longhaul_exit_", "__slot"];

/// Whether generated code may have this name for something of its own.
pub(crate) fn is_ours(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("__") else { return false };
    let stem = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    STEMS.contains(&stem) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Notes each name of ours in the async methods of a workflow's impl, once, and each method that has the name of a step.
pub(crate) fn check(item: &ItemImpl, errors: &mut Errors) {
    let functions: Vec<&ImplItemFn> = item
        .items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Fn(function) => Some(function),
            _ => None,
        })
        .collect();
    let (machines, plain): (Vec<_>, Vec<_>) =
        functions.into_iter().partition(|function| function.sig.asyncness.is_some());
    let mut seen = BTreeSet::new();
    for function in &machines {
        look(&function.sig.to_token_stream(), &mut seen, errors);
        look(&function.block.to_token_stream(), &mut seen, errors);
    }
    let steps: Vec<_> = machines.iter().map(|function| step_name(&function.sig.ident)).collect();
    for function in plain.iter().filter(|function| steps.contains(&function.sig.ident)) {
        note(&function.sig.ident, &mut seen, errors);
    }
}

/// Notes each name of ours in a function, once.
pub(crate) fn check_function(item: &ItemFn, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    look(&item.sig.to_token_stream(), &mut seen, errors);
    look(&item.block.to_token_stream(), &mut seen, errors);
}

fn note(name: &Ident, seen: &mut BTreeSet<String>, errors: &mut Errors) {
    let text = name.unraw().to_string();
    if seen.insert(text.clone()) {
        errors.on(name, diag::RESERVED.with(&[&text, text.trim_start_matches('_')]));
    }
}

fn look(tokens: &TokenStream, seen: &mut BTreeSet<String>, errors: &mut Errors) {
    // Behind a dot is a field or a method.
    let mut after_dot = false;
    for token in tokens.clone() {
        match &token {
            TokenTree::Ident(ident) if !after_dot && is_ours(&ident.unraw().to_string()) => {
                note(ident, seen, errors);
            }
            TokenTree::Group(group) => look(&group.stream(), seen, errors),
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.' && !after_dot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ours_are_known_and_no_others() {
        for name in ["__frame", "__t2", "__Block", "__Block3", "__lent_name", "__slot4_name", "__machine"] {
            assert!(is_ours(name), "{name}");
        }
        for name in ["frame", "_frame", "__", "__t2_", "__my_frame", "__T2", "t2"] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
