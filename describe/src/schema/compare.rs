//! What a change of a workflow means for the runs that are stored.

use std::fmt;

use super::types::Reading;
use super::{MachineSchema, Schema, SlotForm, StateSchema, Type};

/// A difference between what was stored before a change and what is read after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What has changed.
    pub what: String,
    /// For a change that stored runs do not survive: what to write instead. Without it, all of them go on.
    pub instead: Option<String>,
}

impl Change {
    /// Whether all stored runs can go on.
    pub fn is_compatible(&self) -> bool {
        self.instead.is_none()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.instead {
            Some(instead) => write!(f, "\n    instead: {instead}"),
            None => Ok(()),
        }
    }
}

/// The differences from `old` to `new`.
///
/// What is compared is what would be read from the store by the new program: a run's state by its name, its slots by
/// theirs, the workflow's value, results of runs, signals and calls of activities that are on their way.
pub fn compare(old: &Schema, new: &Schema) -> Vec<Change> {
    let mut changes = Changes { old, new, all: Vec::new() };
    changes.values();
    changes.signals();
    changes.activities();
    changes.machines();
    if changes.all.is_empty() && old.fingerprint() != new.fingerprint() {
        changes.fine("types can read more than before".to_owned());
    }
    changes.all
}

const TYPE: &str = "the old type as it was, with `#[serde(default)]` on new fields, `#[serde(alias = \"old\")]` on renamed ones, \
                    and unused variants kept; or a new type beside it";

struct Changes<'s> {
    old: &'s Schema,
    new: &'s Schema,
    all: Vec<Change>,
}

