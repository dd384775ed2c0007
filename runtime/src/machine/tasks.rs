//! The tasks of a run: what runs beside the workflow's own machine, each a machine with a frame of its own.
//!
//! A spawned task, an `async` block that was made a value, an async handler and a trigger have a number (an [`OpId`]) and
//! an entry in this table. Handles hold the number alone. An entry that no handle names any more, in no frame and not in the
//! workflow's value, is cancelled: that is how dropping a [`Task`](super::Task) cancels.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cancel::Cancel;
use super::spawned::Spawned;
use super::wait::OpId;
use crate::codec::Payload;

/// What an entry is for besides its handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Keeper {
    /// Its handle, or the scope that awaits it.
    Handle,
    /// Nobody: it goes on until it ends, or the run does.
    Detached,
    /// It handles a signal.
    Signal,
    /// It handles the update of this id.
    Update(String),
}

/// How an entry stands.
pub(super) enum State {
    Running(Box<Spawned>),
    /// It is being stepped.
    Away,
    Done(Payload),
    Cancelled,
    /// A trigger, and what it was resolved with.
    Trigger(Option<Payload>),
}

pub(super) struct Entry {
    pub(super) state: State,
    /// The task that began it; none for the run itself, and for what is shielded from whoever began it.
    pub(super) parent: Option<OpId>,
    /// Whether the cancellation of the run reaches it, if it has no parent.
    pub(super) shielded: bool,
    pub(super) cancel: Cancel,
    pub(super) keeper: Keeper,
    /// What its output names.
    pub(super) named: Vec<OpId>,
    /// Whether it has begun others.
    pub(super) has_begun: bool,
    /// Its stored form, unless it has changed since that was made.
    pub(super) stored: Vec<u8>,
}

/// What a handle finds.
pub(super) enum Found {
    /// It is not done.
    Pending,
    Done(Payload),
    Cancelled,
    /// There is none: its output was taken, or it never belonged to this run.
    Gone,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Tasks {
    pub(super) all: BTreeMap<OpId, Entry>,
    /// Those that have ended, and whose output nobody has taken.
    pub(super) ended: BTreeSet<OpId>,
}

impl Tasks {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn contains(&self, op: OpId) -> bool {
        self.all.contains_key(&op)
    }

    /// Whether an async handler has not ended.
    pub(super) fn is_handling(&self) -> bool {
        self.all
            .values()
            .any(|entry| matches!(entry.keeper, Keeper::Signal | Keeper::Update(_)) && entry.is_running())
    }

    /// Adds a task that was just begun.
    pub(super) fn spawn(&mut self, op: OpId, spawned: Spawned, origin: Origin, keeper: Keeper) {
        let Origin { parent, shielded, cancel } = origin;
        let state = State::Running(Box::new(spawned));
        if let Some(parent) = parent.and_then(|parent| self.all.get_mut(&parent)) {
            parent.has_begun = true;
        }
        let (named, has_begun, stored) = (Vec::new(), false, Vec::new());
        self.all.insert(op, Entry { state, parent, shielded, cancel, keeper, named, has_begun, stored });
    }

    /// The entry, whose stored form is to be made anew.
    fn change(&mut self, op: OpId) -> Option<&mut Entry> {
        let entry = self.all.get_mut(&op)?;
        entry.stored.clear();
        Some(entry)
    }

    fn remove(&mut self, op: OpId) -> Option<Entry> {
        self.ended.remove(&op);
        self.all.remove(&op)
    }

    pub(super) fn add_trigger(&mut self, op: OpId) {
        let state = State::Trigger(None);
        let (parent, keeper, named) = (None, Keeper::Handle, Vec::new());
        let (shielded, cancel, has_begun, stored) = (true, Cancel::Not, false, Vec::new());
        self.all.insert(op, Entry { state, parent, shielded, cancel, keeper, named, has_begun, stored });
    }

    /// The output of a task. It is taken: the next to ask finds nothing.
    pub(super) fn take_output(&mut self, op: OpId) -> Found {
        match self.all.get(&op).map(|entry| &entry.state) {
            None => Found::Gone,
            Some(State::Running(_) | State::Away | State::Trigger(_)) => Found::Pending,
            Some(State::Cancelled) => {
                self.remove(op);
                Found::Cancelled
            }
            Some(State::Done(_)) => match self.remove(op).map(|entry| entry.state) {
                Some(State::Done(output)) => Found::Done(output),
                _ => Found::Gone,
            },
        }
    }

