//! Schemas: what a workflow stores, in a form to be kept beside its source and compared with a later one.

mod compare;
mod meaning;
mod read;
mod types;
mod write;

use std::collections::BTreeMap;

pub use compare::{Change, compare};
pub use read::SchemaError;
pub use types::{Definition, Field, Form, Type, Variant};

/// All that is stored of a workflow's runs, by name and type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// The workflow's name.
    pub workflow: String,
    /// The workflow's own value, what its input is, and what a run ends with: `value`, `input`, `output`, `error`.
    pub values: Vec<(String, Type)>,
    /// The signals, with their arguments as a tuple.
    pub signals: Vec<(String, Type)>,
    /// The names of the queries. Nothing is stored of them.
    pub queries: Vec<String>,
    /// The activities that states wait for.
    pub activities: Vec<Activity>,
    /// The machines: that of `run` first.
    pub machines: Vec<MachineSchema>,
    /// The structs and enums in all of these, by name.
    pub types: BTreeMap<String, Definition>,
}

/// An activity: what is stored of its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub input: Type,
    /// What it gives.
    pub output: Type,
    /// What it fails with.
    pub error: Type,
}

/// What is stored of one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSchema {
    /// Its method.
    pub name: String,
    /// The states that a run can be stored in.
    pub states: Vec<StateSchema>,
}

/// What is stored in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateSchema {
    /// Its name.
    pub name: String,
    /// For a state within a branch: the state of the construct, and the branch's place in it.
    pub within: Option<(String, u16)>,
    /// The slots, by name.
    pub slots: Vec<(String, SlotForm)>,
}

/// What a slot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotForm {
    /// A variable.
    Kept(Type),
    /// What a branch gave that was done before the others: not there before.
    Output(Type),
    /// Where a branch is.
    Position,
    /// A call of an activity.
    Activity(String),
    /// A timer.
    Timer,
    /// A machine that is called, by its method.
    Machine(String),
    /// Something else that is waited for, by the name of its type.
    Wait(String),
}

impl Schema {
    /// The schema as text.
    pub fn text(&self) -> String {
        write::text(self)
    }

    /// Reads a schema from its text.
    pub fn read(text: &str) -> Result<Self, SchemaError> {
        read::read(text)
    }

    /// What tells this schema from any other: the same for the same stored form, whatever the types in it are called.
    pub fn fingerprint(&self) -> u64 {
        meaning::hash(&meaning::of_all(self))
    }

    /// What tells one state from any other, its slots with their types included.
    pub fn state_fingerprint(&self, machine: &MachineSchema, state: &StateSchema) -> u64 {
        meaning::hash(&meaning::of_state(self, machine, state))
    }
}
