//! Which states can follow a state, and by what cause.
//!
//! A way is what lies between two suspensions: it begins where a suspension has its result, and goes through all code that
//! may run before the next one.
use std::collections::{BTreeMap, BTreeSet};

use longhaul_describe::Cause;

use super::{Part, around};
use crate::analyse::{codes, successors};
use crate::cfg::{
    Asks, BlockId, Concurrency, Construct, Ends, ExitTo, Graph, MAIN, MatchHead, Poll, Polled, TaskId, Term,
};
use crate::names::VarId;

/// From each state the states that can come next in the same task; from a construct's also those its branches begin in.
pub(super) fn ways(part: &Part<'_>) -> Vec<(String, String, Cause)> {
    let Part { graph, analysis, .. } = part;
    let mut ways = Vec::new();
    // Of `n` steps that may be left out, any may follow any before it: so a state is not looked for in a list.
    let names: BTreeMap<BlockId, &str> =
        analysis.states.iter().map(|state| (state.block, state.name.as_str())).collect();
    let steps: Vec<Step<'_>> = (0..graph.blocks.len()).map(|id| Step::of(graph, BlockId(id))).collect();
    let mut add = |from: &str, start: BlockId, task: TaskId, plain: BTreeSet<Cause>| {
        let walk = Walk { graph, steps: &steps, start, task, plain };
        for (next, cause) in walk.all() {
            let to = match next {
                Some(block) => names.get(&block).copied().unwrap_or("Done"),
                // A branch that is done leaves the construct to see whether it is, too.
                None => around(part, task).map_or("Done", |(state, _)| state),
            };
            ways.push((from.to_owned(), to.to_owned(), cause));
        }
    };
    add("Start", graph.tasks[MAIN.0].entry, MAIN, BTreeSet::from([Cause::Started]));
    for state in &analysis.states {
        if let Some(poll) = graph.poll(state.block) {
            add(&state.name, state.block, state.task, plain(graph, poll));
        }
    }
    for state in &analysis.states {
        if let Some(poll) = graph.poll(state.block)
            && !goes_on(graph, poll)
            && let Some(to) = given_up(part, state.task)
        {
            ways.push((state.name.clone(), to.to_owned(), Cause::GivenUp));
        }
    }
    ways
}

/// Whether the code goes on with a request to cancel, as far as the source shows it: what is in a scope is given up before
/// the scope is, what is in a shield is not, and what awaits the request is told.
fn goes_on(graph: &Graph, poll: &Poll) -> bool {
    let Polled::Branches(construct) = &poll.what else { return poll.ends == Ends::Cancelled };
    let construct = &graph.constructs[construct.0];
    let branch =
        |task: &TaskId| graph.poll(graph.tasks[task.0].entry).is_some_and(|poll| goes_on(graph, poll));
    match construct.kind {
        Concurrency::Scope | Concurrency::Shield => true,
        Concurrency::Select => construct.branches.iter().any(branch),
        Concurrency::Timeout => branch(&construct.branches[0]),
        Concurrency::Join | Concurrency::TryJoin => false,
    }
}

/// Where a suspension in `task` leads when it is given up: to the scope around it, or to the end. What is in a shield is given
/// up for a scope within that alone.
fn given_up<'a>(part: &'a Part<'_>, task: TaskId) -> Option<&'a str> {
    let Some((construct, _)) = part.graph.tasks[task.0].branch_of else { return Some("Done") };
    let construct = &part.graph.constructs[construct.0];
    match construct.kind {
        Concurrency::Scope => around(part, task).map(|(state, _)| state),
        Concurrency::Shield => None,
        _ => given_up(part, part.graph.block(construct.poll).task),
    }
}

/// What ends a suspension, as long as no `?` tells one way of ending from another.
fn plain(graph: &Graph, poll: &Poll) -> BTreeSet<Cause> {
    BTreeSet::from([match &poll.what {
        Polled::Operation => match poll.ends {
            Ends::Result => Cause::Result,
            Ends::Timer => Cause::Timer,
            Ends::Cancelled => Cause::Cancelled,
        },
        Polled::Call { .. } => Cause::Result,
        Polled::Condition(_) => Cause::Condition,
        Polled::Branches(construct) => {
            let construct = &graph.constructs[construct.0];
            if construct.kind == Concurrency::Timeout {
                let mut causes = of_branch(graph, construct.branches[0]);
                causes.insert(Cause::Timer);
                return causes;
            }
            if construct.kind == Concurrency::Scope {
                return BTreeSet::from([Cause::Branches, Cause::Cancelled]);
            }
            Cause::Branches
        }
    }])
}

/// What ends a branch: what it waits for, where it is only that.
fn of_branch(graph: &Graph, task: TaskId) -> BTreeSet<Cause> {
    match graph.poll(graph.tasks[task.0].entry) {
        Some(poll) => plain(graph, poll),
        None => BTreeSet::from([Cause::Branches]),
    }
}

/// One block: found once, since each walk comes by many.
struct Step<'g> {
    next: Vec<BlockId>,
    waits: bool,
    /// The ways on which its code ends the task: what a `?` there asks.
    ends: Vec<&'g Asks>,
}

impl<'g> Step<'g> {
    fn of(graph: &'g Graph, id: BlockId) -> Self {
        let exits = codes(graph.block(id)).flat_map(|code| &code.exits).map(|exit| &graph.exits[exit.0]);
        Step {
            next: successors(graph, id),
            waits: graph.poll(id).is_some(),
            ends: exits.filter(|exit| exit.to == ExitTo::Return).map(|exit| &exit.asks).collect(),
        }
    }
}

