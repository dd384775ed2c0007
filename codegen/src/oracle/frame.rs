//! A frame of a machine: its position, its slots, and what is left of them when it is stored.

use std::collections::{BTreeMap, BTreeSet};

use longhaul_programs::run::list::ListOf;
use longhaul_programs::run::{Evaluated, Flow};
use longhaul_programs::tasks::Tasks;
use longhaul_programs::value::Value;
use longhaul_programs::world::World;

use super::{Machine, Machines};
use crate::analyse::SlotKind;
use crate::cfg::{BlockId, MAIN, TaskId};
use crate::names::VarId;

/// A frame.
pub(super) struct Frame {
    pub(super) method: String,
    /// The arguments, before the first step.
    pub(super) arguments: Option<Vec<Value>>,
    pub(super) at: At,
    /// By the slot's number.
    pub(super) slots: BTreeMap<usize, Content>,
    /// What goes from arm to arm within one step.
    pub(super) passing: BTreeMap<VarId, Value>,
    /// The branches that may not run, within the step in which their construct is entered.
    pub(super) shut: BTreeSet<TaskId>,
    /// What branches are going to begin, within one step.
    pub(super) begun: BTreeMap<BlockId, Value>,
}

/// The frames of the run, or of a function, and of its tasks.
pub(super) struct Frames {
    pub(super) run: Frame,
    pub(super) tasks: BTreeMap<u64, Frame>,
}

/// A function that is awaited.
pub(super) struct Called {
    pub(super) frames: Frames,
    /// How its tasks stand, once it has begun.
    pub(super) tasks: Option<Tasks>,
}

/// A position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Start,
    /// A state, by its number.
    State(usize),
    Done,
}

/// What is in a slot.
pub(super) enum Content {
    Value(Value),
    Wait(Waiting),
    Call(Box<Frame>),
    /// A list of operations: those that run, by their places.
    List(ListOf, BTreeMap<usize, Waiting>),
    Position(At),
}

/// What is waited for.
pub(super) enum Waiting {
    /// An operation, by its number.
    Operation(u64),
    /// A task or trigger, by its handle; whether it is a block that is awaited.
    Handle(Value, bool),
    /// Until this holds.
    Until(fn(&mut World) -> bool),
    /// A function.
    Function(Box<Called>),
}

/// What a step comes to.
pub(super) enum Polling {
    Ready(Value),
    Pending,
}

impl Frame {
    pub(super) fn new(method: &str, arguments: Vec<Value>) -> Self {
        Frame {
            method: method.to_owned(),
            arguments: Some(arguments),
            at: At::Start,
            slots: BTreeMap::new(),
            passing: BTreeMap::new(),
            shut: BTreeSet::new(),
            begun: BTreeMap::new(),
        }
    }
}

pub(super) fn wrong<T>(text: impl Into<String>) -> Evaluated<T> {
    Err(Flow::Bug(text.into()))
}

impl Machine {
    pub(super) fn slot(&self, kind: SlotKind) -> Evaluated<usize> {
        match self.analysis.slots.iter().position(|slot| slot.kind == kind) {
            Some(number) => Ok(number),
            None => wrong(format!("there is no slot for {kind:?}")),
        }
    }

    /// The position of a task that waits in a poll block.
    pub(super) fn waiting_at(&self, block: BlockId) -> Evaluated<At> {
        match self.analysis.states.iter().position(|state| state.block == block) {
            Some(number) => Ok(At::State(number)),
            None => wrong("a poll block has no state"),
        }
    }

    pub(super) fn position(&self, frame: &Frame, task: TaskId) -> Evaluated<At> {
        if task == MAIN {
            return Ok(frame.at);
        }
        match frame.slots.get(&self.slot(SlotKind::Position(task))?) {
            Some(Content::Position(at)) => Ok(*at),
            _ => wrong("a branch has no position"),
        }
    }

    pub(super) fn set_position(&self, frame: &mut Frame, task: TaskId, at: At) -> Evaluated<()> {
        if task == MAIN {
            frame.at = at;
        } else {
            frame.slots.insert(self.slot(SlotKind::Position(task))?, Content::Position(at));
        }
        Ok(())
    }

