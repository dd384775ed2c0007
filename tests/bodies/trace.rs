//! What a run did, and in what order its operations are resolved.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// All that can be told of a run from outside.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Trace {
    /// Operations as they begin and as they are done.
    pub(crate) operations: Vec<String>,
    pub(crate) result: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    Activity,
    /// With its deadline.
    Timer(u64),
}

impl Trace {
    pub(crate) fn begin(&mut self, op: u64, text: &str) {
        self.operations.push(format!("{op}: {text}"));
    }

    pub(crate) fn done(&mut self, op: u64) {
        self.operations.push(format!("{op} is done"));
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
