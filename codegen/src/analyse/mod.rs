//! What emission needs to know of a graph: which blocks become arms, which variables live where, the states.
//!
//! After this: each reachable block belongs to one *arm* (a block of the emitted `match`, and all that can be
//! written inside it); each variable that is needed in an arm other than the one it was made in has a slot,
//! stored if it lives at a suspension, else of this step only.

mod arms;
mod backward;
mod fields;
mod flow;
mod forms;
mod late;
mod lingering;
mod moved;
mod needed;
mod parts;
mod slots;
pub(crate) mod taking;
use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;

pub(crate) use self::fields::Way;
use self::flow::Flow;
pub(crate) use self::flow::bound_by;
use self::late::late_variables;
use self::lingering::lingering;
pub(crate) use self::parts::Spare;
use self::slots::{make_slots, name_states};
use crate::cfg::{BlockId, Code, ConstructId, ExitTo, Graph, Instr, MatchHead, Polled, TaskId, Term};
use crate::names::{VarId, Vars};

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
    /// The arms that find less or more of a variable than they hand on, each with those variables.
    pub(crate) changes: BTreeMap<BlockId, Vars>,
    /// What each arm has to put into the place of fields that it moves away.
    pub(crate) spares: BTreeMap<BlockId, Vec<Spare>>,
    /// The same for each `async` block that is a value.
    pub(crate) sites: Vec<Analysis>,
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

    /// What an arm finds in its slots. What only the branches of a construct need is theirs when its poll is done.
    pub(crate) fn found_in(&self, graph: &Graph, head: BlockId) -> Vars {
        let mut found = self.live_in[head.0].clone();
        if let Some(Polled::Branches(_)) = graph.poll(head).map(|poll| &poll.what)
            && let Some(state) = self.state(head)
        {
            found.retain(|var| {
                let slot = self.slots.iter().position(|slot| slot.kind == SlotKind::Kept(*var));
                slot.is_some_and(|slot| state.live.contains(&slot))
            });
        }
        found
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
pub(crate) fn analyse(graph: &mut Graph) -> Analysis {
    analyse_one(graph, &mut 0)
}

/// Analyses a graph, where so many types were made for its body before.
fn analyse_one(graph: &mut Graph, types: &mut usize) -> Analysis {
    let reachable = arms::reachable(graph);
    let arm = arms::arms(graph, &reachable);
    let (late, filled) = late_variables(graph, &reachable);
    let mut flow = Flow {
        graph,
        late,
        filled,
        reachable: &reachable,
        live_in: vec![Vars::new(); graph.blocks.len()],
        after_poll: vec![Vars::new(); graph.constructs.len()],
        shared: vec![Vars::new(); graph.constructs.len()],
        lingering: lingering(graph, &reachable),
    };
    flow.solve();
    flow.shared = (0..graph.constructs.len()).map(|number| flow.shared_in(ConstructId(number))).collect();
    flow.solve();
    let Flow { live_in, mut after_poll, shared, lingering, late, .. } = flow;
    let mut analysis = Analysis {
        arm,
        live_in,
        slots: Vec::new(),
        states: Vec::new(),
        passing: Vars::new(),
        changes: BTreeMap::new(),
        spares: BTreeMap::new(),
        sites: Vec::new(),
    };
    for site in &mut graph.sites {
        analysis.sites.push(analyse_one(&mut site.graph, types));
    }
    let whole = lingering.iter().chain([&late]).flatten().copied().collect();
    parts::take_apart(graph, &mut analysis, &mut after_poll, &shared, &whole, types);
    let graph = &*graph;
    name_states(graph, &mut analysis);
    let at_state = |block: BlockId| match graph.poll(block).map(|poll| &poll.what) {
        Some(Polled::Branches(construct)) => {
            &(&after_poll[construct.0] | &shared[construct.0]) | &lingering[block.0]
        }
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
    next.extend(codes(block).flat_map(|code| graph.leaves(code)));
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

/// All code of a block.
pub(crate) fn codes(block: &crate::cfg::Block) -> impl Iterator<Item = &Code> {
    block.instrs.iter().filter_map(Instr::code).chain(block.term.code()).chain(guards(&block.term))
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
