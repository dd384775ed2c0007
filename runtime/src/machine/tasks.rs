//! The tasks of a run: what runs beside the workflow's own machine, each a machine with a frame of its own.
//!
//! A spawned task, an `async` block that was made a value, an async handler and a trigger have a number (an [`OpId`]) and
//! an entry in this table. Handles hold the number alone. An entry that no handle names any more, in no frame and not in the
//! workflow's value, is cancelled: that is how dropping a [`Task`](super::Task) cancels.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cancel::Cancel;
use super::parts::Parts;
use super::sheet::{Difference, Sheet};
use super::spawned::Spawned;
use super::task_index::Index;
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
    /// What was taken down of its machine, when that was last looked at.
    pub(super) seen: Arc<Sheet>,
    /// Something other than an operation may let it go on: it was not stepped since it was cancelled or loaded.
    pub(super) has_news: bool,
    /// It is cancelled, and was found to go on in a shield.
    pub(super) holds_on: bool,
    /// Its stored form, unless it has changed since that was made.
    pub(super) stored: Option<Sheet>,
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
    pub(super) index: Index,
    /// The stored form.
    pub(super) parts: Parts,
    /// What was taken down of the machine that they are of, when that was last looked at for what it names.
    main: Sheet,
    /// What was named besides, then.
    outside: Vec<OpId>,
    /// There was something in it.
    is_used: bool,
}

thread_local! {
    /// Tasks of which there are none, for the next step of a machine without: most have none, and keep none.
    static NONE: Cell<Option<Box<Tasks>>> = const { Cell::new(None) };
}

impl Tasks {
    /// None.
    pub(super) fn none() -> Box<Self> {
        NONE.take().unwrap_or_default()
    }

    /// Those that are there between two steps.
    pub(super) fn kept(self: Box<Self>) -> Option<Box<Self>> {
        if !self.all.is_empty() {
            return Some(self);
        }
        if !self.is_used {
            NONE.set(Some(self));
        }
        None
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn contains(&self, op: OpId) -> bool {
        self.all.contains_key(&op)
    }

    /// Whether an async handler has not ended.
    pub(super) fn is_handling(&self) -> bool {
        self.index.is_handling()
    }

    /// Adds a task that was just begun.
    pub(super) fn spawn(&mut self, op: OpId, spawned: Spawned, origin: Origin, keeper: Keeper) {
        let state = State::Running(Box::new(spawned));
        self.add(op, Entry::new(state, origin, keeper));
    }

    pub(super) fn add_trigger(&mut self, op: OpId) {
        let origin = Origin { shielded: true, ..Origin::default() };
        self.add(op, Entry::new(State::Trigger(None), origin, Keeper::Handle));
    }

    pub(super) fn add(&mut self, op: OpId, entry: Entry) {
        self.is_used = true;
        self.index.add(op, &entry);
        self.index.names(&[], &entry.named);
        self.index.suspect(op);
        self.parts.change(op.0);
        self.all.insert(op, entry);
    }

    /// Changes an entry, whose stored form is to be made anew.
    fn change<T>(&mut self, op: OpId, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let entry = self.all.get_mut(&op)?;
        self.index.remove(op, entry);
        let changed = change(entry);
        self.index.add(op, entry);
        entry.stored = None;
        self.parts.change(op.0);
        Some(changed)
    }

    fn remove(&mut self, op: OpId) -> Option<Entry> {
        let entry = self.all.remove(&op)?;
        self.index.remove(op, &entry);
        self.index.names(&entry.named, &[]);
        self.index.look_at(op, &entry.seen, &Sheet::default());
        self.parts.change(op.0);
        Some(entry)
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
        if !self.all.get(&op).is_some_and(|entry| matches!(entry.state, State::Trigger(None))) {
            return false;
        }
        self.index.names(&[], &names);
        self.change(op, |entry| (entry.state, entry.named) = (State::Trigger(Some(value)), names));
        true
    }

    /// The tasks that wait for one of these operations.
    pub(super) fn waiting_for(&self, ops: &mut dyn Iterator<Item = OpId>) -> BTreeSet<OpId> {
        ops.filter_map(|op| self.index.waiting_for(op)).collect()
    }

    /// The first task from `from` on that may be able to go on. `resolved` are those whose operation was resolved.
    pub(super) fn next_running(&self, from: OpId, resolved: &BTreeSet<OpId>) -> Option<OpId> {
        let runs =
            |op: &&OpId| self.all.get(op).is_some_and(|entry| matches!(entry.state, State::Running(_)));
        let resolved = resolved.range(from..).find(runs).copied();
        self.index.restless(from).into_iter().chain(resolved).min()
    }

    pub(super) fn is_cancelled(&self, op: OpId) -> bool {
        self.all.get(&op).is_some_and(|entry| matches!(entry.state, State::Cancelled))
    }

    /// Those that have ended, and whose output nobody has taken.
    pub(super) fn ended(&self) -> impl Iterator<Item = OpId> + '_ {
        self.index.ended()
    }

