//! The picture of a machine, before it is written in some language: nodes in regions, and the ways between them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::machine::{Branch, Cause, Machine, State, Transition, Wait};

/// Nodes and the ways between them. The branches of a node are regions of their own.
#[derive(Debug, Default)]
pub(crate) struct Region {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
}

/// A state.
#[derive(Debug)]
pub(crate) struct Node {
    /// Made of letters, digits and `_`; the same for no other node of the picture.
    pub(crate) id: String,
    pub(crate) label: String,
    /// What is in it: branches beside each other, or the machine that it calls.
    pub(crate) regions: Vec<Region>,
    /// Whether it is to be lit.
    pub(crate) lit: bool,
}

/// A way from one node of a region to another; `None` is where the region begins, or ends.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) causes: Vec<Cause>,
}

impl Edge {
    /// `result or error`; nothing where it is a branch that begins.
    pub(crate) fn label(&self) -> String {
        let causes = self.causes.iter().filter(|cause| **cause != Cause::Entered);
        causes.map(|cause| cause.text()).collect::<Vec<_>>().join(" or ")
    }
}

/// How deep calls are drawn within calls. Recursion is not drawn again.
const DEEPEST: usize = 6;

/// How long the text of a node may be; the source is longer at times.
const LONGEST: usize = 72;

/// The picture of the first machine; where it calls one of the others, that one is drawn within.
pub(crate) fn picture<'m>(machines: &'m [Machine<'m>], lit: &'m [&'m str]) -> Region {
    let Some(first) = machines.first() else { return Region::default() };
    let mut draw =
        Draw { machines, lit, calls: vec![first.method], drawn: BTreeSet::new(), path: String::new() };
    let mut region = draw.machine(first);
    // What is called by none of these runs beside them, as a task.
    for machine in &machines[1..] {
        if !draw.drawn.contains(&machine.method) {
            draw.calls = vec![machine.method];
            draw.path = format!("{}/", machine.method);
            let inside = draw.machine(machine);
            let lit = lit.contains(&machine.method);
            let (id, label) = (plain(machine.method), format!("task {}", machine.method));
            region.nodes.push(Node { id, label, regions: vec![inside], lit });
        }
    }
    region
}

struct Draw<'m, 'a> {
    machines: &'m [Machine<'a>],
    lit: &'m [&'m str],
    /// The methods that are being drawn, each called by the one before.
    calls: Vec<&'m str>,
    /// The methods that were drawn where they are called.
    drawn: BTreeSet<&'m str>,
    /// The states that these calls are in, each with a `/` after it.
    path: String,
}

/// The states and transitions of a machine by the branch that they are in, so that each is looked at once.
#[derive(Default)]
struct Parts<'m> {
    regions: BTreeMap<Option<Branch<'m>>, (Vec<&'m State<'m>>, Vec<&'m Transition<'m>>)>,
    /// The branches of each construct, by the name of its state.
    branches: BTreeMap<&'m str, BTreeSet<u16>>,
}

impl<'m> Parts<'m> {
    fn of(machine: &'m Machine<'m>) -> Self {
        let mut parts = Parts::default();
        let mut within = BTreeMap::new();
        for state in machine.states {
            within.insert(state.name, state.within);
            parts.regions.entry(state.within).or_default().0.push(state);
            if let Some(branch) = state.within {
                parts.branches.entry(branch.of).or_default().insert(branch.number);
            }
        }
        for transition in machine.transitions {
            let (from, to) = (transition.from, transition.to);
            let (Some(leaves), Some(enters)) = (within.get(from), within.get(to)) else { continue };
            // What begins or ends a branch has its other end in the construct's own state.
            let is_here = leaves == enters
                || enters.is_some_and(|branch| from == branch.of)
                || leaves.is_some_and(|branch| to == branch.of);
            if is_here {
                let begins = enters.is_some_and(|branch| from == branch.of);
                let region = if begins { enters } else { leaves };
                parts.regions.entry(*region).or_default().1.push(transition);
            }
        }
        parts
    }
}

impl<'m> Draw<'m, 'm> {
    fn machine(&mut self, machine: &'m Machine<'m>) -> Region {
        self.region(&Parts::of(machine), None)
    }

    /// A machine, or one of its branches.
    fn region(&mut self, parts: &Parts<'m>, branch: Option<Branch<'m>>) -> Region {
        let Some((states, transitions)) = parts.regions.get(&branch) else { return Region::default() };
        let ends = |name: &str| match branch {
            None => name == "Start" || name == "Done",
            Some(branch) => name == branch.of,
        };
        let states = states.iter().filter(|state| !ends(state.name));
        let nodes: Vec<Node> = states.map(|state| self.node(parts, state)).collect();
        let mut edges: Vec<Edge> = Vec::new();
        let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for transition in transitions {
            let (from, to) = (transition.from, transition.to);
            match known.entry((from, to)) {
                Entry::Occupied(edge) => edges[*edge.get()].causes.push(transition.cause),
                Entry::Vacant(place) => {
                    place.insert(edges.len());
                    let end = |name: &str| (!ends(name)).then(|| self.id(name));
                    edges.push(Edge { from: end(from), to: end(to), causes: vec![transition.cause] });
                }
            }
        }
        Region { nodes, edges }
    }

    fn node(&mut self, parts: &Parts<'m>, state: &'m State<'m>) -> Node {
        let numbers = parts.branches.get(state.name).into_iter().flatten();
        let branches = numbers.map(|number| Some(Branch { of: state.name, number: *number }));
        let mut regions: Vec<Region> = branches.map(|branch| self.region(parts, branch)).collect();
        regions.extend(self.called(state));
        // The branches are to be seen, and need no mention.
        let waits_for = match state.wait {
            Wait::Join => "join!",
            Wait::TryJoin => "try_join!",
            Wait::Select => "select!",
            Wait::Scope => "ctx.scope",
            Wait::Shield => "shield",
            _ => state.waits_for,
        };
        let label = shorten(&format!("{}: {waits_for}", state.name));
        let lit = self.lit.contains(&format!("{}{}", self.path, state.name).as_str());
        Node { id: self.id(state.name), label, regions, lit }
    }

    /// The machine that a state's call runs, if it is here and is not being drawn already.
    fn called(&mut self, state: &'m State<'m>) -> Option<Region> {
        let Wait::Call { method } = state.wait else { return None };
        let machine = self.machines.iter().find(|machine| machine.method == method)?;
        if self.calls.len() > DEEPEST || self.calls.contains(&machine.method) {
            return None;
        }
        self.calls.push(machine.method);
        self.drawn.insert(machine.method);
        let outside = self.path.len();
        self.path.push_str(state.name);
        self.path.push('/');
        let region = self.machine(machine);
        self.path.truncate(outside);
        self.calls.pop();
        Some(region)
    }

    /// The name of a state, with those of the calls around it.
    fn id(&self, name: &str) -> String {
        format!("{}{name}", plain(&self.path).replace('/', "__"))
    }
}

/// The name of an `async` block within a method, `run.Charge`, without its dots.
fn plain(name: &str) -> String {
    name.replace('.', "_")
}

/// Text in one line, cut where it is long.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let cut: String = line.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end())
}
