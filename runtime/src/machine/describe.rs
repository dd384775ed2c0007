//! What a machine says of itself.

/// A machine: its states, the transitions between them, its slots.
///
/// Its parts are the generator's facts about the source; the names of the slots' types are rustc's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineDescription {
    /// The workflow's name.
    pub workflow: &'static str,
    /// The method that the machine was made from, `run` for the workflow itself.
    pub method: &'static str,
    /// The states, in source order: `Start`, one for each suspension, `Done`.
    pub states: &'static [StateDescription],
    /// Where each state can lead.
    pub transitions: &'static [TransitionDescription],
    /// The variables and waits that are stored.
    pub slots: Vec<SlotDescription>,
}

/// One state of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDescription {
    /// Its name, which is what is stored.
    pub name: &'static str,
    /// What a run in this state waits for, as it stands in the source; empty for `Start` and `Done`.
    pub waits_for: &'static str,
    /// The line of the source file; 0 where it is not known.
    pub line: u32,
    /// The names of the slots that are stored in this state.
    pub slots: &'static [&'static str],
    /// For a state within a branch of a `join!`, `select!` or `timeout`: the state of that construct.
    pub within: Option<&'static str>,
}

/// A way from one state to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitionDescription {
    /// The state it leaves.
    pub from: &'static str,
    /// The state it enters.
    pub to: &'static str,
    /// What brings it about.
    pub cause: Cause,
}

/// What brings a transition about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The run was started.
    Started,
    /// What the state waits for is there.
    Resolved,
}

/// A stored variable or wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotDescription {
    /// Its name, which is what is stored.
    pub name: &'static str,
    /// Its Rust type, as the compiler names it.
    pub type_name: &'static str,
}
