//! An oracle that needs no rustc: random programs, run over their control-flow graphs as the machines would run, and
//! as plain async Rust would run them (`longhaul_programs`). Both do the same, in the same order.
//!
//! What it shows: lowering keeps the order of evaluation and the ways out; each variable that is needed is kept, in
//! a slot where it has to be stored; what is not kept can be made again; branches have their own positions. What it does
//! not show is that the emitted Rust compiles and means the graph: `tests/generated` does, with rustc.

mod arms;
mod branches;
mod frame;
mod mutants;
mod programs;

use std::collections::BTreeMap;

use longhaul_programs::choices::Random;
use longhaul_programs::library;
use longhaul_programs::run::{Evaluated, Flow, Outcome, Program};
use longhaul_programs::value::{Cell, Value, cell};
use longhaul_programs::world::Schedule;

use self::frame::{Frame, Polling};
use crate::analyse::Analysis;
use crate::cfg::Graph;
use crate::diag::Errors;
use crate::model;

/// The machines of a program.
pub(super) struct Machines<'p> {
    pub(super) program: &'p Program,
    pub(super) machines: BTreeMap<String, Machine>,
}

/// One async method.
pub(super) struct Machine {
    pub(super) graph: Graph,
    pub(super) analysis: Analysis,
    /// How many arguments it takes, the context aside.
    pub(super) arguments: usize,
    pub(super) receiver: bool,
}

/// Lowers and analyses the methods of an impl.
pub(super) fn machines<'p>(program: &'p Program, item: &syn::ItemImpl) -> Result<Machines<'p>, String> {
    let mut errors = Errors::default();
    let model = model::parse(item.clone(), crate::instances::Options::default(), &mut errors)
        .ok_or("there is no model")?;
    let lowered = crate::machines(&model, &mut errors);
    if !errors.is_empty() {
        return Err(format!("it is refused: {}", errors.into_tokens()));
    }
    let machines = lowered.into_iter().map(|lowered| {
        let machine = Machine {
            graph: lowered.graph,
            analysis: lowered.analysis,
            arguments: lowered.method.arguments.len(),
            receiver: lowered.method.receiver.is_some(),
        };
        (lowered.method.name.to_string(), machine)
    });
    Ok(Machines { program, machines: machines.collect() })
}

impl Machines<'_> {
    /// Runs the program as its machine would run; it is stored and reloaded at some suspensions, or at all.
    pub(super) fn run(&self, argument: i64, seed: u64) -> Evaluated<Outcome> {
        self.program.forget();
        let mut schedule = Schedule::new(seed);
        let mut stored = Random::new(seed ^ 0x5eed);
        let often = 1 + stored.below(3);
        let workflow: Cell = cell(library::workflow(&self.program.name));
        let mut frame = Frame::new("run", vec![Value::Int(argument)]);
        let result = loop {
            let polled = self.step(&mut frame, &workflow)?;
            let world = &self.program.world;
            match polled {
                Polling::Ready(value) => break value,
                Polling::Pending => {
                    let mut armed = Vec::new();
                    let reload = stored.below(often) == 0;
                    self.store(&mut frame, reload, &mut armed)?;
                    world.borrow_mut().keep_armed(&armed);
                    if !world.borrow().left_over().is_empty() {
                        return Err(Flow::Bug("what is done is not taken up".to_owned()));
                    }
                    if !world.borrow_mut().resolve(&mut schedule) {
                        return Err(Flow::Bug("the machine waits for nothing".to_owned()));
                    }
                }
            }
        };
        let workflow = workflow.borrow().debug();
        let trace = std::mem::take(&mut self.program.world.borrow_mut().trace);
        Ok(Outcome { trace, result: result.debug(), workflow })
    }
}