    /// What a trigger was resolved with.
    pub(super) fn triggered(&self, op: OpId) -> Option<Payload> {
        match &self.all.get(&op)?.state {
            State::Trigger(value) => value.clone(),
            _ => None,
        }
    }

    /// Resolves a trigger, unless it is resolved or nobody waits for it any more.
    pub(super) fn resolve(&mut self, op: OpId, value: Payload, names: Vec<OpId>) -> bool {
        let Some(entry) = self.change(op) else { return false };
        let State::Trigger(slot @ None) = &mut entry.state else { return false };
        *slot = Some(value);
        entry.named = names;
        true
    }

    /// The first task from `from` on that may be able to go on.
    pub(super) fn next_running(&self, from: OpId, is_resolved: impl Fn(OpId) -> bool) -> Option<OpId> {
        let may_go_on = |entry: &Entry| match &entry.state {
            State::Running(spawned) => {
                !spawned.by_operation
                    || entry.cancel.is_some()
                    || spawned.armed().iter().any(|op| is_resolved(*op))
            }
            _ => false,
        };
        self.all.range(from..).find(|(_, entry)| may_go_on(entry)).map(|(op, _)| *op)
    }

    pub(super) fn is_cancelled(&self, op: OpId) -> bool {
        self.all.get(&op).is_some_and(|entry| matches!(entry.state, State::Cancelled))
    }

    /// Takes a task's machine out, to be stepped; with whether it is cancelled.
    pub(super) fn take(&mut self, op: OpId) -> Option<(Box<Spawned>, Cancel)> {
        let entry = self.all.get_mut(&op)?;
        match std::mem::replace(&mut entry.state, State::Away) {
            State::Running(spawned) => Some((spawned, entry.cancel)),
            other => {
                entry.state = other;
                None
            }
        }
    }

    /// Puts it back. Gives the update that is done by that.
    pub(super) fn put_back(&mut self, op: OpId, mut spawned: Box<Spawned>) -> Option<(String, Payload)> {
        let entry = self.change(op)?;
        let Some(output) = spawned.output.take() else {
            entry.state = State::Running(spawned);
            return None;
        };
        self.leave_children(op);
        let entry = self.all.get_mut(&op)?;
        match std::mem::replace(&mut entry.keeper, Keeper::Handle) {
            Keeper::Update(id) => {
                self.remove(op);
                Some((id, output))
            }
            Keeper::Signal | Keeper::Detached => {
                self.remove(op);
                None
            }
            Keeper::Handle => {
                entry.named = std::mem::take(&mut spawned.named);
                entry.state = State::Done(output);
                self.ended.insert(op);
                None
            }
        }
    }

    /// What a task that ends has begun, and what goes on without it, belongs to whoever began the task.
    fn leave_children(&mut self, op: OpId) {
        let Some(entry) = self.all.get_mut(&op) else { return };
        let (parent, shielded) = (entry.parent, entry.shielded);
        if !std::mem::take(&mut entry.has_begun) {
            return;
        }
        for child in self.all.values_mut().filter(|child| child.parent == Some(op)) {
            (child.parent, child.shielded) = (parent, shielded);
            child.stored.clear();
        }
        if let Some(parent) = parent.and_then(|parent| self.all.get_mut(&parent)) {
            parent.has_begun = true;
        }
    }

    /// The task is given up.
    pub(super) fn give_up(&mut self, op: OpId) {
        self.leave_children(op);
        if let Some(entry) = self.change(op) {
            entry.state = State::Cancelled;
            self.ended.insert(op);
        }
    }

    /// Lets a task go on by itself.
    pub(super) fn detach(&mut self, op: OpId) {
        if let Some(entry) = self.change(op) {
            (entry.keeper, entry.parent, entry.shielded) = (Keeper::Detached, None, true);
            if !entry.is_running() {
                self.remove(op);
            }
        }
    }

    /// Cancels a task and all that it began; `false` where there was nothing left to cancel.
    pub(super) fn cancel(&mut self, op: OpId) -> bool {
        self.end(op, Cancel::Told)
    }