impl Changes<'_> {
    fn fine(&mut self, what: String) {
        self.all.push(Change { what, instead: None });
    }

    fn broken(&mut self, what: String, instead: impl Into<String>) {
        self.all.push(Change { what, instead: Some(instead.into()) });
    }

    fn reads(&self, old: &Type, new: &Type, place: &str) -> Result<(), String> {
        Reading::new(&self.old.types, &self.new.types).check(old, new, place)
    }

    fn values(&mut self) {
        for (name, new) in &self.new.values {
            let Some((_, old)) = self.old.values.iter().find(|(old, _)| old == name) else { continue };
            let (whose, when) = match name.as_str() {
                "value" => ("the workflow's value", "each open run has one"),
                "input" => ("the input", "it is kept with each run"),
                "output" => ("the output", "runs that have ended have one"),
                _ => ("the error", "runs that have failed have one"),
            };
            if let Err(why) = self.reads(old, new, name) {
                self.broken(format!("{whose} cannot be read any more, and {when}: {why}"), TYPE);
            }
        }
    }

    fn signals(&mut self) {
        for (name, old) in &self.old.signals {
            let Some((_, new)) = self.new.signals.iter().find(|(new, _)| new == name) else {
                self.broken(
                    format!("the signal `{name}` is gone, and accepted ones may not be handled yet"),
                    format!("`#[signal] fn {name}(..)` with the same arguments, that does nothing, until no open run can have one"),
                );
                continue;
            };
            if let Err(why) = self.reads(old, new, &format!("{name}(..)")) {
                self.broken(
                    format!("the signal `{name}` cannot be read any more, and accepted ones may not be handled yet: {why}"),
                    "the signal as it was, and another one with the new arguments beside it",
                );
            }
        }
        for (name, _) in &self.new.signals {
            if !self.old.signals.iter().any(|(old, _)| old == name) {
                self.fine(format!("the signal `{name}` is new"));
            }
        }
        for name in &self.old.queries {
            if !self.new.queries.contains(name) {
                self.fine(format!("the query `{name}` is gone: nothing is stored of queries"));
            }
        }
        for name in &self.new.queries {
            if !self.old.queries.contains(name) {
                self.fine(format!("the query `{name}` is new"));
            }
        }
    }

    fn activities(&mut self) {
        for old in &self.old.activities {
            let name = &old.name;
            let Some(new) = self.new.activities.iter().find(|new| new.name == *name) else {
                self.fine(format!(
                    "the activity `{name}` is not awaited any more; keep it registered as long as calls are on their way"
                ));
                continue;
            };
            let beside = "the activity as it was, and another one with the new types beside it";
            if let Err(why) = self.reads(&old.input, &new.input, &format!("{name}(..)")) {
                self.broken(
                    format!("calls of `{name}` on their way were stored with the old arguments: {why}"),
                    beside,
                );
            }
            let results = [(&old.output, &new.output, "result"), (&old.error, &new.error, "error")];
            for (old, new, what) in results {
                if let Err(why) = self.reads(old, new, what) {
                    self.broken(
                        format!("a {what} of `{name}` may be stored and not taken up yet: {why}"),
                        beside,
                    );
                }
            }
        }
        for new in &self.new.activities {
            if !self.old.activities.iter().any(|old| old.name == new.name) {
                self.fine(format!("the activity `{}` is new", new.name));
            }
        }
    }

    fn machines(&mut self) {
        for old in &self.old.machines {
            match self.new.machines.iter().find(|new| new.name == old.name) {
                Some(new) => self.machine(old, new),
                None if old.states.is_empty() => self.fine(format!("the method `{}` is gone", old.name)),
                None => self.broken(
                    format!("the method `{}` is gone, and a run may be stored within it", old.name),
                    format!(
                        "`async fn {}` as it was, awaited where it was, until no run is within it",
                        old.name
                    ),
                ),
            }
        }
        for new in &self.new.machines {
            if !self.old.machines.iter().any(|old| old.name == new.name) {
                self.fine(format!("the method `{}` is new", new.name));
            }
        }
    }

    fn machine(&mut self, old: &MachineSchema, new: &MachineSchema) {
        let of = if old.name == "run" { String::new() } else { format!(" of `{}`", old.name) };
        for state in &old.states {
            match new.states.iter().find(|new| new.name == state.name) {
                Some(found) => self.state(&of, state, found),
                None => self.gone(&of, old, new, state),
            }
        }
        for state in &new.states {
            if !old.states.iter().any(|old| old.name == state.name) {
                self.fine(format!("the state `{}`{of} is new", state.name));
            }
        }
    }

    fn gone(&mut self, of: &str, old: &MachineSchema, new: &MachineSchema, state: &StateSchema) {
        let name = &state.name;
        let is_new = |new: &&StateSchema| !old.states.iter().any(|old| old.name == new.name);
        // A state that only has another name now has its wait's slot under another name, too.
        let renamed = new.states.iter().filter(is_new).find(|found| {
            found.within == state.within
                && found.slots.len() == state.slots.len()
                && found
                    .slots
                    .iter()
                    .zip(&state.slots)
                    .all(|((_, new), (_, old))| self.slot(old, new).is_ok())
        });
        let instead = match renamed {
            Some(found) => format!(
                "`#[state({name})]` on the statement that awaits, if `{}` is the same state under another name; else the old await, \
                 until no run is in it",
                found.name
            ),
            None => format!(
                "the old await, until no run is in it; or `#[state({name})]` on the statement that a run in it can go on from"
            ),
        };
        self.broken(format!("the state `{name}`{of} is gone, and a run may be stored in it"), instead);
    }

    fn state(&mut self, of: &str, old: &StateSchema, new: &StateSchema) {
        let name = &old.name;
        if old.within != new.within {
            let place = |state: &StateSchema| match &state.within {
                Some((construct, number)) => format!("in branch {number} of `{construct}`"),
                None => "in no branch".to_owned(),
            };
            self.broken(
                format!("the state `{name}`{of} was {} and is {}", place(old), place(new)),
                format!("the branches in their old order, new ones last; or another `#[state(..)]` for the new await, and `{name}` where it was"),
            );
            return;
        }
        for (slot, form) in &new.slots {
            match old.slots.iter().find(|(old, _)| old == slot) {
                Some((_, stored)) => {
                    if let Err(why) = self.slot(stored, form) {
                        let instead = match form {
                            SlotForm::Kept(_) | SlotForm::Output(_) => TYPE.to_owned(),
                            _ => format!(
                                "`{name}` for the old await, and another `#[state(..)]` for the new one"
                            ),
                        };
                        self.broken(
                            format!(
                                "the slot `{slot}` of the state `{name}`{of} cannot be read any more: {why}"
                            ),
                            instead,
                        );
                    }
                }
                // It is filled when its branch is done.
                None if matches!(form, SlotForm::Output(_)) => {}
                None => {
                    let instead = match form {
                        SlotForm::Kept(_) => format!(
                            "`{slot}` made after that await, or made again there; or both: the old await as it was, and another \
                             `#[state(..)]` for the one with `{slot}`"
                        ),
                        SlotForm::Position => {
                            "the branches as they were; a new one in a construct of its own".to_owned()
                        }
                        _ => {
                            format!("`{name}` for the old await, and another `#[state(..)]` for the new one")
                        }
                    };
                    self.broken(
                        format!("the state `{name}`{of} needs the slot `{slot}`, which runs stored in it do not have"),
                        instead,
                    );
                }
            }
        }
        for (slot, _) in &old.slots {
            if !new.slots.iter().any(|(new, _)| new == slot) {
                self.fine(format!("the slot `{slot}` of the state `{name}`{of} is not needed any more"));
            }
        }
    }

    /// Whether what is stored in a slot can be read as something else.
    fn slot(&self, old: &SlotForm, new: &SlotForm) -> Result<(), String> {
        match (old, new) {
            (SlotForm::Kept(old) | SlotForm::Output(old), SlotForm::Kept(new) | SlotForm::Output(new)) => {
                self.reads(old, new, "it")
            }
            (old, new) if old == new => Ok(()),
            _ => Err(format!("it was `{old}` and is `{new}`")),
        }
    }
}
