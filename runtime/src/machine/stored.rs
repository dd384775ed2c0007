//! What a machine's slots hold, for schemas: the test kit asks, and the visitor of slots tells.

use std::cell::RefCell;

use longhaul_describe::schema::Type;

use super::describe::MachineDescription;
use crate::testing::Tracer;

/// Traces a type.
pub(crate) type Trace = fn(&mut Tracer) -> Type;

/// What a slot holds.
pub(crate) enum StoredSlot {
    /// A variable.
    Kept(Trace),
    /// The output of a branch.
    Output(Trace),
    /// The position of a branch.
    Position,
    /// A machine that is called, an async method of the same workflow.
    Method,
    /// Something that is waited for.
    Wait(StoredWait),
}

/// What is stored of something that is waited for.
pub enum StoredWait {
    /// A timer.
    Timer,
    /// A call of an activity.
    Activity(StoredActivity),
    /// A call of a function marked `#[workflow]`.
    Function {
        /// Its name.
        name: &'static str,
        /// Its machine, and those of the blocks in it.
        describe: fn() -> Vec<MachineDescription>,
    },
    /// Something else, by the name of its type.
    Other(&'static str),
}

/// An activity, with its types.
pub struct StoredActivity {
    pub(crate) name: &'static str,
    pub(crate) input: Trace,
    pub(crate) output: Trace,
    pub(crate) error: Trace,
}

/// The slots of one machine, by name.
pub(crate) struct StoredMachine {
    /// The machine, as its states name it: `Workflow::method`, or a function's name.
    pub(crate) machine: &'static str,
    pub(crate) slots: Vec<(&'static str, StoredSlot)>,
}

thread_local! {
    /// The slots of each machine that is described, as long as somebody asks.
    static ASKED: RefCell<Option<Vec<StoredMachine>>> = const { RefCell::new(None) };
}

/// Calls `describe`; gives the slots of each machine as well, as far as they are known: those of a generic
/// method are not.
pub(crate) fn asking<T>(describe: impl FnOnce() -> T) -> (T, Vec<StoredMachine>) {
    ASKED.set(Some(Vec::new()));
    let described = describe();
    (described, ASKED.take().unwrap_or_default())
}

/// A machine's slots follow.
pub(super) fn begin(machine: &'static str) {
    ASKED.with_borrow_mut(|asked| {
        if let Some(machines) = asked {
            machines.push(StoredMachine { machine, slots: Vec::new() });
        }
    });
}

/// The machine whose slots are being told has this one.
pub(super) fn slot(name: &'static str, slot: StoredSlot) {
    ASKED.with_borrow_mut(|asked| {
        if let Some(machine) = asked.as_mut().and_then(|machines| machines.last_mut()) {
            machine.slots.push((name, slot));
        }
    });
}
