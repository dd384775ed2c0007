//! Which functions marked `#[workflow]` a machine awaits: the types of its slots tell.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::BTreeSet;

use super::call::Function;
use super::describe::{MachineDescription, SlotDescription};
use super::steps::Steps;

/// A function that is awaited.
#[derive(Clone, Copy)]
pub struct Awaited {
    function: TypeId,
    name: &'static str,
    /// Finds its local steps.
    pub(super) steps: fn(&mut Steps),
    describe: fn() -> Vec<MachineDescription>,
}

impl Awaited {
    pub(super) fn of<F: Function>() -> Self {
        Awaited {
            function: TypeId::of::<F>(),
            name: F::NAME,
            steps: Steps::function::<F>,
            describe: F::describe,
        }
    }
}

impl std::fmt::Debug for Awaited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

thread_local! {
    /// The functions that the machines which are being described await, as long as somebody asks.
    static AWAITED: RefCell<Option<Vec<Awaited>>> = const { RefCell::new(None) };
}

/// A machine that is being described awaits something, which is in this slot.
pub(super) fn awaits(functions: fn(&mut Vec<Awaited>), slot: Option<&mut SlotDescription>) {
    let mut called = Vec::new();
    functions(&mut called);
    if let Some(slot) = slot {
        slot.functions = called.iter().map(|function| function.name).collect();
    }
    AWAITED.with_borrow_mut(|awaited| {
        if let Some(awaited) = awaited {
            awaited.append(&mut called);
        }
    });
}

/// The functions that the machines await which are described meanwhile.
#[inline(never)]
pub(super) fn awaited_in(describe: &mut dyn FnMut()) -> Vec<Awaited> {
    let around = AWAITED.replace(Some(Vec::new()));
    describe();
    AWAITED.replace(around).unwrap_or_default()
}

/// The machines of a workflow, with those of the functions that they await, and of those that these await. Generated code calls this.
pub fn with_functions(own: &dyn Fn() -> Vec<MachineDescription>) -> Vec<MachineDescription> {
    let mut machines = Vec::new();
    let mut all = awaited_in(&mut || machines = own());
    let mut known = BTreeSet::new();
    let mut next = 0;
    while let Some(function) = all.get(next).copied() {
        next += 1;
        // A function that is a workflow of its own may call itself.
        let is_known =
            machines.first().is_some_and(|own| (own.workflow, own.method) == (function.name, function.name));
        if known.insert(function.function) && !is_known {
            let mut described = Vec::new();
            all.extend(awaited_in(&mut || described = (function.describe)()));
            machines.append(&mut described);
        }
    }
    // Whoever asked for what is awaited is told.
    AWAITED.with_borrow_mut(|awaited| {
        if let Some(awaited) = awaited {
            awaited.append(&mut all);
        }
    });
    machines
}
