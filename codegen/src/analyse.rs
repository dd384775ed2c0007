//! What emission needs to know of a graph: which blocks become arms, which variables live where, the states.
//!
//! After this: each reachable block belongs to one *arm* (a block of the emitted `match`, and all that can be
//! written inside it); each variable that is needed in an arm other than the one it was made in has a slot,
//! stored if it lives at a suspension, else of this step only.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;

use crate::cfg::{
    BlockId, Code, Concurrency, ConstructId, ExitTo, Graph, Instr, MAIN, MatchHead, Polled, TaskId, Term,
};
use crate::names::{Unique, VarId, Vars};

/// A place of the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Its name, which is what is stored.
    pub(crate) name: String,
    pub(crate) kind: SlotKind,
    pub(crate) span: Span2,
}

/// A span that does not take part in comparisons.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span2(pub(crate) Span);

impl PartialEq for Span2 {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Span2 {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// A variable.
    Kept(VarId),
    /// A begun operation.
    Wait(BlockId),
    /// A machine called from this one.
    Call(BlockId),
    /// The position of a branch.
    Position(TaskId),
    /// The output of a branch that is done before the others.
    Output(TaskId),
}

/// A suspension as a state of the machine.
#[derive(Debug)]
pub(crate) struct State {
    /// Its name, which is what is stored.
    pub(crate) name: String,
    /// Its poll block.
    pub(crate) block: BlockId,
    pub(crate) task: TaskId,
    /// The slots that are stored in it, by number.
    pub(crate) live: BTreeSet<usize>,
}

#[derive(Debug)]
pub(crate) struct Analysis {
    /// The head of each block's arm; none for a block that nothing leads to.
    pub(crate) arm: Vec<Option<BlockId>>,
    /// What each block needs when it begins.
    pub(crate) live_in: Vec<Vars>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) states: Vec<State>,
    /// Variables that go from arm to arm, but live at no suspension.
    pub(crate) passing: Vars,
}

impl Analysis {
    /// The slot of a variable, wait, position or output.
    pub(crate) fn slot(&self, kind: SlotKind) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.kind == kind)
    }

    /// The state of a poll block.
    pub(crate) fn state(&self, block: BlockId) -> Option<&State> {
        self.states.iter().find(|state| state.block == block)
    }

    /// The arms of a task, in source order.
    pub(crate) fn arms(&self, graph: &Graph, task: TaskId) -> Vec<BlockId> {
        graph
            .block_ids()
            .filter(|block| self.arm[block.0] == Some(*block) && graph.block(*block).task == task)
            .collect()
    }
}

/// Analyses a graph.
pub(crate) fn analyse(graph: &Graph) -> Analysis {
    let reachable = reachable(graph);
    let arm = arms(graph, &reachable);
    let (late, touched) = late_variables(graph, &reachable);
    let mut flow = Flow {
        graph,
        late,
        touched,
        reachable: &reachable,
        live_in: vec![Vars::new(); graph.blocks.len()],
        after_poll: vec![Vars::new(); graph.constructs.len()],
        shared: vec![Vars::new(); graph.constructs.len()],
    };
    flow.solve();
    flow.shared = (0..graph.constructs.len()).map(|number| flow.shared_in(ConstructId(number))).collect();
    flow.solve();
    let Flow { live_in, after_poll, shared, .. } = flow;
    let mut analysis = Analysis { arm, live_in, slots: Vec::new(), states: Vec::new(), passing: Vars::new() };
    name_states(graph, &mut analysis);
    let at_state = |block: BlockId| match graph.poll(block).map(|poll| &poll.what) {
        Some(Polled::Branches(construct)) => &after_poll[construct.0] | &shared[construct.0],
        _ => analysis.live_in[block.0].clone(),
    };
    let live_at: Vec<Vars> = analysis.states.iter().map(|state| at_state(state.block)).collect();
    make_slots(graph, &mut analysis, &live_at);
    analysis
}

/// Where a block can lead, exits of its code included, branches of its construct too.
pub(crate) fn successors(graph: &Graph, block: BlockId) -> Vec<BlockId> {
    let block = graph.block(block);
    let mut next = block.term.targets();
    for exit in codes(block).flat_map(|code| &code.exits) {
        if let ExitTo::Block(target, _) = graph.exits[exit.0].to {
            next.push(target);
        }
    }
    if let Some(Instr::Poll(poll)) = block.instrs.first()
        && let Polled::Branches(construct) = poll.what
    {
        next.extend(graph.constructs[construct.0].branches.iter().map(|task| graph.tasks[task.0].entry));
    }
    next
}

fn guards(term: &Term) -> impl Iterator<Item = &Code> {
    let arms = match term {
        Term::Match { arms, .. } => arms.as_slice(),
        _ => &[],
    };
    arms.iter().filter_map(|arm| arm.guard.as_ref())
}

