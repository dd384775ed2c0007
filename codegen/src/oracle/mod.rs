//! An oracle that needs no rustc: random programs, run over their control-flow graphs as the machines would run, and
//! as plain async Rust would run them (`longhaul_programs`). Both do the same, in the same order.
//!
//! What it shows: lowering keeps the order of evaluation and the ways out; each variable that is needed is kept, in
//! a slot where it has to be stored; what is not kept can be made again; branches have their own positions. What it does
//! not show is that the emitted Rust compiles and means the graph: `tests/generated` does, with rustc.

mod arms;
mod branches;
mod frame;
mod keep;
mod locals;
mod mutants;
mod programs;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use longhaul_programs::choices::Random;
use longhaul_programs::library;
use longhaul_programs::outside::{Call, Schedule};
use longhaul_programs::run::{Evaluated, Flow, Outcome, Program, implementation};
use longhaul_programs::settle::{Bodies, settle, settle_function};
use longhaul_programs::value::{Cell, Value, cell};

use self::frame::{Called, Frame, Frames, Polling, wrong};
use crate::analyse::Analysis;
use crate::cfg::{Graph, Instr, MAIN};
use crate::diag::Errors;
use crate::function::Function;
use crate::model;

/// The machines of a program.
#[allow(clippy::struct_field_names)] // they are what it is named after
pub(super) struct Machines<'p> {
    pub(super) program: &'p Program,
    pub(super) machines: BTreeMap<String, Machine>,
    /// The local steps by name: what each captures, and its code.
    pub(super) steps: BTreeMap<String, (Vec<syn::Ident>, syn::Block)>,
}

/// One async method.
pub(super) struct Machine {
    pub(super) graph: Graph,
    pub(super) analysis: Analysis,
    /// How many arguments it takes, the context aside.
    pub(super) arguments: usize,
    pub(super) receiver: bool,
    /// The constants that are in scope where it is written, besides its own.
    pub(super) items: Vec<syn::Item>,
}

/// Lowers and analyses the methods of a program's impl, and its functions.
pub(super) fn machines<'p>(program: &'p Program, file: &syn::File) -> Result<Machines<'p>, String> {
    let mut errors = Errors::default();
    let model = model::parse(implementation(file), crate::instances::Options::default(), &mut errors)
        .ok_or("there is no model")?;
    let functions: Vec<Function> =
        program.functions.values().map(|item| Function::of(item.clone(), &mut errors)).collect();
    let mut lowered = crate::machines(&model, &mut errors);
    lowered.extend(functions.iter().map(|function| function.machine(&mut errors)));
    if !errors.is_empty() {
        return Err(format!("it is refused: {}", errors.into_tokens()));
    }
    let mut machines = BTreeMap::new();
    for lowered in lowered {
        let (method, receiver) = (lowered.method, lowered.method.receiver.is_some());
        let name = method.name.to_string();
        let arguments = method.arguments.len();
        add(&mut machines, name, (lowered.graph, lowered.analysis), arguments, receiver, Vec::new());
    }
    let mut steps = BTreeMap::new();
    for machine in machines.values_mut() {
        for mut step in std::mem::take(&mut machine.graph.steps) {
            let around = machine.graph.items.iter().chain(&machine.items).cloned();
            let items = around.chain(step.items.into_iter().flatten()).map(syn::Stmt::Item);
            step.body.stmts.splice(0..0, items.collect::<Vec<_>>());
            steps.insert(step.name, (step.captures, step.body));
        }
    }
    Ok(Machines { program, machines, steps })
}

/// Adds a machine, and those of the blocks in it that are values.
fn add(
    machines: &mut BTreeMap<String, Machine>,
    name: String,
    (mut graph, mut analysis): (Graph, Analysis),
    arguments: usize,
    receiver: bool,
    items: Vec<syn::Item>,
) {
    let sites = std::mem::take(&mut graph.sites).into_iter().zip(std::mem::take(&mut analysis.sites));
    for (site, analysis) in sites {
        let entry = site.graph.block(site.graph.tasks[MAIN.0].entry);
        let captures = entry.instrs.iter().find_map(|instr| match instr {
            Instr::Arguments { pats, .. } => Some(pats.len()),
            _ => None,
        });
        let scopes = graph.scope_chain(graph.block(site.block).scope);
        let around = scopes.into_iter().flat_map(|scope| &graph.scopes[scope.0].items);
        let within = items.iter().chain(&graph.items).chain(around).cloned().collect();
        add(machines, site.name, (site.graph, analysis), captures.unwrap_or(0), receiver, within);
    }
    machines.insert(name, Machine { graph, analysis, arguments, receiver, items });
}

