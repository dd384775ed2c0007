//! [`Report`]: what a replay check did that passed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::case::Played;
use crate::machine::MachineDescription;

/// What a replay check did that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    workflow: &'static str,
    seed: u64,
    cases: u64,
    transitions: u64,
    ended: u64,
    panicked: u64,
    /// The message of the first panic.
    panic: Option<String>,
    /// The states that no case has been in yet.
    unreached: BTreeSet<&'static str>,
    mute: BTreeMap<&'static str, String>,
}

impl Report {
    pub(super) fn new(workflow: &'static str, seed: u64, machines: &[MachineDescription]) -> Self {
        let run = machines.first().map_or(&[][..], |machine| machine.states);
        let states = run.iter().filter(|state| state.within.is_none()).map(|state| state.name);
        Report {
            workflow,
            seed,
            cases: 0,
            transitions: 0,
            ended: 0,
            panicked: 0,
            panic: None,
            unreached: states.filter(|name| *name != "Start").collect(),
            mute: BTreeMap::new(),
        }
    }

    pub(super) fn count(&mut self, played: Played) {
        self.cases += 1;
        self.transitions += played.transitions;
        self.ended += u64::from(played.ended);
        self.unreached.retain(|state| !played.states.contains(*state));
        self.mute.extend(played.mute);
        if let Some(message) = played.panicked {
            self.panicked += 1;
            self.panic.get_or_insert(message);
        }
    }

    /// How many cases ran.
    pub fn cases(&self) -> u64 {
        self.cases
    }

    /// How many transitions they had together. Each was run five times: twice from its stored state, once in a run
    /// that was never reloaded, once in one that was now and then, and once from the events.
    pub fn transitions(&self) -> u64 {
        self.transitions
    }

    /// In how many cases the run came to its end.
    pub fn ended(&self) -> u64 {
        self.ended
    }

    /// In how many cases workflow code panicked (in the same way each time it was run). The case ends there.
    pub fn panicked(&self) -> u64 {
        self.panicked
    }

    /// The states of `#[run]` that no case came to: what was not checked.
    pub fn unreached(&self) -> Vec<&'static str> {
        self.unreached.iter().copied().collect()
    }

    /// The signals and updates that could not be sent because no arguments for them could be made up.
    pub fn unsent_signals(&self) -> Vec<&'static str> {
        self.mute.keys().copied().collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { workflow, seed, cases, transitions, ended, .. } = self;
        write!(
            f,
            "`{workflow}` replays: {cases} cases, {transitions} transitions, {ended} runs ended (seed {seed})"
        )?;
        if let Some(message) = &self.panic {
            write!(f, "\n  in {} cases workflow code panicked, first with: {message}", self.panicked)?;
        }
        if !self.unreached.is_empty() {
            write!(f, "\n  states that no case came to: {}", self.unreached().join(", "))?;
        }
        for (signal, reason) in &self.mute {
            write!(f, "\n  `{signal}` was not sent: {reason}")?;
        }
        Ok(())
    }
}
