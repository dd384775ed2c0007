//! The states and slots of a machine, and their names, which are what is stored.
use std::collections::{BTreeMap, BTreeSet};

use super::{Analysis, Slot, SlotKind, Span2, State};
use crate::cfg::{Graph, Polled};
use crate::names::{Unique, VarId, Vars};
use crate::parameters::LENT;

pub(super) fn name_states(graph: &Graph, analysis: &mut Analysis) {
    let mut unique = Unique::default();
    for name in ["Start", "Done"] {
        unique.name(name, "");
    }
    // Names given by hand are as they are; the others are numbered around them.
    for given in graph.block_ids().filter_map(|block| graph.poll(block)?.given.as_ref()) {
        unique.name(&given.to_string(), "");
    }
    for block in graph.block_ids().filter(|block| analysis.arm[block.0].is_some()) {
        if let Some(poll) = graph.poll(block) {
            analysis.states.push(State {
                name: match &poll.given {
                    Some(given) => given.to_string(),
                    None => unique.name(&format!("Await{}", poll.name), ""),
                },
                block,
                task: graph.block(block).task,
                live: BTreeSet::new(),
            });
        }
    }
}

/// `AwaitPrintLabel` as `await_print_label`.
pub(crate) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

pub(super) fn make_slots(graph: &Graph, analysis: &mut Analysis, live_at: &[Vars]) {
    let mut names = Unique::default();
    names.name("at", "_");
    let mut slots = Vec::new();
    let mut numbers: BTreeMap<VarId, usize> = BTreeMap::new();
    // Variables first, in the order they are bound, so that they have the plain names.
    let kept: Vars = live_at.iter().flatten().copied().filter(|var| graph.var(*var).needs_slot()).collect();
    for var in &kept {
        let ident = &graph.var(*var).ident;
        let name = ident.to_string();
        let plain = name.strip_prefix("r#").unwrap_or(&name);
        // A temporary's number depends on all that stands before it: it is no name to store.
        // What was lent is kept under the parameter's name.
        let plain = plain.strip_prefix(LENT).unwrap_or(plain);
        let plain = if plain.starts_with("__") { "value" } else { plain };
        numbers.insert(*var, slots.len());
        slots.push(Slot {
            name: names.name(plain, "_"),
            kind: SlotKind::Kept(*var),
            span: Span2(ident.span()),
        });
    }
    for (state, live_vars) in analysis.states.iter_mut().zip(live_at) {
        let mut live: BTreeSet<usize> =
            live_vars.iter().filter_map(|var| numbers.get(var).copied()).collect();
        let Some(poll) = graph.poll(state.block) else { continue };
        let base = snake(&state.name);
        let mut add = |name: &str, kind| {
            live.insert(slots.len());
            slots.push(Slot { name: names.name(name, "_"), kind, span: Span2(poll.span) });
        };
        match &poll.what {
            Polled::Operation => add(&base, SlotKind::Wait(state.block)),
            Polled::Call { .. } => add(&base, SlotKind::Call(state.block)),
            Polled::Condition(_) => {}
            Polled::Branches(construct) => {
                let construct = &graph.constructs[construct.0];
                for (number, task) in construct.branches.iter().enumerate() {
                    add(&format!("{base}_{number}"), SlotKind::Position(*task));
                    if construct.kind.waits_for_all() {
                        add(&format!("{base}_{number}_output"), SlotKind::Output(*task));
                    }
                }
            }
        }
        state.live = live;
    }
    // A position must be visited before what is live in it: the branches' slots come after their construct's,
    // because states are in source order and a construct's comes before those of its branches. Variables are
    // live by the states that the positions name, so they must come last.
    let waits_first: Vec<usize> =
        (0..slots.len()).filter(|number| !matches!(slots[*number].kind, SlotKind::Kept(_))).collect();
    let order: Vec<usize> = waits_first.into_iter().chain(0..kept.len()).collect();
    for state in &mut analysis.states {
        state.live = state
            .live
            .iter()
            .map(|old| order.iter().position(|number| number == old).expect("each slot has a place"))
            .collect();
    }
    analysis.slots = order.into_iter().map(|number| slots[number].clone()).collect();
    analysis.passing = graph
        .block_ids()
        .filter(|block| analysis.arm[block.0] == Some(*block))
        .flat_map(|head| analysis.live_in[head.0].iter().copied())
        .filter(|var| graph.var(*var).needs_slot() && !kept.contains(var))
        .collect();
}
