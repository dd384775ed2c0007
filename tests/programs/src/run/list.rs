//! `join_all` and `try_join_all`: what is done in which order, whoever polls.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::control::items_of;
use super::{Evaluated, bug};
use crate::value::Value;

/// The operations of a list: those that have not begun, and the outputs of those that have ended.
#[derive(Debug)]
pub struct ListOf {
    later: VecDeque<Value>,
    /// How many may run at once.
    limit: usize,
    running: usize,
    /// The place of the first of `later`.
    next: usize,
    outputs: BTreeMap<usize, Value>,
    trying: bool,
}

impl ListOf {
    /// Of what `join_all` or `try_join_all` is given: the operations, and how many may run at once.
    pub fn new(name: &str, mut given: Vec<Value>) -> Evaluated<Self> {
        let limit = match given.get(1) {
            None => usize::MAX,
            Some(Value::Int(limit)) => usize::try_from(*limit).unwrap_or(0).max(1),
            Some(other) => return bug(format!("a limit that is {other:?}")),
        };
        if given.is_empty() {
            return bug("a list is missing");
        }
        Ok(ListOf {
            later: items_of(given.swap_remove(0))?,
            limit,
            running: 0,
            next: 0,
            outputs: BTreeMap::new(),
            trying: name == "try_join_all",
        })
    }

    /// The handles in what has not begun, and in the outputs.
    pub fn handles(&self, found: &mut BTreeSet<u64>) {
        self.later.iter().chain(self.outputs.values()).for_each(|value| value.handles(found));
    }

    /// Those that may begin now, each with its place.
    pub fn begun(&mut self) -> Vec<(usize, Value)> {
        let count = self.later.len().min(self.limit - self.running.min(self.limit));
        let first = self.next;
        self.running += count;
        self.next += count;
        (first..).zip(self.later.drain(..count)).collect()
    }

    /// One has ended. Gives what all come to, where that ends the others.
    pub fn ended(&mut self, place: usize, output: Value) -> Evaluated<Option<Value>> {
        self.running -= 1;
        let output = match output {
            output if !self.trying => output,
            Value::Variant(name, inner) if &*name == "Err" => return Ok(Some(Value::Variant(name, inner))),
            Value::Variant(name, mut inner) if &*name == "Ok" && inner.len() == 1 => inner.remove(0),
            other => return bug(format!("try_join_all of {other:?}")),
        };
        self.outputs.insert(place, output);
        Ok(None)
    }

    /// What all come to, once all have ended.
    pub fn outputs(&mut self) -> Option<Value> {
        if self.running > 0 || !self.later.is_empty() {
            return None;
        }
        let all = Value::List(std::mem::take(&mut self.outputs).into_values().collect());
        Some(if self.trying { Value::variant("Ok", [all]) } else { all })
    }
}
