//! What can be asked of a graph and of what it is made of.
use super::{
    Block, BlockId, Code, ConstructId, ExitTo, Graph, Instr, MatchHead, Poll, Polled, ScopeId, TaskId, Term,
    Var, VarId, Vars,
};

impl Var {
    /// Whether it may have to be stored.
    pub(crate) fn needs_slot(&self) -> bool {
        self.rebuild.as_ref().is_none_or(|rebuild| rebuild.looked_up)
    }
}

impl Graph {
    pub(crate) fn var(&self, var: VarId) -> &Var {
        &self.vars[var.0]
    }

    /// The variable that a variable is while code uses it: of parts, that which they are of.
    pub(crate) fn local(&self, var: VarId) -> VarId {
        self.var(var).parts.as_ref().map_or(var, |parts| parts.of)
    }

    /// Whether a variable is made again, and is no closure.
    pub(crate) fn is_borrow(&self, var: VarId) -> bool {
        let rebuild = self.var(var).rebuild.as_ref();
        rebuild.is_some_and(|rebuild| syn::parse2::<syn::ExprClosure>(rebuild.expr.clone()).is_err())
    }

    pub(crate) fn block(&self, block: BlockId) -> &Block {
        &self.blocks[block.0]
    }

    /// All blocks, in source order.
    pub(crate) fn block_ids(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.order.iter().copied()
    }

    /// The suspension of a poll block.
    pub(crate) fn poll(&self, block: BlockId) -> Option<&Poll> {
        match self.block(block).instrs.first() {
            Some(Instr::Poll(poll)) => Some(poll),
            _ => None,
        }
    }

    /// Whether a task can end in a block: by a `return`, or a `?`.
    pub(crate) fn ends_task(&self, block: &Block) -> bool {
        let codes = block.instrs.iter().filter_map(Instr::code).chain(block.term.code());
        matches!(block.term, Term::Return(_))
            || codes.flat_map(|code| &code.exits).any(|exit| self.exits[exit.0].to == ExitTo::Return)
    }

    /// The scopes around `scope`, outermost first, itself last.
    pub(crate) fn scope_chain(&self, scope: ScopeId) -> Vec<ScopeId> {
        let mut chain = vec![scope];
        while let Some(parent) = self.scopes[chain[chain.len() - 1].0].parent {
            chain.push(parent);
        }
        chain.reverse();
        chain
    }

    /// `vars` and all that is needed to rebuild those among them that are rebuilt.
    pub(crate) fn with_needs(&self, vars: &Vars) -> Vars {
        let mut all = Vars::new();
        let mut todo: Vec<VarId> = vars.iter().copied().collect();
        while let Some(var) = todo.pop() {
            if all.insert(var)
                && let Some(rebuild) = &self.var(var).rebuild
            {
                todo.extend(rebuild.needs.iter().copied());
            }
        }
        all
    }

    /// Where code goes when something that it looks up is not there any more.
    pub(crate) fn leaves(&self, code: &Code) -> Vec<BlockId> {
        let needed = self.with_needs(&code.uses);
        let mut leaves: Vec<_> = needed
            .iter()
            .filter_map(|var| self.var(*var).rebuild.as_ref().and_then(|rebuild| rebuild.or_leave))
            .collect();
        leaves.dedup();
        leaves
    }

    /// Whether `task` is `ancestor` or a branch within it.
    pub(crate) fn is_within(&self, mut task: TaskId, ancestor: TaskId) -> bool {
        loop {
            if task == ancestor {
                return true;
            }
            match self.tasks[task.0].branch_of {
                Some((construct, _)) => task = self.construct_task(construct),
                None => return false,
            }
        }
    }

    /// The task that a construct stands in.
    pub(crate) fn construct_task(&self, construct: ConstructId) -> TaskId {
        self.block(self.constructs[construct.0].poll).task
    }
}

impl Instr {
    /// The code it carries.
    pub(crate) fn code(&self) -> Option<&Code> {
        match self {
            Instr::Code(code)
            | Instr::Assign(_, code)
            | Instr::Begin { operation: code, .. }
            | Instr::Open { open: code, .. }
            | Instr::Poll(Poll { what: Polled::Condition(code), .. }) => Some(code),
            _ => None,
        }
    }
}

impl Term {
    /// The code it carries.
    pub(crate) fn code(&self) -> Option<&Code> {
        match self {
            Term::If { cond: code, .. }
            | Term::Match { head: MatchHead::Value(code) | MatchHead::Nth { items: code, .. }, .. }
            | Term::LetElse { code, .. }
            | Term::Return(code) => Some(code),
            _ => None,
        }
    }

    /// Where it leads, exits of its code aside.
    pub(crate) fn targets(&self) -> Vec<BlockId> {
        match self {
            Term::Fall(block) | Term::Jump(block) | Term::Suspend(block) => vec![*block],
            Term::If { then, otherwise, .. } => vec![*then, *otherwise],
            Term::Match { arms, .. } => arms.iter().map(|arm| arm.block).collect(),
            Term::LetElse { otherwise, next, .. } => vec![*otherwise, *next],
            Term::Return(_) | Term::Unreachable => Vec::new(),
        }
    }
}