    /// The slots that are live in the states that the frame and its branches are in.
    fn live(&self, frame: &Frame) -> BTreeSet<usize> {
        let mut live = BTreeSet::new();
        let mut positions = vec![frame.at];
        while let Some(at) = positions.pop() {
            let At::State(state) = at else { continue };
            for number in &self.analysis.states[state].live {
                live.insert(*number);
                if let Some(Content::Position(at)) = frame.slots.get(number) {
                    positions.push(*at);
                }
            }
        }
        live
    }
}

impl Frames {
    pub(super) fn new(method: &str, arguments: Vec<Value>) -> Self {
        Frames { run: Frame::new(method, arguments), tasks: BTreeMap::new() }
    }
}

impl Machines<'_> {
    /// The handles that frames have, as they would be stored.
    pub(super) fn named_in_all(&self, frames: &Frames, found: &mut BTreeSet<u64>) {
        for frame in std::iter::once(&frames.run).chain(frames.tasks.values()) {
            self.named(frame, found);
        }
    }

    fn named_by(&self, waiting: &Waiting, found: &mut BTreeSet<u64>) {
        match waiting {
            Waiting::Handle(handle, _) => handle.handles(found),
            Waiting::Function(called) => {
                self.named_in_all(&called.frames, found);
                let outputs = called.tasks.iter().flat_map(Tasks::outputs);
                outputs.for_each(|value| value.handles(found));
            }
            Waiting::Operation(_) | Waiting::Until(_) => {}
        }
    }

    /// The handles that a frame has, as it would be stored.
    fn named(&self, frame: &Frame, found: &mut BTreeSet<u64>) {
        let live = self.machines[&frame.method].live(frame);
        for (_, content) in frame.slots.iter().filter(|(number, _)| live.contains(number)) {
            match content {
                Content::Value(value) => value.handles(found),
                Content::Wait(waiting) => self.named_by(waiting, found),
                Content::List(list, running) => {
                    list.handles(found);
                    for waiting in running.values() {
                        self.named_by(waiting, found);
                    }
                }
                Content::Call(inner) => self.named(inner, found),
                Content::Position(_) => {}
            }
        }
    }

    /// Takes down what frames wait for. When they are stored and reloaded, only what is live is left.
    pub(super) fn store_all(&self, frames: &mut Frames, reload: bool, armed: &mut Vec<u64>) -> Evaluated<()> {
        for frame in std::iter::once(&mut frames.run).chain(frames.tasks.values_mut()) {
            self.store(frame, reload, armed)?;
        }
        Ok(())
    }

    fn store_wait(&self, waiting: &mut Waiting, reload: bool, armed: &mut Vec<u64>) -> Evaluated<()> {
        match waiting {
            Waiting::Operation(number) => armed.push(*number),
            Waiting::Function(called) => self.store_all(&mut called.frames, reload, armed)?,
            Waiting::Handle(..) | Waiting::Until(_) => {}
        }
        Ok(())
    }

    fn store(&self, frame: &mut Frame, reload: bool, armed: &mut Vec<u64>) -> Evaluated<()> {
        let machine = &self.machines[&frame.method];
        let live = machine.live(frame);
        frame.passing.clear();
        frame.begun.clear();
        if reload {
            frame.slots.retain(|number, _| live.contains(number));
        }
        for (number, content) in frame.slots.iter_mut().filter(|(number, _)| live.contains(number)) {
            match content {
                Content::Wait(waiting) => self.store_wait(waiting, reload, armed)?,
                Content::List(_, running) => {
                    for waiting in running.values_mut() {
                        self.store_wait(waiting, reload, armed)?;
                    }
                }
                Content::Call(inner) => self.store(inner, reload, armed)?,
                Content::Value(value) if !value.is_storable() => {
                    let name = &machine.analysis.slots[*number].name;
                    return wrong(format!("{name} cannot be stored: {value:?}"));
                }
                Content::Value(_) | Content::Position(_) => {}
            }
        }
        Ok(())
    }
}
