//! A machine as data.

use std::fmt;

/// A machine: its states, the transitions between them, its slots.
///
/// Its parts are the generator's facts about the source; the names of the slots' types are rustc's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine<'a> {
    /// The workflow's name.
    pub workflow: &'a str,
    /// The method that the machine was made from, `run` for the workflow itself.
    pub method: &'a str,
    /// The source file, as rustc names it; empty where it is not known.
    pub file: &'a str,
    /// The states, in source order: `Start`, one for each suspension, `Done`.
    pub states: &'a [State<'a>],
    /// Where each state can lead.
    pub transitions: &'a [Transition<'a>],
    /// The variables and waits that are stored.
    pub slots: Vec<Slot<'a>>,
}

/// One state of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State<'a> {
    /// Its name, which is what is stored.
    pub name: &'a str,
    /// What a run in this state waits for, as it stands in the source; empty for `Start` and `Done`.
    pub waits_for: &'a str,
    /// What kind of thing that is.
    pub wait: Wait<'a>,
    /// The line of the source file; 0 where it is not known.
    pub line: u32,
    /// The names of the slots that are stored in this state.
    pub slots: &'a [&'a str],
    /// For a state within a branch of a `join!`, `select!` or `timeout`: that branch.
    pub within: Option<Branch<'a>>,
}

impl State<'_> {
    /// Before the first step.
    pub const START: State<'static> =
        State { name: "Start", waits_for: "", wait: Wait::Nothing, line: 0, slots: &[], within: None };
    /// After the last.
    pub const DONE: State<'static> = State { name: "Done", ..State::START };
}

/// A branch of a `join!`, `try_join!`, `select!` or `timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch<'a> {
    /// The state of that construct.
    pub of: &'a str,
    /// Its place among the branches, from 0.
    pub number: u16,
}

/// What kind of thing a state waits for, as far as the source shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait<'a> {
    /// Nothing: `Start` and `Done`.
    Nothing,
    /// An activity, or anything else that is begun and gives a result.
    Operation,
    /// A timer: `ctx.sleep(..)`, `ctx.sleep_until(..)`.
    Timer,
    /// A condition: `ctx.wait_until(..)`.
    Condition,
    /// An async method of the same impl, whose machine runs within this one.
    Call {
        /// The method.
        method: &'a str,
    },
    /// All branches of a `join!`.
    Join,
    /// All branches of a `try_join!`, or the first error.
    TryJoin,
    /// The first branch of a `select!`.
    Select,
    /// The first of the two branches of a `timeout`: what is limited, and the timer.
    Timeout,
    /// What is in a `ctx.scope(..)`.
    Scope,
    /// What is in a `shield(..)`.
    Shield,
    /// The request to cancel: `ctx.cancelled()`.
    Cancellation,
}

impl fmt::Display for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wait::Nothing => "nothing",
            Wait::Operation => "operation",
            Wait::Timer => "timer",
            Wait::Condition => "condition",
            Wait::Call { method } => return write!(f, "call {method}"),
            Wait::Join => "join",
            Wait::TryJoin => "try_join",
            Wait::Select => "select",
            Wait::Timeout => "timeout",
            Wait::Scope => "scope",
            Wait::Shield => "shield",
            Wait::Cancellation => "cancellation",
        })
    }
}

/// A way from one state to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition<'a> {
    /// The state it leaves.
    pub from: &'a str,
    /// The state it enters.
    pub to: &'a str,
    /// What brings it about.
    pub cause: Cause,
}

/// From one state, by one cause, to each of a row of states, by their numbers: from, first, last, cause.
pub type Ways = (u16, u16, u16, Cause);

/// All transitions of a machine that has so many that they are written as rows: where any of the steps of a sequence may
/// be left out, each state leads to all that come later.
///
/// ```
/// use longhaul_describe::{Cause, transitions};
///
/// let all = transitions(&["Start", "AwaitA", "AwaitB", "Done"], &[(0, 1, 3, Cause::Started), (1, 2, 3, Cause::Result)]);
/// let ways: Vec<_> = all.iter().map(|way| (way.from, way.to)).collect();
/// assert_eq!(
///     ways,
///     [("Start", "AwaitA"), ("Start", "AwaitB"), ("Start", "Done"), ("AwaitA", "AwaitB"), ("AwaitA", "Done")]
/// );
/// ```
pub fn transitions<'a>(states: &[&'a str], ways: &[Ways]) -> Vec<Transition<'a>> {
    let all = ways.iter().flat_map(|&(from, first, last, cause)| {
        (first..=last).map(move |to| Transition {
            from: states[usize::from(from)],
            to: states[usize::from(to)],
            cause,
        })
    });
    all.collect()
}

/// What brings a transition about, as far as the source shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Cause {
    /// The run was started, or the method called.
    Started,
    /// A branch begins together with the others of its construct.
    Entered,
    /// What the state waits for has given its result.
    Result,
    /// What the state waits for has failed, and a `?` on it passes the error on.
    Error,
    /// The condition has become true: by a signal, or by what another branch did.
    Condition,
    /// The time has come.
    Timer,
    /// The branches of the construct are done: all of them, or the first of a `select!`.
    Branches,
    /// A request to cancel, which the code goes on with: what is in the scope was given up, or the request itself was
    /// awaited.
    Cancelled,
    /// A request to cancel, with which the code cannot go on here: the state is given up, for what comes after the scope
    /// that it is in, or for `Done`. Only what is in a shield is not. Diagrams say so in a note, and not by a way from
    /// nearly every state.
    GivenUp,
}

impl Cause {
    /// In one word.
    pub const fn text(self) -> &'static str {
        match self {
            Cause::Started => "started",
            Cause::Entered => "entered",
            Cause::Result => "result",
            Cause::Error => "error",
            Cause::Condition => "condition",
            Cause::Timer => "timer",
            Cause::Branches => "branches",
            Cause::Cancelled => "cancelled",
            Cause::GivenUp => "given up",
        }
    }
}

/// A stored variable or wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot<'a> {
    /// Its name, which is what is stored.
    pub name: &'a str,
    /// Its Rust type, as the compiler names it.
    pub type_name: &'a str,
    /// The functions marked `#[workflow]` that it may be calls of, by name: [`method`](Machine::method) of their machines.
    /// Only the compiler knows them, so there are none in what is made of the source alone.
    pub functions: Vec<&'a str>,
}
