//! Which operations of a list may be ready: of thousands, those that something happened to. So a step costs what happened,
//! and not how many there are.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cancel::Cancel;
use super::super::context::Context;
use super::super::stepping::Since;
use super::super::wait::{OpId, Wait};

/// What is known of those that run, by their places in the list. Nothing of it is stored: what was loaded is asked once.
#[derive(Default)]
pub(super) struct Places {
    /// What each waits for: an operation, or the end of a task.
    waiting: BTreeMap<OpId, usize>,
    /// What those wait for that may wait for something else later.
    of: BTreeMap<usize, Vec<OpId>>,
    /// Those that may be ready whatever happened.
    restless: BTreeSet<usize>,
    /// Those that are cancelled and waited for nevertheless.
    holding: BTreeSet<usize>,
    /// Those from this place on were not asked yet.
    new: usize,
    /// How they were cancelled when they were all asked.
    told: Cancel,
    since: Since,
}

impl Places {
    /// Those that may be ready, in order, of places up to `last`.
    pub(super) fn candidates<W: Wait>(&mut self, ctx: &Context, last: Option<usize>) -> Vec<usize> {
        let Some(last) = last else { return Vec::new() };
        // A scope in one of them can be given up only when it is asked.
        let by_event = W::BY_OPERATION || W::BY_TASK || !ctx.is_giving_up();
        if self.told != ctx.cancel() || !by_event {
            self.told = ctx.cancel();
            self.new = 0;
        }
        let mut found: BTreeSet<usize> = (self.new..=last).collect();
        self.new = last + 1;
        found.extend(&self.restless);
        let mut happened = |op| found.extend(self.waiting.remove(&op));
        if W::BY_TASK {
            ctx.ended_since(&mut self.since).into_iter().for_each(happened);
        } else {
            ctx.resolved(|ops| ops.for_each(&mut happened));
        }
        found.into_iter().collect()
    }

    /// This one was asked and is not ready: whether it looked at something that can change at any time, and whether it is
    /// cancelled and waited for.
    pub(super) fn pending<W: Wait>(&mut self, place: usize, wait: &W, watches: bool, holds_on: bool) {
        let by_event = W::BY_OPERATION || W::BY_TASK;
        self.remove(place);
        let mut ops = Vec::from_iter(wait.task());
        wait.armed(&mut |op| ops.push(op));
        self.waiting.extend(ops.iter().map(|op| (*op, place)));
        if !by_event {
            self.of.insert(place, ops);
            if watches {
                self.restless.insert(place);
            }
        }
        if holds_on {
            self.holding.insert(place);
        }
    }

    /// This one is done, or to be looked at anew.
    pub(super) fn remove(&mut self, place: usize) {
        for op in self.of.remove(&place).unwrap_or_default() {
            self.waiting.remove(&op);
        }
        self.restless.remove(&place);
        self.holding.remove(&place);
    }

    /// Whether some are cancelled and waited for.
    pub(super) fn hold_on(&self) -> bool {
        !self.holding.is_empty()
    }
}
