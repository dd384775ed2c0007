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
use std::collections::{BTreeMap, BTreeSet};

use syn::parse::Parser;
use syn::{Expr, Pat};

use super::fields::{Way, fields_in, fields_of, moved_by, moved_into, overlap};
use super::forms::variable;
use super::{Analysis, codes, successors};
use crate::cfg::{
    Block, BlockId, Code, CodeTokens, ConstructId, ExitTo, Graph, Instr, MatchHead, Polled, Term,
};
use crate::lower::is_temp_name;
use crate::names::{VarId, Vars};

/// What is needed of a variable.
#[derive(Debug, Clone, PartialEq)]
enum Needed {
    Fields(BTreeSet<Way>),
    Whole,
}

impl Needed {
    fn nothing() -> Self {
        Needed::Fields(BTreeSet::new())
    }

    fn add(&mut self, more: &Needed) {
        match (&mut *self, more) {
            (Needed::Fields(fields), Needed::Fields(more)) => fields.extend(more.iter().cloned()),
            _ => *self = Needed::Whole,
        }
    }
}

/// What a block does to what is needed of a variable, last thing first.
enum Backward {
    /// It is needed.
    Needs(Needed),
    /// It gets another value.
    Ends,
    /// The block leads there, unless that is where the variable gets its value.
    Leads(BlockId),
}

/// What may have been moved away when a block ends.
struct Forward {
    /// All that was before is there again.
    ends: bool,
    moves: BTreeSet<Way>,
    /// Where it leads, and what is moved on that way.
    ways: Vec<(BlockId, BTreeSet<Way>)>,
}

/// One variable of which fields may be moved away.
struct Moved<'g> {
    graph: &'g Graph,
    var: VarId,
    needed: Vec<Needed>,
    gone: Vec<BTreeSet<Way>>,
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
        let mut forms = Moved::solved(graph, analysis, var).forms(analysis);
        // What branches that run beside each other share is whole, or has no form.
        forms.retain(|(head, _)| !is_shared(graph, shared, var, *head));
        let apart = |head: &BlockId| forms.iter().any(|(apart, _)| apart == head);
        let made_whole =
            graph.block_ids().filter(|id| analysis.arm[id.0].as_ref().is_some_and(apart)).any(|id| {
                let next =
                    successors(graph, id).into_iter().filter(|next| analysis.arm[next.0] == Some(*next));
                next.into_iter().any(|next| analysis.live_in[next.0].contains(&var) && !apart(&next))
            });
        if made_whole {
            continue;
        }
        if forms.is_empty() {
            continue;
        }
        let mut vars: BTreeMap<BTreeSet<Way>, VarId> = BTreeMap::new();
        for (head, fields) in forms {
            let known = vars.get(&fields).copied();
            let Some(part) = known.or_else(|| variable(graph, var, &fields, types)) else { continue };
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
        data.rebuild.is_none() && !whole.contains(var) && !is_temp_name(&data.ident.to_string())
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

/// What the patterns that a block ends with move away, and where they lead.
fn moved_by_pattern(term: &Term) -> Vec<(BlockId, BTreeSet<(String, Way)>)> {
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
    fn solved(graph: &'g Graph, analysis: &Analysis, var: VarId) -> Self {
        let blocks: Vec<BlockId> = graph.block_ids().filter(|id| analysis.arm[id.0].is_some()).collect();
        let mut solved = Moved {
            graph,
            var,
            needed: vec![Needed::nothing(); graph.blocks.len()],
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
        let mut needed = Needed::nothing();
        for step in steps {
            match step {
                Backward::Needs(more) => needed.add(more),
                Backward::Ends => needed = Needed::nothing(),
                Backward::Leads(next) => needed.add(&self.needed[next.0]),
            }
        }
        let changed = needed != self.needed[id.0];
        self.needed[id.0] = needed;
        changed
    }

    fn moved_behind(&mut self, id: BlockId, flow: &Forward) -> bool {
        let before = if flow.ends { BTreeSet::new() } else { self.gone[id.0].clone() };
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
            steps.push(Backward::Needs(Needed::Whole));
        }
        for instr in block.instrs.iter().rev() {
            if self.ends(instr) {
                steps.push(Backward::Ends);
            }
            match instr {
                Instr::Advance(var) if *var == self.var => steps.push(Backward::Needs(Needed::Whole)),
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
        if code.uses.contains(&self.var) {
            let fields = fields_in(code, &self.graph.var(self.var).ident);
            steps.push(Backward::Needs(fields.map_or(Needed::Whole, Needed::Fields)));
        }
        let again = self.graph.with_needs(&code.uses);
        for rebuild in again.iter().filter_map(|var| self.graph.var(*var).rebuild.as_ref()) {
            if rebuild.needs.contains(&self.var) {
                let fields = fields_of(rebuild.expr.clone(), &self.graph.var(self.var).ident.to_string());
                steps.push(Backward::Needs(fields.map_or(Needed::Whole, Needed::Fields)));
            }
        }
        steps.extend(self.graph.leaves(code).into_iter().map(Backward::Leads));
        for exit in &code.exits {
            match self.graph.exits[exit.0].to {
                ExitTo::Block(target, result) if result != Some(self.var) => {
                    steps.push(Backward::Leads(target));
                }
                _ => {}
            }
        }
    }

    fn forward(&self, id: BlockId) -> Forward {
        let block = self.graph.block(id);
        let mut flow = Forward { ends: false, moves: BTreeSet::new(), ways: Vec::new() };
        for instr in &block.instrs {
            if let Some(code) = instr.code() {
                flow.moves.extend(self.moves(code));
            }
            if self.ends(instr) {
                flow.ends = true;
                flow.moves.clear();
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

    fn of_this(&self, moved: BTreeSet<(String, Way)>) -> impl Iterator<Item = Way> + use<> {
        let name = self.graph.var(self.var).ident.to_string();
        moved.into_iter().filter_map(move |(of, way)| (of == name).then_some(way))
    }

    /// The arms that begin with less than all of it, and what they have of it.
    fn forms(&self, analysis: &Analysis) -> Vec<(BlockId, BTreeSet<Way>)> {
        let heads = self.graph.block_ids().filter(|id| analysis.arm[id.0] == Some(*id));
        let mut apart = Vec::new();
        for head in heads.filter(|head| analysis.live_in[head.0].contains(&self.var)) {
            let Needed::Fields(needed) = &self.needed[head.0] else { continue };
            // What is needed still was copied.
            let gone: BTreeSet<&Way> = self.gone[head.0]
                .iter()
                .filter(|moved| needed.iter().all(|needed| !overlap(needed, moved)))
                .collect();
            if !gone.is_empty() && !needed.is_empty() {
                apart.push((head, needed, gone));
            }
        }
        // Where it gets another value, it has to be what it was.
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
