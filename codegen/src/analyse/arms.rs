//! Which blocks are written inside which arm.
use std::collections::BTreeSet;

use super::successors;
use crate::cfg::{BlockId, Graph, MAIN, Term};

pub(super) fn reachable(graph: &Graph) -> Vec<bool> {
    let mut reachable = vec![false; graph.blocks.len()];
    let mut todo = vec![graph.tasks[MAIN.0].entry];
    while let Some(block) = todo.pop() {
        if !std::mem::replace(&mut reachable[block.0], true) {
            todo.extend(successors(graph, block));
        }
    }
    reachable
}

/// Which blocks are written inside which arm. A block is an arm of its own if it is resumed or jumped to, or if
/// it is reached from two arms.
pub(super) fn arms(graph: &Graph, reachable: &[bool]) -> Vec<Option<BlockId>> {
    let mut heads: BTreeSet<BlockId> = graph.tasks.iter().map(|task| task.entry).collect();
    for block in graph.block_ids().filter(|block| reachable[block.0]) {
        let inline = match &graph.block(block).term {
            Term::Fall(_) | Term::If { .. } | Term::Match { .. } | Term::LetElse { .. } => {
                graph.block(block).term.targets()
            }
            _ => Vec::new(),
        };
        heads.extend(successors(graph, block).into_iter().filter(|next| !inline.contains(next)));
    }
    loop {
        let mut arm: Vec<Option<BlockId>> = vec![None; graph.blocks.len()];
        let mut clashes = Vec::new();
        for head in &heads {
            let mut todo = vec![*head];
            while let Some(block) = todo.pop() {
                match arm[block.0] {
                    Some(other) if other == *head => continue,
                    Some(_) => {
                        clashes.push(block);
                        continue;
                    }
                    None => arm[block.0] = Some(*head),
                }
                let term = &graph.block(block).term;
                if !matches!(term, Term::Jump(_) | Term::Suspend(_)) {
                    todo.extend(term.targets().into_iter().filter(|next| !heads.contains(next)));
                }
            }
        }
        if clashes.is_empty() {
            for (block, arm) in arm.iter_mut().enumerate() {
                if !reachable[block] {
                    *arm = None;
                }
            }
            return arm;
        }
        // The ways on which two arms reach a block have no block in common, so another head takes away neither.
        heads.extend(clashes);
    }
}