/// The run, or a function, and its tasks, as frames that are stepped.
struct Running<'m> {
    machines: &'m Machines<'m>,
    workflow: Cell,
    frames: &'m mut Frames,
}

impl Running<'_> {
    fn stepped(machines: &Machines<'_>, frame: &mut Frame, workflow: &Cell) -> Evaluated<Option<Value>> {
        Ok(match machines.step(frame, workflow)? {
            Polling::Ready(value) => Some(value),
            Polling::Pending => None,
        })
    }

    /// Stores all frames, and reloads them; what is waited for stays armed.
    fn store(&mut self, reload: bool) -> Evaluated<()> {
        let mut armed = Vec::new();
        self.machines.store_all(self.frames, reload, &mut armed)?;
        self.machines.program.world.borrow_mut().keep_armed(&armed);
        Ok(())
    }
}

impl Bodies for Running<'_> {
    fn run(&mut self) -> Evaluated<Option<Value>> {
        Self::stepped(self.machines, &mut self.frames.run, &self.workflow)
    }

    fn begin(&mut self, task: u64, what: Value) -> Evaluated<()> {
        let Value::Machine(name, mut captures) = what else { return wrong(format!("{what:?} is spawned")) };
        let Some(machine) = self.machines.machines.get(&*name) else {
            return wrong(format!("there is no body {name}"));
        };
        // One capture as it is, several as a tuple.
        let arguments = match (machine.arguments, captures.pop()) {
            (1, Some(argument)) => vec![argument],
            (_, Some(Value::Tuple(arguments))) => arguments,
            (_, other) => return wrong(format!("{name} captures {other:?}")),
        };
        self.frames.tasks.insert(task, Frame::new(&name, arguments));
        Ok(())
    }

    fn begin_handler(&mut self, task: u64, call: &Call) -> Evaluated<()> {
        self.frames.tasks.insert(task, Frame::new(&call.handler.name, vec![Value::Int(call.argument)]));
        Ok(())
    }

    fn handle(&mut self, call: &Call) -> Evaluated {
        // It is no machine: its source is its code.
        let (program, workflow) = (self.machines.program, self.workflow.clone());
        program.called(&call.handler.name, vec![Value::Int(call.argument)], workflow)
    }

    fn task(&mut self, task: u64) -> Evaluated<Option<Value>> {
        match self.frames.tasks.get_mut(&task) {
            Some(frame) => Self::stepped(self.machines, frame, &self.workflow),
            None => wrong("a task without a frame"),
        }
    }

    fn forget(&mut self, task: u64) {
        self.frames.tasks.remove(&task);
    }

    fn named(&mut self) -> Evaluated<BTreeSet<u64>> {
        let mut named = BTreeSet::new();
        self.machines.named_in_all(self.frames, &mut named);
        self.workflow.borrow().handles(&mut named);
        self.machines.program.world.borrow().tasks.outputs().for_each(|value| value.handles(&mut named));
        Ok(named)
    }
}

impl Machines<'_> {
    /// Lets a function that is awaited go on; its output, once it has one.
    fn function(&self, called: &mut Called) -> Evaluated<Option<Value>> {
        let Called { frames, tasks } = called;
        let mut running = Running { machines: self, workflow: cell(Value::unit()), frames };
        settle_function(&self.program.world, &mut running, tasks)
    }

    /// Runs the program as its machine would run; it is stored and reloaded at some suspensions, or at all.
    pub(super) fn run(&self, argument: i64, seed: u64) -> Evaluated<Outcome> {
        self.program.forget();
        let mut schedule = Schedule::new(seed);
        let mut stored = Random::new(seed ^ 0x5eed);
        let often = 1 + stored.below(3);
        let workflow: Cell = cell(library::workflow(&self.program.name));
        let mut frames = Frames::new("run", vec![Value::Int(argument)]);
        let mut running = Running { machines: self, workflow: workflow.clone(), frames: &mut frames };
        let world = &self.program.world;
        let ended = loop {
            if let Some(ended) = settle(world, &mut running)? {
                break ended;
            }
            running.store(stored.below(often) == 0)?;
            if !world.borrow().left_over().is_empty() {
                return Err(Flow::Bug("what is done is not taken up".to_owned()));
            }
            if !world.borrow_mut().turn(&mut schedule, &self.program.handlers) {
                return Err(Flow::Bug("the machine waits for nothing".to_owned()));
            }
        };
        Ok(self.program.outcome(ended, &workflow))
    }
}
