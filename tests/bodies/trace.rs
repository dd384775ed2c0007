//! What a run did, and in what order its operations are resolved.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// All that can be told of a run from outside.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Trace {
    /// Operations as they begin and as they are done.
    pub(crate) operations: Vec<String>,
    pub(crate) result: String,
    /// The operations in the order in which they began: a task takes a number, too, which plain async Rust does not see.
    begun: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Activity,
    /// With its deadline.
    Timer(u64),
}

impl Trace {
    pub(crate) fn begin(&mut self, op: u64, text: &str) {
        self.operations.push(format!("{}: {text}", self.begun.len()));
        self.begun.push(op);
    }

    pub(crate) fn done(&mut self, op: u64) {
        let place = self.begun.iter().position(|begun| *begun == op).expect("it has begun");
        self.operations.push(format!("{place} is done"));
    }

    /// A machine whose method returns no `Result` ends with one all the same.
    pub(crate) fn assert_same(&self, plain: &Trace) {
        assert_eq!(self.operations, plain.operations);
        let results = [plain.result.clone(), format!("Ok({})", plain.result)];
        assert!(results.contains(&self.result), "{} instead of {}", self.result, plain.result);
    }

    pub(crate) fn end(mut self, result: &impl Debug) -> Self {
        self.result = format!("{result:?}");
        self
    }
}

/// The oldest activity; if there is none, the earliest timer.
pub(crate) fn next_to_resolve(armed: &BTreeMap<u64, Op>) -> Option<u64> {
    let rank = |op: &Op| match op {
        Op::Activity => (0, 0),
        Op::Timer(deadline) => (1, *deadline),
    };
    armed.iter().min_by_key(|(number, op)| (rank(op), **number)).map(|(number, _)| *number)
}