    /// Takes a task's machine out, to be stepped; with whether it is cancelled.
    pub(super) fn take(&mut self, op: OpId) -> Option<(Box<Spawned>, Cancel)> {
        let entry = self.all.get_mut(&op).filter(|entry| matches!(entry.state, State::Running(_)))?;
        self.index.remove(op, entry);
        let State::Running(spawned) = std::mem::replace(&mut entry.state, State::Away) else { return None };
        entry.has_news = false;
        self.index.add(op, entry);
        Some((spawned, entry.cancel))
    }

    /// Puts it back.
    pub(super) fn put_back(&mut self, op: OpId, mut spawned: Box<Spawned>) -> PutBack {
        let Some(entry) = self.all.get_mut(&op) else { return PutBack::Running };
        let seen = Arc::clone(&spawned.sheet);
        self.index.look_at(op, &entry.seen, &seen);
        entry.seen = seen;
        let Some(output) = spawned.output.take() else {
            self.change(op, |entry| (entry.state, entry.holds_on) = (State::Running(spawned), false));
            return PutBack::Running;
        };
        self.leave_children(op);
        let keeper = self.all.get(&op).map_or(Keeper::Handle, |entry| entry.keeper.clone());
        match keeper {
            Keeper::Update(id) => {
                self.remove(op);
                PutBack::Answered(id, output)
            }
            Keeper::Signal | Keeper::Detached => {
                self.remove(op);
                PutBack::Running
            }
            Keeper::Handle => {
                let named = std::mem::take(&mut spawned.named);
                self.index.names(&[], &named);
                self.index.suspect(op);
                self.change(op, |entry| (entry.state, entry.named) = (State::Done(output), named));
                PutBack::Ended
            }
        }
    }

    /// What a task that ends has begun, and what goes on without it, belongs to whoever began the task.
    fn leave_children(&mut self, op: OpId) {
        let Some(entry) = self.all.get(&op) else { return };
        let (parent, shielded) = (entry.parent, entry.shielded);
        for child in self.index.children(op) {
            self.change(child, |child| (child.parent, child.shielded) = (parent, shielded));
        }
    }

    /// The task is given up.
    pub(super) fn give_up(&mut self, op: OpId) {
        self.leave_children(op);
        let Some(entry) = self.all.get_mut(&op) else { return };
        let seen = std::mem::take(&mut entry.seen);
        self.index.look_at(op, &seen, &Sheet::default());
        self.index.suspect(op);
        self.change(op, |entry| entry.state = State::Cancelled);
    }

    /// The task is cancelled, and was found to go on in a shield: until it is stepped again, it is not given up.
    pub(super) fn holds_on(&mut self, op: OpId) {
        self.change(op, |entry| entry.holds_on = true);
    }

    /// Whether a task is cancelled that was found to go on in a shield.
    pub(super) fn any_holds_on(&self) -> bool {
        self.all.values().any(|entry| entry.holds_on && entry.is_running())
    }

