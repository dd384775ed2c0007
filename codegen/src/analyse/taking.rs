//! In which order an arm takes the variables of a scope.

use std::collections::BTreeMap;

use crate::cfg::{Graph, ScopeId};
use crate::names::{VarId, Vars};

/// Those of `needed` that are in `scope`, in the order of the source; but what is made again before a name of the same pattern that hides what
/// it is made of: `x`, in `match y.as_slice() { [y, x] => .. }`.
pub(crate) fn in_order(graph: &Graph, needed: &Vars, scope: ScopeId) -> Vec<VarId> {
    let name = |var: VarId| &graph.var(var).ident;
    let needs = |var: VarId| graph.var(var).rebuild.iter().flat_map(|rebuild| rebuild.needs.iter().copied());
    let hides = |hider: VarId, var: VarId| {
        needs(var).all(|need| need != hider)
            && needs(var).any(|need| need < hider && name(need) == name(hider))
    };
    let keeps_apart = |first: VarId, var: VarId| {
        needs(var).any(|need| need == first)
            || name(first) == name(var)
            || needs(first).any(|need| name(need) == name(var))
    };
    let mut order: Vec<VarId> = needed.iter().copied().filter(|var| graph.var(*var).scope == scope).collect();
    let last_of: BTreeMap<_, VarId> = order.iter().map(|var| (name(*var), *var)).collect();
    for at in 1..order.len() {
        let var = order[at];
        // Seldom so; and there may be many variables.
        if !needs(var).any(|need| last_of.get(name(need)).is_some_and(|last| need < *last)) {
            continue;
        }
        let hider = order[..at].iter().position(|hider| hides(*hider, var));
        if let Some(to) = hider
            && !order[to..at].iter().any(|first| keeps_apart(*first, var))
        {
            order[to..=at].rotate_right(1);
        }
    }
    order
}
