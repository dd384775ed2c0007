//! Which of a run's tasks something concerns: so that of thousands those alone are looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::sheet::{Difference, Sheet};
use super::tasks::{Entry, Keeper, State};
use super::wait::OpId;

/// The tasks by what may become of them.
#[derive(Default)]
pub(super) struct Index {
    /// Those that may go on without an operation being resolved.
    restless: BTreeSet<OpId>,
    /// The tasks by the operations that they wait for.
    by_operation: BTreeMap<OpId, OpId>,
    ended: BTreeSet<OpId>,
    /// Those that are cancelled, have not ended, and are not known to hold on.
    cancelled: BTreeSet<OpId>,
    /// The async handlers that have not ended.
    handlers: BTreeSet<OpId>,
    /// What each task has begun.
    children: BTreeMap<OpId, BTreeSet<OpId>>,
    /// What the run itself has begun, and its cancellation reaches.
    roots: BTreeSet<OpId>,
    /// Those of them that have not ended and are not cancelled.
    not_cancelled: BTreeSet<OpId>,
    /// How often each is named.
    named: BTreeMap<OpId, usize>,
    /// Those that may not be named any more.
    suspects: BTreeSet<OpId>,
}

impl Index {
    /// An entry stands as it does now.
    pub(super) fn add(&mut self, op: OpId, entry: &Entry) {
        self.set(op, entry, |set, op, belongs| {
            if belongs {
                set.insert(op);
            }
        });
        if let Some(parent) = entry.parent {
            self.children.entry(parent).or_default().insert(op);
        }
    }

    /// An entry is about to change.
    pub(super) fn remove(&mut self, op: OpId, entry: &Entry) {
        self.set(op, entry, |set, op, belongs| {
            if belongs {
                set.remove(&op);
            }
        });
        if let Some(parent) = entry.parent
            && let Some(children) = self.children.get_mut(&parent)
        {
            children.remove(&op);
            if children.is_empty() {
                self.children.remove(&parent);
            }
        }
    }

    /// Calls `set` with each set of entries, and whether this one belongs to it.
    fn set(&mut self, op: OpId, entry: &Entry, set: impl Fn(&mut BTreeSet<OpId>, OpId, bool)) {
        let runs = entry.is_running();
        let is_restless = match &entry.state {
            State::Running(spawned) => entry.has_news || !spawned.by_operation,
            _ => false,
        };
        let handles = matches!(entry.keeper, Keeper::Signal | Keeper::Update(_));
        let is_root = entry.parent.is_none() && !entry.shielded;
        set(&mut self.restless, op, is_restless);
        set(&mut self.ended, op, entry.has_ended());
        set(&mut self.cancelled, op, runs && entry.cancel.is_some() && !entry.holds_on);
        set(&mut self.handlers, op, runs && handles);
        set(&mut self.roots, op, is_root);
        set(&mut self.not_cancelled, op, is_root && runs && !entry.cancel.is_some());
    }

    /// What was taken down of a task's machine has changed from one to the other.
    pub(super) fn look_at(&mut self, task: OpId, before: &Sheet, after: &Sheet) {
        let armed = Difference::between(before, after, Sheet::own_armed);
        for op in armed.gone {
            self.by_operation.remove(&op);
        }
        self.by_operation.extend(armed.come.into_iter().map(|op| (op, task)));
        let named = Difference::between(before, after, Sheet::own_named);
        self.names(&named.gone, &named.come);
    }

    /// What is named has changed from one to the other.
    pub(super) fn names(&mut self, before: &[OpId], after: &[OpId]) {
        for op in after {
            *self.named.entry(*op).or_default() += 1;
        }
        for op in before {
            if let Some(times) = self.named.get_mut(op) {
                *times -= 1;
                if *times == 0 {
                    self.named.remove(op);
                    self.suspects.insert(*op);
                }
            }
        }
    }

    /// This may not be named.
    pub(super) fn suspect(&mut self, op: OpId) {
        self.suspects.insert(op);
    }

    /// Those that are not named, of those that may have become so.
    pub(super) fn unnamed(&mut self) -> BTreeSet<OpId> {
        let mut suspects = std::mem::take(&mut self.suspects);
        suspects.retain(|op| !self.named.contains_key(op));
        suspects
    }

    pub(super) fn is_handling(&self) -> bool {
        !self.handlers.is_empty()
    }

    /// The task that waits for this operation.
    pub(super) fn waiting_for(&self, op: OpId) -> Option<OpId> {
        self.by_operation.get(&op).copied()
    }

    pub(super) fn restless(&self, from: OpId) -> Option<OpId> {
        self.restless.range(from..).next().copied()
    }

    pub(super) fn ended(&self) -> impl Iterator<Item = OpId> + '_ {
        self.ended.iter().copied()
    }

    pub(super) fn cancelled(&self, than: Option<OpId>) -> Option<OpId> {
        match than {
            Some(than) => self.cancelled.range(..than).next_back().copied(),
            None => self.cancelled.last().copied(),
        }
    }

    /// What a task has begun.
    pub(super) fn children(&self, op: OpId) -> BTreeSet<OpId> {
        self.children.get(&op).cloned().unwrap_or_default()
    }

    /// What a task, or the run itself, has begun.
    pub(super) fn begun_by(&self, parent: Option<OpId>) -> impl Iterator<Item = OpId> + '_ {
        let of = match parent {
            Some(parent) => self.children.get(&parent),
            None => Some(&self.roots),
        };
        of.into_iter().flatten().copied()
    }

    /// What is reached by the cancellation of the run, and not cancelled yet.
    pub(super) fn not_cancelled(&self) -> BTreeSet<OpId> {
        self.not_cancelled.clone()
    }
}
