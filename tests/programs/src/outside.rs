//! What comes from outside of a run: when its operations are done, who calls its handlers, who cancels it.

use std::collections::BTreeMap;

use crate::choices::Random;

/// A signal or update of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    /// The name of its method.
    pub name: String,
    /// Whether it answers its caller.
    pub answers: bool,
    /// Whether it runs beside the run, as a task.
    pub is_async: bool,
}

impl Handler {
    /// The handlers of an impl, in order.
    pub fn all(item: &syn::ItemImpl) -> Vec<Handler> {
        let functions = item.items.iter().filter_map(|item| match item {
            syn::ImplItem::Fn(function) => Some(function),
            _ => None,
        });
        let marked = |function: &syn::ImplItemFn, name: &str| {
            function.attrs.iter().any(|attribute| attribute.path().is_ident(name))
        };
        let handlers = functions.filter_map(|function| {
            let answers = marked(function, "update");
            (answers || marked(function, "signal")).then(|| Handler {
                name: function.sig.ident.to_string(),
                answers,
                is_async: function.sig.asyncness.is_some(),
            })
        });
        handlers.collect()
    }
}

/// A call of a handler.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its number: that of the update.
    pub number: u64,
    /// What is called.
    pub handler: Handler,
    /// With what.
    pub argument: i64,
}

impl Call {
    /// As it is noted.
    pub fn text(&self) -> String {
        format!("{FROM_OUTSIDE}{} {}({})", self.number, self.handler.name, self.argument)
    }
}

/// What an event begins with that comes from outside, and is no operation that is done.
pub const FROM_OUTSIDE: &str = "from outside: ";

/// A request to cancel, as it is noted.
pub fn cancelling() -> String {
    format!("{FROM_OUTSIDE}cancel")
}

/// An answer of an update, as it is noted.
pub fn answer(number: u64, output: &str) -> String {
    format!("{ANSWER}{number}: {output}")
}

/// What an answer of an update begins with.
pub const ANSWER: &str = "answer ";

/// How a run has ended, as text: its output, where there is one, and whether it was cancelled.
pub fn ending(output: Option<String>, cancelled: bool) -> String {
    match output {
        None => "Cancelled(None)".to_owned(),
        // What a cancelled run fails with is what its cancellation became.
        Some(output) => match output.strip_prefix("Err(").filter(|_| cancelled) {
            Some(error) => format!("Cancelled(Some({error})"),
            None => output,
        },
    }
}

/// What happens before the run goes on, in this order.
#[derive(Debug, Default)]
pub struct Turn {
    /// The run is asked to cancel.
    pub cancel: bool,
    /// Its handlers are called.
    pub calls: Vec<Call>,
    /// Operations are done.
    pub done: Vec<u64>,
}

impl Turn {
    /// Whether nothing happens.
    pub fn is_empty(&self) -> bool {
        !self.cancel && self.calls.is_empty() && self.done.is_empty()
    }
}

/// Picks what happens next.
#[derive(Debug)]
pub struct Schedule {
    random: Random,
    /// In how many turns the run is cancelled.
    cancel_in: Option<usize>,
    /// How many more calls of handlers there are.
    calls: usize,
    next_call: u64,
}

impl Schedule {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let cancel_in = (random.below(3) == 2).then(|| random.below(6));
        let calls = random.below(5);
        Schedule { random, cancel_in, calls, next_call: 0 }
    }

    /// What happens now. `armed` are the operations that are under way, by number: each with its deadline, if it is a
    /// timer.
    pub fn turn(&mut self, armed: &BTreeMap<u64, Option<i64>>, handlers: &[Handler]) -> Turn {
        let mut turn = Turn::default();
        match &mut self.cancel_in {
            Some(0) => (turn.cancel, self.cancel_in) = (true, None),
            Some(turns) => *turns -= 1,
            None => {}
        }
        while !handlers.is_empty() && self.calls > 0 && self.random.below(2) == 0 {
            self.calls -= 1;
            let handler = handlers[self.random.below(handlers.len())].clone();
            let argument = i64::try_from(self.random.below(9)).expect("it is small");
            turn.calls.push(Call { number: self.next_call, handler, argument });
            self.next_call += 1;
        }
        if turn.is_empty() || self.random.below(2) == 0 {
            turn.done = self.pick(armed);
        }
        turn
    }

    /// Any activity, or the timer that is due first; sometimes several at once.
    fn pick(&mut self, armed: &BTreeMap<u64, Option<i64>>) -> Vec<u64> {
        let mut left = armed.clone();
        let mut picked = Vec::new();
        while !left.is_empty() && (picked.is_empty() || self.random.below(4) == 0) {
            let mut candidates: Vec<u64> =
                left.iter().filter(|(_, deadline)| deadline.is_none()).map(|(number, _)| *number).collect();
            let timers = left.iter().filter_map(|(number, deadline)| Some(((*deadline)?, *number)));
            candidates.extend(timers.min().map(|(_, number)| number));
            let number = candidates[self.random.below(candidates.len())];
            left.remove(&number);
            picked.push(number);
        }
        picked
    }
}