    /// Cancels a task and all that it began, in this way.
    fn end(&mut self, op: OpId, cancel: Cancel) -> bool {
        let Some(entry) = self.all.get_mut(&op) else { return false };
        if !entry.is_running() || entry.cancel.is_some() {
            return false;
        }
        entry.cancel = cancel;
        entry.stored.clear();
        // Of thousands that are cancelled, most have begun none.
        if entry.has_begun {
            self.end_children(Some(op), cancel);
        }
        true
    }

    /// Cancels what `parent` (the run itself: none) began.
    pub(super) fn cancel_children(&mut self, parent: Option<OpId>) {
        self.end_children(parent, Cancel::Told);
    }

    fn end_children(&mut self, parent: Option<OpId>, cancel: Cancel) {
        let of = |(_, entry): &(&OpId, &Entry)| {
            entry.parent == parent && !(parent.is_none() && entry.shielded) && entry.cancel == Cancel::Not
        };
        let children: Vec<OpId> = self.all.iter().filter(of).map(|(op, _)| *op).collect();
        for child in children {
            self.end(child, cancel);
        }
    }

    /// Whether something that `parent` began, or that this began, has not ended.
    pub(super) fn has_children(&self, parent: Option<OpId>) -> bool {
        self.all.iter().any(|(op, entry)| {
            let own = entry.parent == parent && !(parent.is_none() && entry.shielded);
            own && (entry.is_running() || entry.has_begun && self.has_children(Some(*op)))
        })
    }

    /// The cancelled tasks that have not ended, the youngest first.
    pub(super) fn cancelled(&self) -> Vec<OpId> {
        let running = self.all.iter().rev().filter(|(_, entry)| entry.cancel.is_some() && entry.is_running());
        running.map(|(op, _)| *op).collect()
    }

    /// What the tasks wait for.
    pub(super) fn armed(&self) -> impl Iterator<Item = OpId> + '_ {
        let running = self.all.values().filter_map(|entry| match &entry.state {
            State::Running(spawned) => Some(spawned.armed()),
            _ => None,
        });
        running.flatten().copied()
    }

    /// What the tasks' frames and outputs name.
    pub(super) fn named(&self) -> impl Iterator<Item = OpId> + '_ {
        self.all
            .values()
            .flat_map(|entry| match &entry.state {
                State::Running(spawned) => spawned.named.iter(),
                _ => entry.named.iter(),
            })
            .copied()
    }

    /// Cancels what no handle names any more, removes it where it has ended; tells whether there was something to cancel.
    /// `named` are those that are named, in their order.
    pub(super) fn drop_unnamed(&mut self, named: &[OpId]) -> bool {
        // Both are in order: each is looked at once.
        let mut named = named.iter().copied().peekable();
        let mut is_named = |op: OpId| {
            while named.next_if(|name| *name < op).is_some() {}
            named.peek() == Some(&op)
        };
        let mut dropped = Vec::new();
        for (op, entry) in &self.all {
            if !is_named(*op) && entry.keeper == Keeper::Handle {
                dropped.push(*op);
            }
        }
        let mut news = false;
        for op in dropped {
            if self.all.get(&op).is_some_and(Entry::is_running) {
                news |= self.end(op, Cancel::Dropped);
            } else {
                self.remove(op);
                news = true;
            }
        }
        news
    }

    /// Takes over what a function leaves when it ends: a task that it began has ended with it.
    pub(super) fn take_over(&mut self, left: Tasks) {
        for (op, mut entry) in left.all {
            if entry.keeper != Keeper::Handle {
                continue;
            }
            if entry.is_running() {
                entry.state = State::Cancelled;
            }
            if matches!(entry.state, State::Done(_) | State::Cancelled) {
                self.ended.insert(op);
            }
            entry.parent = None;
            entry.stored.clear();
            self.all.insert(op, entry);
        }
    }
}

impl Entry {
    fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_) | State::Away)
    }
}

impl Keeper {
    /// That of a handler which is begun now.
    pub(super) fn handler(update: Option<String>) -> Self {
        update.map_or(Keeper::Signal, Keeper::Update)
    }
}

/// Where a task was begun.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Origin {
    pub(super) parent: Option<OpId>,
    pub(super) shielded: bool,
    pub(super) cancel: Cancel,
}
