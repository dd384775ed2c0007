//! Lints about variables are rustc's own, on the user's lines. One arm is not all of a body, though: what is changed or
//! used in another arm only is touched where it is bound, so that nothing false is said.
use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Emit;
use crate::analyse::{Analysis, SlotKind, mentioned};
use crate::cfg::{Code, CodeTokens, Graph};
use crate::names::{VarId, Vars};
use crate::reserved::is_ours;

/// What an arm does not show of the variables that are bound in it.
pub(super) struct Elsewhere {
    /// Those that other arms may change.
    changed: Vars,
    /// Those that are made again where they are used.
    used: Vars,
}

impl Elsewhere {
    pub(super) fn of(graph: &Graph, analysis: &Analysis) -> Self {
        let mut changed = analysis.passing.clone();
        changed.extend(analysis.slots.iter().filter_map(|slot| match slot.kind {
            SlotKind::Kept(var) => Some(var),
            _ => None,
        }));
        // An `async` block that is a value has variables of its own; and what is left of one that is moved out of in parts
        // is another of the same name.
        let within = graph.sites.iter().flat_map(|site| &site.graph.vars).map(|var| &var.ident);
        let names: BTreeSet<&Ident> =
            changed.iter().map(|var| &graph.var(*var).ident).chain(within.clone()).collect();
        let mut used = Vars::new();
        for block in &graph.blocks {
            used.extend(mentioned(graph, block).0);
        }
        let within: BTreeSet<&Ident> = within.collect();
        let of_name = |names: &BTreeSet<&Ident>| -> Vars {
            let vars = graph.vars.iter().enumerate();
            vars.filter(|(_, var)| names.contains(&var.ident)).map(|(number, _)| VarId(number)).collect()
        };
        used.extend(of_name(&within));
        used.retain(|var| graph.var(*var).rebuild.is_some());
        changed.extend(of_name(&names));
        changed.retain(|var| is_of_the_user(graph, *var) && graph.var(*var).mutable);
        Elsewhere { changed, used }
    }
}

/// Whether a variable is one that rustc would say something of.
pub(super) fn is_of_the_user(graph: &Graph, var: VarId) -> bool {
    !is_ours(&graph.var(var).ident.to_string())
}

impl Emit<'_> {
    /// Touches what was just bound and is changed or used elsewhere.
    pub(super) fn touched<'v>(&self, bound: impl IntoIterator<Item = &'v VarId>) -> TokenStream {
        let bound: Vec<&VarId> = bound.into_iter().collect();
        // In a chain of `let`s, one name may hide another.
        let hidden = |at: usize| {
            let ident = |var: &VarId| &self.graph.var(*var).ident;
            bound[at + 1..].iter().any(|later| ident(later) == ident(bound[at]))
        };
        let visible = bound.iter().enumerate().filter(|(at, _)| !hidden(*at)).map(|(_, var)| *var);
        let touched = visible.filter_map(|var| {
            let ident = &self.graph.var(*var).ident;
            let changed = self.elsewhere.changed.contains(var).then(|| quote!(&mut #ident));
            changed.or_else(|| self.elsewhere.used.contains(var).then(|| quote!(&#ident)))
        });
        touched.map(|touch| quote!(let _ = #touch;)).collect()
    }
}

/// Whether a statement says itself what rustc will say of it.
pub(super) fn expects(code: &Code) -> bool {
    let CodeTokens::Stmt(stmt) = &code.tokens else { return false };
    matches!(&**stmt, syn::Stmt::Local(local) if local.attrs.iter().any(|attr| attr.path().is_ident("expect")))
}

/// The lints that are allowed on statements and arms with an `.await`: these are in pieces, so it is for all of the body.
pub(super) fn allowed(body: &syn::Block) -> Vec<TokenStream> {
    let allowed = crate::lower::attributes_on_awaits(body);
    let lints = allowed.iter().filter(|attr| attr.path().is_ident("allow") || attr.path().is_ident("expect"));
    let mut known = BTreeSet::new();
    lints
        .filter_map(|attr| Some(attr.meta.require_list().ok()?.tokens.clone()))
        .filter(|list| known.insert(list.to_string()))
        .collect()
}
