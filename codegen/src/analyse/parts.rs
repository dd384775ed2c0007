//! Partial moves: `let name = order.name;`, and `order.items` after an await. What is left of `order` then is no value that
//! could be stored. So where all that is needed of a variable are fields, and others may have been moved away, those that are
//! left are stored as a value of their own, under the same name: the code goes on as it is.
//!
//! ```text
//! let name = order.name;                 // as the user wrote it
//! frame.order.put(__Parts0 { items: order.items });
//! ..
//! let order = frame.order.take();
//! f(order.items)                         // as the user wrote it
//! ```
//!
//! Where such a field is assigned before anybody needs it again (`order.items = Vec::new();`, and then `order`), the variable
//! is kept whole, and until then something stands in the field's place: a [`Spare`].
use std::collections::{BTreeMap, BTreeSet};

use super::fields::{Way, changes_within, moved_by};
use super::forms::{variable, with_spares};
use super::moved::{Moved, moved_by_pattern};
use super::{Analysis, Span2, codes, successors};
use crate::cfg::{BlockId, ConstructId, Graph, Instr, Polled};
use crate::lower::is_temp_name;
use crate::names::{VarId, Vars};

/// What stands in a field's place while nothing else does.
#[derive(Debug)]
pub(crate) struct Spare {
    pub(crate) of: VarId,
    pub(crate) way: Way,
    /// Where the field is assigned.
    pub(crate) span: Span2,
}

/// Exchanges what lives where an arm begins for its parts, wherever no more may be left of it.
pub(super) fn take_apart(
    graph: &mut Graph,
    analysis: &mut Analysis,
    after_poll: &mut [Vars],
    shared: &[Vars],
    whole: &Vars,
    types: &mut usize,
) {
    for var in candidates(graph, analysis, whole) {
        let moved = Moved::solved(graph, analysis, var);
        let mut forms = moved.forms(analysis);
        // What branches that run beside each other share is whole, or has no form.
        forms.retain(|(head, _)| !is_shared(graph, shared, var, *head));
        let in_parts = !forms.is_empty() && !is_made_whole(graph, analysis, var, &forms);
        if !in_parts {
            forms = moved.to_be_assigned(analysis);
            forms.retain(|(head, _)| !is_shared(graph, shared, var, *head));
            let declared = |instr: &Instr| matches!(instr, Instr::Declare(late) if *late == var);
            let is_late = graph.blocks.iter().flat_map(|block| &block.instrs).any(declared);
            if is_late || !graph.var(var).mutable {
                continue;
            }
            note_spares(&moved, analysis, var, &forms);
        }
        let mut vars: BTreeMap<BTreeSet<Way>, VarId> = BTreeMap::new();
        for (head, fields) in forms {
            let made = match vars.get(&fields) {
                Some(known) => Some(*known),
                None if in_parts => variable(graph, var, &fields, types),
                None => Some(with_spares(graph, var, &fields)),
            };
            let Some(part) = made else { continue };
            vars.insert(fields, part);
            if analysis.live_in[head.0].remove(&var) {
                analysis.live_in[head.0].insert(part);
            }
            if let Some(Polled::Branches(construct)) = graph.poll(head).map(|poll| &poll.what)
                && after_poll[construct.0].remove(&var)
            {
                after_poll[construct.0].insert(part);
            }
        }
        note_changes(graph, analysis, var);
    }
}

/// Whether an arm that has parts of a variable leads to one that has all of it.
fn is_made_whole(graph: &Graph, analysis: &Analysis, var: VarId, forms: &[(BlockId, BTreeSet<Way>)]) -> bool {
    let apart = |head: &BlockId| forms.iter().any(|(apart, _)| apart == head);
    graph.block_ids().filter(|id| analysis.arm[id.0].as_ref().is_some_and(apart)).any(|id| {
        let next = successors(graph, id).into_iter().filter(|next| analysis.arm[next.0] == Some(*next));
        next.into_iter().any(|next| analysis.live_in[next.0].contains(&var) && !apart(&next))
    })
}

/// Notes for each arm that moves away what the next one finds spares of.
fn note_spares(moved: &Moved<'_>, analysis: &mut Analysis, var: VarId, forms: &[(BlockId, BTreeSet<Way>)]) {
    let fields: BTreeSet<Way> = forms.iter().flat_map(|(_, ways)| ways).cloned().collect();
    for (head, ways) in moved.moved_in_arms(analysis, &fields) {
        let spares = ways.into_iter().map(|way| {
            let span = Span2(moved.assignment_of(&way));
            Spare { of: var, way, span }
        });
        analysis.spares.entry(head).or_default().extend(spares);
    }
}

/// The variables that are stored as they are, and of which some code moves fields away.
fn candidates(graph: &Graph, analysis: &Analysis, whole: &Vars) -> Vec<VarId> {
    let reached = || graph.block_ids().filter(|id| analysis.arm[id.0].is_some());
    let mut found = Vars::new();
    for block in reached().map(|id| graph.block(id)) {
        let mut moved: BTreeSet<(String, Way)> = codes(block).flat_map(moved_by).collect();
        moved.extend(moved_by_pattern(&block.term).into_iter().flat_map(|(_, moved)| moved));
        if moved.is_empty() {
            continue;
        }
        let named = codes(block).flat_map(|code| &code.uses);
        let of_name = |var: &&VarId| moved.iter().any(|(name, _)| graph.var(**var).ident == name);
        found.extend(named.filter(of_name));
    }
    found.retain(|var| {
        let data = graph.var(*var);
        let name = data.ident.to_string();
        data.rebuild.is_none()
            && !whole.contains(var)
            && !is_temp_name(&name)
            // It is a borrow of what is changed.
            && (data.mutable || !reached().any(|id| codes(graph.block(id)).any(|code| changes_within(code, &name))))
    });
    found.into_iter().collect()
}

/// Whether branches that run beside each other have a variable in its slot where an arm begins.
fn is_shared(graph: &Graph, shared: &[Vars], var: VarId, head: BlockId) -> bool {
    let construct = match graph.poll(head).map(|poll| &poll.what) {
        Some(Polled::Branches(construct)) => Some(*construct),
        _ => None,
    };
    let mut around: Vec<ConstructId> = construct.into_iter().collect();
    let mut task = graph.block(head).task;
    while let Some((construct, _)) = graph.tasks[task.0].branch_of {
        around.push(construct);
        task = graph.construct_task(construct);
    }
    around.iter().any(|construct| shared[construct.0].contains(&var))
}

/// Notes the arms that hand a variable on in another form than they found it in.
fn note_changes(graph: &Graph, analysis: &mut Analysis, var: VarId) {
    let form = |id: BlockId| {
        let parts = |live: &&VarId| graph.var(**live).parts.as_ref().is_some_and(|parts| parts.of == var);
        let live = &analysis.live_in[id.0];
        live.iter().find(|live| **live == var || parts(live)).copied()
    };
    let mut changes = Vec::new();
    for id in graph.block_ids() {
        let Some(head) = analysis.arm[id.0] else { continue };
        let Some(found) = form(head) else { continue };
        let goes_on = successors(graph, id).into_iter().filter(|next| analysis.arm[next.0] == Some(*next));
        if goes_on.filter_map(form).any(|next| next != found) {
            changes.push(head);
        }
    }
    for head in changes {
        analysis.changes.entry(head).or_default().insert(var);
    }
}
