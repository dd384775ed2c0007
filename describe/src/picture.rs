//! The picture of a machine, before it is written in some language: nodes in regions, and the ways between them.

use std::collections::BTreeSet;

use crate::machine::{Branch, Cause, Machine, State, Wait};

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
pub(crate) fn picture(machines: &[Machine<'_>], lit: &[&str]) -> Region {
    let Some(first) = machines.first() else { return Region::default() };
    let mut draw =
        Draw { machines, lit, calls: vec![first.method], drawn: BTreeSet::new(), path: String::new() };
    let mut region = draw.region(first, None);
    // What is called by none of these runs beside them, as a task.
    for machine in &machines[1..] {
        if !draw.drawn.contains(&machine.method) {
            draw.calls = vec![machine.method];
            draw.path = format!("{}/", machine.method);
            let inside = draw.region(machine, None);
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

impl<'m> Draw<'m, '_> {
    /// A machine, or one of its branches.
    fn region(&mut self, machine: &'m Machine<'_>, branch: Option<Branch<'_>>) -> Region {
        let inside =
            |name: &str| machine.states.iter().any(|state| state.name == name && state.within == branch);
        let ends = |name: &str| match branch {
            None => name == "Start" || name == "Done",
            Some(branch) => name == branch.of,
        };
        let states = machine.states.iter().filter(|state| inside(state.name) && !ends(state.name));
        let nodes: Vec<Node> = states.map(|state| self.node(machine, state)).collect();
        let mut edges: Vec<Edge> = Vec::new();
        for transition in machine.transitions {
            let (from, to) = (transition.from, transition.to);
            let is_inside = |name| inside(name) && !ends(name);
            // What begins or ends here has its other end here: a construct has several branches.
            let here = (is_inside(from) || ends(from)) && (is_inside(to) || ends(to));
            if !here || branch.is_some() && ends(from) && ends(to) {
                continue;
            }
            let from = is_inside(from).then(|| self.id(from));
            let to = is_inside(to).then(|| self.id(to));
            match edges.iter_mut().find(|edge| edge.from == from && edge.to == to) {
                Some(edge) => edge.causes.push(transition.cause),
                None => edges.push(Edge { from, to, causes: vec![transition.cause] }),
            }
        }
        Region { nodes, edges }
    }

    fn node(&mut self, machine: &'m Machine<'_>, state: &'m State<'_>) -> Node {
        let numbers: BTreeSet<u16> = machine
            .states
            .iter()
            .filter_map(|inner| inner.within)
            .filter(|branch| branch.of == state.name)
            .map(|branch| branch.number)
            .collect();
        let branches = numbers.into_iter().map(|number| Some(Branch { of: state.name, number }));
        let mut regions: Vec<Region> = branches.map(|branch| self.region(machine, branch)).collect();
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
    fn called(&mut self, state: &'m State<'_>) -> Option<Region> {
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
        let region = self.region(machine, None);
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
