//! The picture of a machine, before it is written in some language: nodes in regions, and the ways between them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::machine::{Branch, Cause, Machine, State, Transition, Wait};

/// Nodes and the ways between them. The branches of a node are regions of their own.
#[derive(Debug, Default)]
pub(crate) struct Region {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    /// What is to be said of all nodes.
    pub(crate) note: Option<String>,
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
    let mut draw = Draw { machines, lit, calls: Vec::new(), drawn: BTreeSet::new(), path: String::new() };
    let mut region = draw.machine(first);
    region.note = note(first);
    region
}

/// Where a cancelled run can end, which is not drawn as a way from each state.
fn note(machine: &Machine<'_>) -> Option<String> {
    let ends = |state: &State<'_>| {
        let mut ways = machine.transitions.iter().filter(|way| way.from == state.name);
        ways.any(|way| way.cause == Cause::GivenUp && way.to == "Done")
    };
    let waits = machine.states.iter().filter(|state| state.within.is_none() && state.wait != Wait::Nothing);
    let (given_up, not): (Vec<_>, Vec<_>) = waits.partition(|state| ends(state));
    if given_up.is_empty() {
        return None;
    }
    let mut note = "cancelled, it can end in any state".to_owned();
    let names: Vec<&str> = not.iter().map(|state| state.name).collect();
    if let [first, second, third, rest @ ..] = &names[..]
        && !rest.is_empty()
    {
        note = format!("{note} but {first}, {second}, {third} and {} others", rest.len());
    } else if !names.is_empty() {
        note = format!("{note} but {}", names.join(", "));
    }
    Some(note)
}

struct Draw<'m, 'a> {
    machines: &'m [Machine<'a>],
    lit: &'m [&'m str],
    /// The machines that are being drawn, each called by the one before.
    calls: Vec<(&'m str, &'m str)>,
    /// The machines that were drawn where they are called, by workflow and method.
    drawn: BTreeSet<(&'m str, &'m str)>,
    /// The states that these calls are in, each with a `/` after it.
    path: String,
}

/// The states and transitions of a machine by the branch that they are in, so that each is looked at once.
struct Parts<'m> {
    machine: &'m Machine<'m>,
    regions: BTreeMap<Option<Branch<'m>>, (Vec<&'m State<'m>>, Vec<&'m Transition<'m>>)>,
    /// The branches of each construct, by the name of its state.
    branches: BTreeMap<&'m str, BTreeSet<u16>>,
}

impl<'m> Parts<'m> {
    fn of(machine: &'m Machine<'m>) -> Self {
        let mut parts = Parts { machine, regions: BTreeMap::new(), branches: BTreeMap::new() };
        let mut within = BTreeMap::new();
        for state in machine.states {
            within.insert(state.name, state.within);
            parts.regions.entry(state.within).or_default().0.push(state);
            if let Some(branch) = state.within {
                parts.branches.entry(branch.of).or_default().insert(branch.number);
            }
        }
        for transition in machine.transitions.iter().filter(|way| way.cause != Cause::GivenUp) {
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
    /// A method or a function, with what runs beside it as tasks.
    fn machine(&mut self, machine: &'m Machine<'m>) -> Region {
        let parts = Parts::of(machine);
        self.calls.push(key(machine));
        let mut region = self.region(&parts, None);
        // The blocks of a function are its own; those of methods, and what handles signals, are the run's.
        let outermost = self.calls.len() == 1;
        let is_function = machine.workflow == machine.method;
        for task in self.machines.iter().filter(|task| task.workflow == machine.workflow) {
            let is_called = key(task) == key(machine) || (outermost && self.drawn.contains(&key(task)));
            if !is_called && (outermost || is_function) {
                region.nodes.push(self.task(task));
            }
        }
        self.calls.pop();
        region
    }

    fn task(&mut self, task: &'m Machine<'m>) -> Node {
        let outside = self.path.len();
        let id = format!("{}{}", plain(&self.path), plain(task.method));
        let lit = self.lit.contains(&format!("{}{}", self.path, task.method).as_str());
        self.path.push_str(task.method);
        self.path.push('/');
        self.calls.push(key(task));
        let inside = self.region(&Parts::of(task), None);
        self.calls.pop();
        self.path.truncate(outside);
        Node { id, label: format!("task {}", task.method), regions: vec![inside], lit }
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
        Region { nodes, edges, note: None }
    }

    fn node(&mut self, parts: &Parts<'m>, state: &'m State<'m>) -> Node {
        let numbers = parts.branches.get(state.name).into_iter().flatten();
        let branches = numbers.map(|number| Some(Branch { of: state.name, number: *number }));
        let mut regions: Vec<Region> = branches.map(|branch| self.region(parts, branch)).collect();
        regions.extend(self.called(parts.machine, state));
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

    /// The machines that a state's call runs: a method, or functions. What is not here, or is being drawn already, is left out.
    fn called(&mut self, caller: &'m Machine<'m>, state: &'m State<'m>) -> Vec<Region> {
        let mut called: Vec<(&str, &str)> = Vec::new();
        if let Wait::Call { method } = state.wait {
            called.push((caller.workflow, method));
        }
        let slots = caller.slots.iter().filter(|slot| state.slots.contains(&slot.name));
        called.extend(slots.flat_map(|slot| &slot.functions).map(|name| (*name, *name)));
        let machines: Vec<_> = called
            .iter()
            .filter_map(|called| self.machines.iter().find(|known| key(known) == *called))
            .collect();
        let mut regions = Vec::new();
        for machine in machines {
            if self.calls.len() > DEEPEST || self.calls.contains(&key(machine)) {
                continue;
            }
            self.drawn.insert(key(machine));
            let outside = self.path.len();
            self.path.push_str(state.name);
            self.path.push('/');
            regions.push(self.machine(machine));
            self.path.truncate(outside);
        }
        regions
    }

    /// The name of a state, with those of the calls around it.
    fn id(&self, name: &str) -> String {
        format!("{}{name}", plain(&self.path))
    }
}

/// What tells a machine from others: a function is a workflow of its own.
fn key<'m>(machine: &Machine<'m>) -> (&'m str, &'m str) {
    (machine.workflow, machine.method)
}

/// The name of an `async` block within a method, `run.Charge`, without its dots; and calls within each other.
fn plain(name: &str) -> String {
    name.replace('.', "_").replace('/', "__")
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