fn reachable(graph: &Graph) -> Vec<bool> {
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
fn arms(graph: &Graph, reachable: &[bool]) -> Vec<Option<BlockId>> {
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
        let mut clash = None;
        for head in &heads {
            let mut todo = vec![*head];
            while let Some(block) = todo.pop() {
                match arm[block.0] {
                    Some(other) if other == *head => continue,
                    Some(_) => {
                        clash = Some(block);
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
        match clash {
            Some(block) => heads.insert(block),
            None => {
                for (block, arm) in arm.iter_mut().enumerate() {
                    if !reachable[block] {
                        *arm = None;
                    }
                }
                return arm;
            }
        };
    }
}

/// Backward data flow: what is needed where.
struct Flow<'a> {
    graph: &'a Graph,
    reachable: &'a [bool],
    live_in: Vec<Vars>,
    /// What is needed once a construct is done.
    after_poll: Vec<Vars>,
    /// What several branches of a construct use, or a branch and what follows: it stays in its slot throughout.
    shared: Vec<Vars>,
    /// Variables that are declared without a value.
    late: Vars,
    /// Which of them code before a block names: the others have no value there.
    touched: Vec<Vars>,
}

/// What the pattern that leads to a block binds.
fn bound_by(block: &crate::cfg::Block) -> Vars {
    let bound = block.instrs.iter().find_map(|instr| match instr {
        Instr::Bound(vars) => Some(vars),
        _ => None,
    });
    bound.into_iter().flatten().copied().collect()
}

/// The variables declared without a value, and which of them are named on some way to each block.
fn late_variables(graph: &Graph, reachable: &[bool]) -> (Vars, Vec<Vars>) {
    let instrs = graph.blocks.iter().flat_map(|block| &block.instrs);
    let late: Vars = instrs
        .filter_map(|instr| match instr {
            Instr::Declare(var) => Some(*var),
            _ => None,
        })
        .collect();
    let mut touched = vec![Vars::new(); graph.blocks.len()];
    loop {
        let mut changed = false;
        for id in graph.block_ids().filter(|id| reachable[id.0]) {
            let block = graph.block(id);
            let mut after = touched[id.0].clone();
            after.extend(&mentioned(graph, block).0 & &late);
            let results = codes(block).flat_map(|code| &code.exits);
            after.extend(results.filter_map(|exit| match graph.exits[exit.0].to {
                ExitTo::Block(_, result) => result,
                ExitTo::Return => None,
            }));
            // A loop declares it anew.
            for instr in &block.instrs {
                if let Instr::Declare(var) = instr
                    && !mentioned(graph, block).0.contains(var)
                {
                    after.remove(var);
                }
            }
            for next in successors(graph, id) {
                let before = touched[next.0].len();
                touched[next.0].extend(&after);
                changed |= touched[next.0].len() != before;
            }
        }
        if !changed {
            return (late, touched);
        }
    }
}

/// All code of a block.
fn codes(block: &crate::cfg::Block) -> impl Iterator<Item = &Code> {
    block.instrs.iter().filter_map(Instr::code).chain(block.term.code()).chain(guards(&block.term))
}

impl Flow<'_> {
    fn solve(&mut self) {
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
        live.retain(|var| !self.late.contains(var) || self.touched[id.0].contains(var));
        live
    }

    fn instr(&mut self, instr: &Instr, live: &mut Vars, held: &Vars) {
        match instr {
            Instr::Bound(vars) | Instr::Arguments { declares: vars, .. } => remove(live, vars),
            Instr::Declare(var) => remove(live, &[*var]),
            Instr::Assign(var, _) => remove(live, &[*var]),
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
            Instr::Enter(_) | Instr::Leave(_) | Instr::Begin { .. } => {}
        }
        if let Some(code) = instr.code() {
            self.code(code, live, held);
        }
    }

    fn code(&self, code: &Code, live: &mut Vars, held: &Vars) {
        live.extend(self.graph.with_needs(&code.uses));
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

    fn shared_in(&self, construct: ConstructId) -> Vars {
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

fn remove(live: &mut Vars, vars: &[VarId]) {
    for var in vars {
        live.remove(var);
    }
}

/// The variables that a block names or assigns, and those that it declares.
pub(crate) fn mentioned(graph: &Graph, block: &crate::cfg::Block) -> (Vars, Vars) {
    let (mut uses, mut declares) = (Vars::new(), Vars::new());
    for code in codes(block) {
        uses.extend(graph.with_needs(&code.uses));
        uses.extend(&code.kills);
        declares.extend(&code.declares);
    }
    for instr in &block.instrs {
        match instr {
            Instr::Bound(vars) | Instr::Arguments { declares: vars, .. } => declares.extend(vars),
            Instr::Assign(var, _) | Instr::Advance(var) => {
                uses.insert(*var);
            }
            Instr::Poll(poll) => {
                declares.insert(poll.output);
                if let Polled::Branches(construct) = poll.what {
                    declares.extend(&graph.constructs[construct.0].outputs);
                }
            }
            _ => {}
        }
    }
    if let Term::Match { head, .. } = &block.term
        && let MatchHead::Cursor(var) | MatchHead::Nth { index: var, .. } | MatchHead::Winner(var) = head
    {
        uses.insert(*var);
    }
    (uses, declares)
}

fn name_states(graph: &Graph, analysis: &mut Analysis) {
    let mut unique = Unique::default();
    for name in ["Start", "Done"] {
        unique.name(name, "");
    }
    for block in graph.block_ids().filter(|block| analysis.arm[block.0].is_some()) {
        if let Some(poll) = graph.poll(block) {
            analysis.states.push(State {
                name: unique.name(&format!("Await{}", poll.name), ""),
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

fn make_slots(graph: &Graph, analysis: &mut Analysis, live_at: &[Vars]) {
    let mut names = Unique::default();
    names.name("at", "_");
    let mut slots = Vec::new();
    let mut numbers: BTreeMap<VarId, usize> = BTreeMap::new();
    // Variables first, in the order they are bound, so that they have the plain names.
    let kept: Vars =
        live_at.iter().flatten().copied().filter(|var| graph.var(*var).rebuild.is_none()).collect();
    for var in &kept {
        let ident = &graph.var(*var).ident;
        let name = ident.to_string();
        let plain = name.strip_prefix("r#").unwrap_or(&name);
        // A temporary's number depends on all that stands before it: it is no name to store.
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
                    if matches!(construct.kind, Concurrency::Join | Concurrency::TryJoin) {
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
        .filter(|var| graph.var(*var).rebuild.is_none() && !kept.contains(var))
        .collect();
}