    /// Lets a task go on by itself.
    pub(super) fn detach(&mut self, op: OpId) {
        let runs = self.change(op, |entry| {
            (entry.keeper, entry.parent, entry.shielded) = (Keeper::Detached, None, true);
            entry.is_running()
        });
        if runs == Some(false) {
            self.remove(op);
        }
    }

    /// Cancels a task and all that it began; `false` where there was nothing left to cancel.
    pub(super) fn cancel(&mut self, op: OpId) -> bool {
        self.end(op, Cancel::Told)
    }

    /// Cancels a task and all that it began, in this way.
    fn end(&mut self, op: OpId, cancel: Cancel) -> bool {
        let Some(entry) = self.all.get(&op) else { return false };
        if !entry.is_running() || entry.cancel.is_some() {
            return false;
        }
        self.change(op, |entry| (entry.cancel, entry.has_news) = (cancel, true));
        for child in self.index.children(op) {
            self.end(child, cancel);
        }
        true
    }

    /// Cancels what the run itself began, or the function, as that is cancelled.
    pub(super) fn cancel_all(&mut self, cancel: Cancel) {
        for op in self.index.not_cancelled() {
            self.end(op, cancel);
        }
    }

    /// Whether something that `parent` began, or that this began, has not ended; `None` is the run itself.
    pub(super) fn has_children(&self, parent: Option<OpId>) -> bool {
        self.index
            .begun_by(parent)
            .any(|op| self.all.get(&op).is_some_and(Entry::is_running) || self.has_children(Some(op)))
    }

    /// The youngest of the cancelled tasks that have not ended and may be given up, if there is one that is older than `than`.
    pub(super) fn cancelled(&self, than: Option<OpId>) -> Option<OpId> {
        self.index.cancelled(than)
    }

    /// Looks at what is named outside of the tasks: in the machine that they are of, and besides.
    pub(super) fn look_at(&mut self, main: &Sheet, outside: Vec<OpId>) {
        self.is_used = true;
        let named = Difference::between(&self.main, main, Sheet::own_named);
        self.index.names(&named.gone, &named.come);
        self.main.clone_from(main);
        self.index.names(&self.outside, &outside);
        self.outside = outside;
    }

    /// Cancels what no handle names any more, removes it where it has ended; tells whether there was something to do.
    pub(super) fn drop_unnamed(&mut self) -> bool {
        let mut news = false;
        for op in self.index.unnamed() {
            match self.all.get(&op) {
                Some(entry) if entry.keeper != Keeper::Handle => {}
                Some(entry) if entry.is_running() => news |= self.end(op, Cancel::Dropped),
                Some(_) => {
                    self.remove(op);
                    news = true;
                }
                None => {}
            }
        }
        news
    }

    /// Takes over what a function leaves when it ends: a task that it began has ended with it. Gives those that have ended.
    pub(super) fn take_over(&mut self, left: Tasks) -> Vec<OpId> {
        let mut ended = Vec::new();
        for (op, mut entry) in left.all {
            if entry.keeper != Keeper::Handle {
                continue;
            }
            if entry.is_running() {
                entry.state = State::Cancelled;
            }
            if entry.has_ended() {
                ended.push(op);
            }
            (entry.parent, entry.seen, entry.stored) = (None, Arc::default(), None);
            self.add(op, entry);
        }
        ended
    }
}

/// What a task that was stepped came to.
pub(super) enum PutBack {
    /// It goes on, or nobody is to know that it has ended.
    Running,
    /// Whoever has a handle may take its output.
    Ended,
    /// It has answered the update of this id.
    Answered(String, Payload),
}

impl Entry {
    pub(super) fn new(state: State, origin: Origin, keeper: Keeper) -> Self {
        let Origin { parent, shielded, cancel } = origin;
        Entry {
            state,
            parent,
            shielded,
            cancel,
            keeper,
            named: Vec::new(),
            seen: Arc::default(),
            has_news: true,
            holds_on: false,
            stored: None,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_) | State::Away)
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Done(_) | State::Cancelled)
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
