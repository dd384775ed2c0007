//! What is local to one arm while it runs.

use longhaul_programs::run::{Env, Evaluated};
use longhaul_programs::value::Cell;

use super::Machine;
use super::frame::wrong;
use crate::analyse::mentioned;
use crate::cfg::{BlockId, Instr, TaskId};
use crate::names::{VarId, Vars};

/// What is local to one arm while it runs.
pub(super) struct Locals {
    pub(super) env: Env,
    /// Which variable each entry of `env` is, if it is one of the graph's.
    pub(super) ids: Vec<Option<VarId>>,
    pub(super) task: TaskId,
    /// The variables that are locals somewhere in the arm.
    pub(super) anywhere: Vars,
    pub(super) mentioned: Vars,
}

impl Locals {
    pub(super) fn bind(&mut self, machine: &Machine, var: VarId, cell: Cell) {
        self.number();
        self.env.bind(&machine.graph.var(var).ident.to_string(), cell);
        self.ids.push(Some(var));
    }

    /// Entries that code has bound, before they are known to be variables of the graph.
    pub(super) fn number(&mut self) {
        self.ids.resize(self.env.len(), None);
    }

    /// What code has bound are these variables.
    pub(super) fn bound(&mut self, machine: &Machine, vars: &[VarId]) -> Evaluated<()> {
        self.number();
        // The last of a name was bound last.
        for var in vars.iter().rev() {
            let name = machine.graph.var(*var).ident.to_string();
            let bound = self.env.since(0);
            let at = (0..bound.len()).rev().find(|at| *bound[*at].0 == *name && self.ids[*at].is_none());
            match at {
                Some(at) => self.ids[at] = Some(*var),
                None => return wrong(format!("{name} is not bound where it is said to be")),
            }
        }
        Ok(())
    }

    pub(super) fn truncate(&mut self, mark: usize) {
        self.number();
        self.env.truncate(mark);
        self.ids.truncate(mark);
    }

    pub(super) fn cell(&self, var: VarId) -> Option<Cell> {
        let at = self.ids.iter().rposition(|id| *id == Some(var))?;
        Some(self.env.since(0)[at].1.clone())
    }
}

/// What emission and this need to know of an arm.
pub(super) fn locals_of(machine: &Machine, head: BlockId) -> (Vars, Vars) {
    let graph = &machine.graph;
    let inside: Vec<_> =
        graph.block_ids().filter(|block| machine.analysis.arm[block.0] == Some(head)).collect();
    let (mut named, mut declared) = (Vars::new(), Vars::new());
    for block in &inside {
        let (uses, declares) = mentioned(graph, graph.block(*block));
        named.extend(uses);
        declared.extend(declares);
    }
    named.extend(machine.analysis.changes.get(&head).into_iter().flatten());
    for instr in inside.iter().flat_map(|block| &graph.block(*block).instrs) {
        if let Instr::Declare(var) = instr
            && named.contains(var)
        {
            declared.insert(*var);
        }
    }
    (named, declared)
}
