//! What is needed of a variable where an arm begins, and which of its fields may have been moved away by then.
use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Expr, Pat, Stmt};

use super::backward::{Backward, NeededAt, steps_of};
use super::fields::{Way, assigned_in, fields_in, fields_of, moved_by, moved_into, overlap};
use super::needed::Needed;
use super::{Analysis, codes, successors};
use crate::cfg::{Block, BlockId, Code, CodeTokens, ExitId, ExitTo, Graph, Instr, MatchHead, Polled, Term};
use crate::names::VarId;

/// What may have been moved away when a block ends.
struct Forward {
    /// All that was before is there again.
    ends: bool,
    /// What was before of these is there again.
    assigned: BTreeSet<Way>,
    moves: BTreeSet<Way>,
    /// Where it leads, and what is moved on that way.
    ways: Vec<(BlockId, BTreeSet<Way>)>,
}

/// One variable of which fields may be moved away.
pub(super) struct Moved<'g> {
    graph: &'g Graph,
    var: VarId,
    /// Where each block begins.
    needed: Vec<NeededAt>,
    gone: Vec<BTreeSet<Way>>,
}

/// What the patterns that a block ends with move away, and where they lead.
pub(super) fn moved_by_pattern(term: &Term) -> Vec<(BlockId, BTreeSet<(String, Way)>)> {
    match term {
        Term::Match {
            head: MatchHead::Value(Code { tokens: CodeTokens::Expr(value), .. }), arms, ..
        } => {
            let arms = arms.iter().filter_map(|arm| {
                let pat = Pat::parse_multi.parse2(arm.pat.clone()).ok()?;
                Some((arm.block, moved_into(&pat, value)))
            });
            arms.collect()
        }
        Term::LetElse { pat, code: Code { tokens: CodeTokens::Expr(value), .. }, next, .. } => {
            vec![(*next, moved_into(pat, value))]
        }
        Term::If { cond: Code { tokens: CodeTokens::Expr(cond), .. }, then, .. } => match &**cond {
            Expr::Let(binding) => vec![(*then, moved_into(&binding.pat, &binding.expr))],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

impl<'g> Moved<'g> {
    pub(super) fn solved(graph: &'g Graph, analysis: &Analysis, var: VarId) -> Self {
        let blocks: Vec<BlockId> = graph.block_ids().filter(|id| analysis.arm[id.0].is_some()).collect();
        let mut solved = Moved {
            graph,
            var,
            needed: vec![NeededAt::nothing(); graph.blocks.len()],
            gone: vec![BTreeSet::new(); graph.blocks.len()],
        };
        let backward: Vec<_> = blocks.iter().rev().map(|id| (*id, solved.backward(*id))).collect();
        let forward: Vec<_> = blocks.iter().map(|id| (*id, solved.forward(*id))).collect();
        while backward.iter().fold(false, |changed, (id, steps)| solved.needed_before(*id, steps) || changed)
        {
        }
        while forward.iter().fold(false, |changed, (id, flow)| solved.moved_behind(*id, flow) || changed) {}
        solved
    }

    fn needed_before(&mut self, id: BlockId, steps: &[Backward]) -> bool {
        let needed = NeededAt::nothing().before(steps, &self.needed);
        let changed = needed != self.needed[id.0];
        self.needed[id.0] = needed;
        changed
    }

    fn moved_behind(&mut self, id: BlockId, flow: &Forward) -> bool {
        let mut before = if flow.ends { BTreeSet::new() } else { self.gone[id.0].clone() };
        before.retain(|moved| !flow.assigned.iter().any(|assigned| moved.starts_with(assigned)));
        let mut changed = false;
        for (next, on_the_way) in &flow.ways {
            let moved = &mut self.gone[next.0];
            let size = moved.len();
            moved.extend(before.iter().chain(&flow.moves).chain(on_the_way).cloned());
            changed |= moved.len() != size;
        }
        changed
    }

    fn backward(&self, id: BlockId) -> Vec<Backward> {
        let block = self.graph.block(id);
        let mut steps: Vec<Backward> = block.term.targets().into_iter().map(Backward::Leads).collect();
        let guards = super::guards(&block.term);
        for code in guards.chain(block.term.code()) {
            self.code(code, &mut steps);
        }
        if let Term::Match { head: MatchHead::Cursor(var) | MatchHead::Nth { index: var, .. }, .. } =
            &block.term
            && *var == self.var
        {
            steps.push(Backward::Needs(Needed::all()));
        }
        for instr in block.instrs.iter().rev() {
            if self.ends(instr) {
                steps.push(Backward::Ends);
            }
            match instr {
                Instr::Advance(var) if *var == self.var => steps.push(Backward::Needs(Needed::all())),
                Instr::Poll(poll) => {
                    if let Polled::Branches(construct) = poll.what {
                        let branches = &self.graph.constructs[construct.0].branches;
                        steps.extend(
                            branches.iter().map(|task| Backward::Leads(self.graph.tasks[task.0].entry)),
                        );
                    }
                }
                _ => {}
            }
            if let Some(code) = instr.code() {
                self.code(code, &mut steps);
            }
        }
        steps
    }

    /// Whether the variable has another value behind an instruction.
    fn ends(&self, instr: &Instr) -> bool {
        match instr {
            Instr::Bound(vars) | Instr::Arguments { declares: vars, .. } => vars.contains(&self.var),
            Instr::Declare(var) | Instr::Assign(var, _) => *var == self.var,
            Instr::Code(code) => code.declares.contains(&self.var) || code.kills.contains(&self.var),
            Instr::Poll(poll) => poll.output == self.var,
            _ => false,
        }
    }

    fn declares(&self, instr: &Instr) -> bool {
        match instr {
            Instr::Bound(vars) | Instr::Arguments { declares: vars, .. } => vars.contains(&self.var),
            Instr::Code(code) => code.declares.contains(&self.var),
            _ => false,
        }
    }

    fn code(&self, code: &Code, steps: &mut Vec<Backward>) {
        let name = self.graph.var(self.var).ident.to_string();
        let leads = |exit: ExitId| match self.graph.exits[exit.0].to {
            ExitTo::Block(target, result) if result != Some(self.var) => Some(target),
            _ => None,
        };
        let in_steps = match &code.tokens {
            CodeTokens::Stmt(stmt) if code.uses.contains(&self.var) => steps_of(stmt, &name, &leads),
            _ => None,
        };
        let is_in_steps = in_steps.is_some();
        if code.uses.contains(&self.var) {
            steps.extend(in_steps.unwrap_or_else(|| {
                let fields = fields_in(code, &self.graph.var(self.var).ident);
                vec![Backward::Needs(fields.map_or(Needed::all(), Needed::Fields))]
            }));
        }
        let again = self.graph.with_needs(&code.uses);
        for rebuild in again.iter().filter_map(|var| self.graph.var(*var).rebuild.as_ref()) {
            if rebuild.needs.contains(&self.var) {
                let fields = fields_of(rebuild.expr.clone(), &name);
                steps.push(Backward::Needs(fields.map_or(Needed::all(), Needed::Fields)));
            }
        }
        steps.extend(self.graph.leaves(code).into_iter().map(Backward::Leads));
        if !is_in_steps {
            steps.extend(code.exits.iter().copied().filter_map(leads).map(Backward::Leads));
        }
    }

    fn forward(&self, id: BlockId) -> Forward {
        let block = self.graph.block(id);
        let mut flow =
            Forward { ends: false, assigned: BTreeSet::new(), moves: BTreeSet::new(), ways: Vec::new() };
        for instr in &block.instrs {
            if let Some(code) = instr.code() {
                flow.moves.extend(self.moves(code));
                if let Some((way, _)) = self.assigned(code) {
                    flow.moves.retain(|moved| !moved.starts_with(&way));
                    flow.assigned.insert(way);
                }
            }
            if self.ends(instr) {
                flow.ends = true;
                flow.moves.clear();
                flow.assigned.clear();
            }
        }
        let by_pattern = moved_by_pattern(&block.term);
        let of_term = block.term.code().into_iter().chain(super::guards(&block.term));
        // What a single `if let` moves is moved where it matches.
        if !matches!(block.term, Term::If { .. }) || by_pattern.is_empty() {
            flow.moves.extend(of_term.flat_map(|code| self.moves(code)));
        }
        let named = self.named_in(block);
        for next in successors(self.graph, id) {
            let on_the_way = by_pattern.iter().filter(|(to, _)| *to == next && named);
            let on_the_way = on_the_way.flat_map(|(_, moved)| self.of_this(moved.clone()));
            flow.ways.push((next, on_the_way.collect()));
        }
        flow
    }

    fn named_in(&self, block: &Block) -> bool {
        block.term.code().is_some_and(|code| code.uses.contains(&self.var))
    }

    fn moves(&self, code: &Code) -> Vec<Way> {
        if !code.uses.contains(&self.var) {
            return Vec::new();
        }
        self.of_this(moved_by(code)).collect()
    }

    /// The field that a statement assigns.
    fn assigned(&self, code: &Code) -> Option<(Way, Expr)> {
        code.uses.contains(&self.var).then(|| assigned_in(code, &self.graph.var(self.var).ident)).flatten()
    }

    fn of_this(&self, moved: BTreeSet<(String, Way)>) -> impl Iterator<Item = Way> + use<> {
        let name = self.graph.var(self.var).ident.to_string();
        moved.into_iter().filter_map(move |(of, way)| (of == name).then_some(way))
    }

    /// The arms that begin with less than all of it, and what they have of it; none if it gets a value, or a field of it one
    /// that was moved away: then it has to be what it was.
    pub(super) fn forms(&self, analysis: &Analysis) -> Vec<(BlockId, BTreeSet<Way>)> {
        let heads = || self.heads(analysis);
        if heads().any(|head| {
            self.gone[head.0]
                .iter()
                .any(|way| self.needed[head.0].named.has(way) && !self.needed[head.0].read.has(way))
        }) {
            return Vec::new();
        }
        let mut apart = Vec::new();
        for head in heads() {
            let Needed::Fields(needed) = &self.needed[head.0].named else { continue };
            // What is needed still was copied.
            let gone: BTreeSet<&Way> = self.gone[head.0]
                .iter()
                .filter(|moved| needed.iter().all(|needed| !overlap(needed, moved)))
                .collect();
            if !gone.is_empty() && !needed.is_empty() {
                apart.push((head, needed, gone));
            }
        }
        let assigned = self.graph.block_ids().any(|id| {
            let assigns = |instr: &Instr| self.ends(instr) && !self.declares(instr);
            let head = analysis.arm[id.0];
            apart.iter().any(|(apart, ..)| head == Some(*apart))
                && self.graph.block(id).instrs.iter().any(assigns)
        });
        if assigned {
            return Vec::new();
        }
        // The same wherever it can be the same.
        let all: BTreeSet<&Way> = apart.iter().flat_map(|(_, needed, _)| needed.iter()).collect();
        let forms = apart.iter().map(|(head, _, gone)| {
            let there: Vec<&Way> =
                all.iter().copied().filter(|way| gone.iter().all(|gone| !overlap(way, gone))).collect();
            let is_within =
                |way: &Way| there.iter().any(|other| other.len() < way.len() && overlap(other, way));
            (*head, there.iter().copied().filter(|way| !is_within(way)).cloned().collect())
        });
        forms.collect()
    }

    /// The arms that begin when fields may have been moved away that get another value before they are needed, and which.
    pub(super) fn to_be_assigned(&self, analysis: &Analysis) -> Vec<(BlockId, BTreeSet<Way>)> {
        let free = |head: BlockId| {
            let gone = &self.gone[head.0];
            let is_within =
                |way: &Way| gone.iter().any(|other| other.len() < way.len() && way.starts_with(other));
            let free = gone.iter().filter(|way| !self.needed[head.0].read.has(way) && !is_within(way));
            (head, free.cloned().collect::<BTreeSet<Way>>())
        };
        self.heads(analysis).map(free).filter(|(_, ways)| !ways.is_empty()).collect()
    }

    /// Which of some fields, or what of them, the code of each arm moves away.
    pub(super) fn moved_in_arms(
        &self,
        analysis: &Analysis,
        fields: &BTreeSet<Way>,
    ) -> BTreeMap<BlockId, BTreeSet<Way>> {
        let mut moved: BTreeMap<BlockId, BTreeSet<Way>> = BTreeMap::new();
        for id in self.graph.block_ids() {
            let Some(head) = analysis.arm[id.0] else { continue };
            let block = self.graph.block(id);
            let by_code = codes(block).flat_map(|code| self.moves(code));
            let by_pattern = moved_by_pattern(&block.term).into_iter().filter(|_| self.named_in(block));
            let by_pattern = by_pattern.flat_map(|(_, moved)| self.of_this(moved));
            for way in by_code.chain(by_pattern) {
                let of = fields.iter().filter(|field| overlap(field, &way)).cloned();
                moved.entry(head).or_default().extend(of);
            }
        }
        moved.retain(|_, ways| !ways.is_empty());
        moved
    }

    /// Where a field is assigned.
    pub(super) fn assignment_of(&self, way: &Way) -> Span {
        let mut codes = self.graph.block_ids().flat_map(|id| codes(self.graph.block(id)));
        let found = codes.find_map(|code| match &code.tokens {
            CodeTokens::Stmt(stmt) if self.assigned(code).is_some_and(|(of, _)| overlap(&of, way)) => {
                match &**stmt {
                    Stmt::Expr(Expr::Assign(assign), _) => Some(assign.left.span()),
                    _ => None,
                }
            }
            _ => None,
        });
        found.unwrap_or_else(|| self.graph.var(self.var).ident.span())
    }

    /// The arms that it lives in the beginning of.
    fn heads(&self, analysis: &Analysis) -> impl Iterator<Item = BlockId> {
        let heads = self.graph.block_ids().filter(|id| analysis.arm[id.0] == Some(*id));
        heads.filter(|head| analysis.live_in[head.0].contains(&self.var))
    }
}