struct Walk<'g> {
    graph: &'g Graph,
    steps: &'g [Step<'g>],
    start: BlockId,
    task: TaskId,
    /// What brings about each way on which nothing else is known.
    plain: BTreeSet<Cause>,
}

impl Walk<'_> {
    /// The poll blocks that can be reached without passing another; `None` for the end of the task.
    fn all(&self) -> BTreeSet<(Option<BlockId>, Cause)> {
        let graph = self.graph;
        let mut next = BTreeSet::new();
        if let Term::Match { head: MatchHead::Winner(_), arms, .. } = &graph.block(self.start).term
            && let Some((_, construct)) = self.construct()
        {
            // The handlers of a `select!`, each by what its branch waited for.
            self.step(self.start, &mut next, &mut Vec::new(), &self.plain, false);
            for (number, arm) in arms.iter().enumerate() {
                let causes = match construct.branches.get(number) {
                    Some(branch) => of_branch(graph, *branch),
                    // The `else`, when the last branch was shut.
                    None => construct.branches.iter().flat_map(|branch| of_branch(graph, *branch)).collect(),
                };
                self.from(arm.block, &mut next, &causes);
            }
        } else {
            self.from(self.start, &mut next, &self.normal());
        }
        next
    }

    fn from(&self, start: BlockId, next: &mut BTreeSet<(Option<BlockId>, Cause)>, causes: &BTreeSet<Cause>) {
        let (mut seen, mut todo) = (vec![false; self.steps.len()], vec![start]);
        while let Some(id) = todo.pop() {
            if !std::mem::replace(&mut seen[id.0], true) {
                self.step(id, next, &mut todo, causes, true);
            }
        }
    }

    /// One block: where its code can end the task, and the blocks that follow.
    fn step(
        &self,
        id: BlockId,
        next: &mut BTreeSet<(Option<BlockId>, Cause)>,
        todo: &mut Vec<BlockId>,
        causes: &BTreeSet<Cause>,
        follow: bool,
    ) {
        let graph = self.graph;
        let block = graph.block(id);
        if block.task == self.task {
            next.extend(self.ends(id, causes).into_iter().map(|cause| (None, cause)));
        }
        for target in self.steps[id.0].next.iter().copied() {
            let entered = self.steps[self.start.0].waits && graph.block(target).task != self.task;
            if self.steps[target.0].waits {
                if entered {
                    next.insert((Some(target), Cause::Entered));
                } else if follow {
                    next.extend(causes.iter().map(|cause| (Some(target), *cause)));
                }
            } else if graph.is_within(graph.block(target).task, self.task) {
                if entered && block.task == self.task {
                    self.from(target, next, &BTreeSet::from([Cause::Entered]));
                } else if follow {
                    todo.push(target);
                }
            }
        }
    }

    /// The causes by which a block's code ends the task.
    fn ends(&self, id: BlockId, causes: &BTreeSet<Cause>) -> BTreeSet<Cause> {
        let mut ends = BTreeSet::new();
        if matches!(self.graph.block(id).term, Term::Return(_)) {
            ends.extend(causes);
        }
        for asks in &self.steps[id.0].ends {
            match self.asked(asks) {
                Some(error) => drop(ends.insert(error)),
                None => ends.extend(causes),
            }
        }
        ends
    }

    /// The cause of a way out by `?`, where that is known.
    fn asked(&self, asks: &Asks) -> Option<Cause> {
        let poll = self.graph.poll(self.start)?;
        match self.construct() {
            Some((Concurrency::Timeout, construct)) => {
                let of_timeout = construct.result.is_some_and(|result| asks.vars.contains(&result));
                // The first `?` is for the timeout, a second one for what was limited.
                of_timeout.then_some(if asks.again { Cause::Error } else { Cause::Timer })
            }
            Some((Concurrency::Scope, _)) => {
                // The first `?` is for the scope, a second one for what is in it.
                let of_scope = asks.vars.contains(&poll.output);
                of_scope.then_some(if asks.again { Cause::Error } else { Cause::Cancelled })
            }
            _ => asks.vars.contains(&poll.output).then_some(Cause::Error),
        }
    }

    /// The causes of what follows where no `?` has left. A timeout that is asked by `?` was in time, and a scope was not
    /// cancelled.
    fn normal(&self) -> BTreeSet<Cause> {
        let asked = |result: VarId| self.graph.exits.iter().any(|exit| exit.asks.vars.contains(&result));
        match self.construct() {
            Some((Concurrency::Timeout, construct)) if construct.result.is_some_and(asked) => {
                of_branch(self.graph, construct.branches[0])
            }
            Some((Concurrency::Scope, _))
                if self.graph.poll(self.start).is_some_and(|poll| asked(poll.output)) =>
            {
                BTreeSet::from([Cause::Branches])
            }
            _ => self.plain.clone(),
        }
    }

    /// The construct that the way begins at.
    fn construct(&self) -> Option<(Concurrency, &Construct)> {
        match self.graph.poll(self.start)?.what {
            Polled::Branches(construct) => {
                let construct = &self.graph.constructs[construct.0];
                Some((construct.kind, construct))
            }
            _ => None,
        }
    }
}
