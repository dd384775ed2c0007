//! What is around a program: time, operations that are under way, and a record of all that happens.

use std::collections::BTreeMap;

use crate::choices::Random;
use crate::library;
use crate::value::Value;

/// An operation that has begun and is not done.
#[derive(Debug, Clone)]
pub struct Armed {
    /// What it will give.
    pub output: Value,
    /// When it is due, if it is a timer.
    pub deadline: Option<i64>,
}

/// Time, operations, and what happened so far.
#[derive(Debug, Default)]
pub struct World {
    now: i64,
    next_op: u64,
    armed: BTreeMap<u64, Armed>,
    resolved: BTreeMap<u64, Value>,
    /// What happened: notes, operations begun, operations done.
    pub trace: Vec<String>,
}

impl World {
    /// Begins an operation; gives its number.
    pub fn begin(&mut self, name: &str, arguments: &[Value]) -> Result<u64, String> {
        let number = self.next_op;
        self.next_op += 1;
        let armed = if let ("sleep", [Value::Int(millis)]) = (name, arguments) {
            let deadline = self.now + millis;
            self.trace.push(format!("{number}: timer {deadline}"));
            Armed { output: Value::unit(), deadline: Some(deadline) }
        } else {
            let shown: Vec<String> = arguments.iter().map(Value::debug).collect();
            self.trace.push(format!("{number}: {name}({})", shown.join(", ")));
            Armed { output: library::activity(name, arguments)?, deadline: None }
        };
        self.armed.insert(number, armed);
        Ok(number)
    }

    /// The output of an operation, once.
    pub fn poll(&mut self, number: u64) -> Option<Value> {
        self.resolved.remove(&number)
    }

    /// An operation is given up.
    pub fn disarm(&mut self, number: u64) {
        self.armed.remove(&number);
        self.resolved.remove(&number);
    }

    /// Keeps these operations and gives up all others.
    pub fn keep_armed(&mut self, kept: &[u64]) {
        self.armed.retain(|number, _| kept.contains(number));
        self.resolved.retain(|number, _| kept.contains(number));
    }

    /// What is done but not yet taken up.
    pub fn left_over(&self) -> Vec<u64> {
        self.resolved.keys().copied().collect()
    }

    /// Lets the operations that the schedule picks be done; `false` if none is under way.
    pub fn resolve(&mut self, schedule: &mut Schedule) -> bool {
        let shown: BTreeMap<u64, Option<i64>> =
            self.armed.iter().map(|(number, armed)| (*number, armed.deadline)).collect();
        let picked = schedule.pick(&shown);
        for number in &picked {
            let armed = self.armed.remove(number).expect("only what is armed is picked");
            self.now = self.now.max(armed.deadline.unwrap_or(0));
            self.trace.push(format!("{number} is done"));
            self.resolved.insert(*number, armed.output);
        }
        !picked.is_empty()
    }
}

/// Picks what is done next: any activity, or the timer that is due first; sometimes several at once.
#[derive(Debug)]
pub struct Schedule(Random);

impl Schedule {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Schedule(Random::new(seed))
    }

    /// The operations that are done next, by number, of those that are under way: each with its deadline, if it is a timer.
    pub fn pick(&mut self, armed: &BTreeMap<u64, Option<i64>>) -> Vec<u64> {
        let mut left = armed.clone();
        let mut picked = Vec::new();
        while !left.is_empty() && (picked.is_empty() || self.0.below(4) == 0) {
            let mut candidates: Vec<u64> =
                left.iter().filter(|(_, deadline)| deadline.is_none()).map(|(number, _)| *number).collect();
            let timers = left.iter().filter_map(|(number, deadline)| Some(((*deadline)?, *number)));
            candidates.extend(timers.min().map(|(_, number)| number));
            let number = candidates[self.0.below(candidates.len())];
            left.remove(&number);
            picked.push(number);
        }
        picked
    }
}
