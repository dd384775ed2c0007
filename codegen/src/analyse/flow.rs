//! Which variables are needed where.
use std::collections::BTreeMap;

use super::{codes, mentioned};
use crate::cfg::{BlockId, Code, ConstructId, ExitTo, Graph, Instr, MatchHead, Polled, TaskId, Term};
use crate::names::{VarId, Vars};

/// Backward data flow: what is needed where.
pub(super) struct Flow<'a> {
    pub(super) graph: &'a Graph,
    pub(super) reachable: &'a [bool],
    pub(super) live_in: Vec<Vars>,
    /// What is needed once a construct is done.
    pub(super) after_poll: Vec<Vars>,
    /// What several branches of a construct use, or a branch and what follows: it stays in its slot throughout.
    pub(super) shared: Vec<Vars>,
    /// Variables that are declared without a value.
    pub(super) late: Vars,
    /// Which of them may have one where each block begins.
    pub(super) filled: Vec<Vars>,
    /// What nobody names any more, and which is there to the end of its scope all the same.
    pub(super) lingering: Vec<Vars>,
}

/// What the pattern that leads to a block binds.
pub(crate) fn bound_by(block: &crate::cfg::Block) -> Vars {
    let bound = block.instrs.iter().find_map(|instr| match instr {
        Instr::Bound(vars) => Some(vars),
        _ => None,
    });
    bound.into_iter().flatten().copied().collect()
}

impl Flow<'_> {
    pub(super) fn solve(&mut self) {
        loop {
            let mut changed = false;
            for block in (0..self.graph.blocks.len()).rev().filter(|block| self.reachable[*block]) {
                let live = self.before(BlockId(block));
                changed |= live != self.live_in[block];
                self.live_in[block] = live;
            }
            if !changed {
                return;
            }
        }
    }

    /// What the branches around a task share.
    fn held(&self, mut task: TaskId) -> Vars {
        let mut held = Vars::new();
        while let Some((construct, _)) = self.graph.tasks[task.0].branch_of {
            held.extend(&self.shared[construct.0]);
            task = self.graph.construct_task(construct);
        }
        held
    }

    fn before(&mut self, id: BlockId) -> Vars {
        let graph = self.graph;
        let block = graph.block(id);
        let held = self.held(block.task);
        let mut live = held.clone();
        for next in block.term.targets() {
            live.extend(&self.live_in[next.0]);
        }
        if let Term::Match { arms, .. } = &block.term {
            for arm in arms {
                if let Some(guard) = &arm.guard {
                    let mut needed = Vars::new();
                    self.code(guard, &mut needed, &held);
                    // The pattern has bound what the guard sees first.
                    live.extend(&needed - &bound_by(graph.block(arm.block)));
                }
            }
        }
        if let Some(code) = block.term.code() {
            self.code(code, &mut live, &held);
        }
        if let Term::Match {
            head: MatchHead::Cursor(var) | MatchHead::Nth { index: var, .. } | MatchHead::Winner(var),
            ..
        } = &block.term
        {
            live.insert(*var);
        }
        for instr in block.instrs.iter().rev() {
            self.instr(instr, &mut live, &held);
        }
        live.extend(held);
        live.extend(&self.lingering[id.0]);
        live.retain(|var| !self.late.contains(var) || self.filled[id.0].contains(var));
        live
    }

    fn instr(&mut self, instr: &Instr, live: &mut Vars, held: &Vars) {
        match instr {
            Instr::Bound(vars) | Instr::Arguments { declares: vars, .. } => remove(live, vars),
            Instr::Declare(var) | Instr::Assign(var, _) => remove(live, &[*var]),
            Instr::Code(code) => {
                remove(live, &code.declares);
                live.retain(|var| !code.kills.contains(var));
            }
            Instr::Advance(var) => {
                live.insert(*var);
            }
            Instr::Poll(poll) => {
                remove(live, &[poll.output]);
                if let Polled::Branches(construct) = poll.what {
                    let construct_data = &self.graph.constructs[construct.0];
                    remove(live, &construct_data.outputs);
                    self.after_poll[construct.0].clone_from(live);
                    for task in &construct_data.branches {
                        live.extend(&self.live_in[self.graph.tasks[task.0].entry.0]);
                    }
                }
            }
            Instr::Enter(_) | Instr::Leave(_) | Instr::Begin { .. } | Instr::Open { .. } => {}
        }
        if let Some(code) = instr.code() {
            self.code(code, live, held);
        }
    }

    fn code(&self, code: &Code, live: &mut Vars, held: &Vars) {
        live.extend(self.graph.with_needs(&code.uses));
        for exit in self.graph.leaves(code) {
            live.extend(&self.live_in[exit.0]);
        }
        for exit in &code.exits {
            match self.graph.exits[exit.0].to {
                ExitTo::Block(target, result) => {
                    let mut needed = self.live_in[target.0].clone();
                    if let Some(result) = result {
                        needed.remove(&result);
                    }
                    live.extend(needed);
                }
                ExitTo::Return => live.extend(held),
            }
        }
    }

    pub(super) fn shared_in(&self, construct: ConstructId) -> Vars {
        let mut users: BTreeMap<VarId, usize> = BTreeMap::new();
        for task in &self.graph.constructs[construct.0].branches {
            for var in self.used_in(*task) {
                *users.entry(var).or_default() += 1;
            }
        }
        let after = &self.after_poll[construct.0];
        users
            .into_iter()
            .filter(|(var, users)| *users > 1 || after.contains(var))
            .map(|(var, _)| var)
            .collect()
    }

    /// The variables from outside that a branch uses.
    fn used_in(&self, task: TaskId) -> Vars {
        let graph = self.graph;
        let (mut used, mut declared) = (Vars::new(), Vars::new());
        let blocks = graph.block_ids().filter(|block| self.reachable[block.0]);
        for block in blocks.map(|block| graph.block(block)).filter(|block| graph.is_within(block.task, task))
        {
            let (uses, declares) = mentioned(graph, block);
            used.extend(codes(block).flat_map(|code| &code.exits).filter_map(|exit| {
                match graph.exits[exit.0].to {
                    ExitTo::Block(_, result) => result,
                    ExitTo::Return => None,
                }
            }));
            used.extend(uses);
            declared.extend(declares);
        }
        &used - &declared
    }
}

pub(super) fn remove(live: &mut Vars, vars: &[VarId]) {
    for var in vars {
        live.remove(var);
    }
}
