//! The tasks of a run: what they are, and how they end. In which order they go on is in [`settle`](mod@crate::settle).

use std::collections::{BTreeMap, BTreeSet};

use crate::value::Value;

/// Whether something is cancelled, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cancel {
    /// It is not.
    #[default]
    Not,
    /// By request: its code is told.
    Told,
    /// Its handle was dropped: no code of it runs any more but what is shielded.
    Dropped,
}

/// How the code that runs now stands to cancellation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    /// Whether the task is cancelled.
    pub cancel: Cancel,
    /// A shield is around the code.
    pub shielded: bool,
    /// The task that it belongs to; none for the run itself.
    pub task: Option<u64>,
}

impl Standing {
    /// The cancellation that reaches the code.
    pub fn reaching(self) -> Cancel {
        if self.shielded { Cancel::Not } else { self.cancel }
    }
}

/// How a task or trigger stands.
#[derive(Debug)]
enum State {
    Running,
    Done(Value),
    Cancelled,
    Trigger(Option<Value>),
}

/// Who keeps a task besides its handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeper {
    Handle,
    /// Nobody: it was detached.
    Nobody,
    /// A handler, with the number that it answers under.
    Handler(Option<u64>),
}

#[derive(Debug)]
struct Entry {
    state: State,
    /// The task that began it; none for the run.
    parent: Option<u64>,
    /// Whether the cancellation of the run does not reach it, if it has no parent.
    shielded: bool,
    cancel: Cancel,
    keeper: Keeper,
}

/// What asking for a task's output finds.
#[derive(Debug)]
pub enum Found {
    /// It is not done.
    Pending,
    /// Its output, which is taken.
    Done(Value),
    /// It was cancelled.
    Cancelled,
    /// Its output was taken before.
    Gone,
}

/// The tasks and triggers of a run, by number.
#[derive(Debug, Default)]
pub struct Tasks {
    all: BTreeMap<u64, Entry>,
}

impl Tasks {
    /// Whether there is neither a task nor a trigger.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether it is one of these.
    pub(crate) fn has(&self, number: u64) -> bool {
        self.all.contains_key(&number)
    }

    /// A task has begun.
    pub fn spawn(&mut self, task: u64, standing: Standing) {
        let parent = standing.task.filter(|_| !standing.shielded);
        let (shielded, cancel, keeper) = (standing.shielded, standing.reaching(), Keeper::Handle);
        self.all.insert(task, Entry { state: State::Running, parent, shielded, cancel, keeper });
    }

    /// A handler has begun.
    pub fn handle(&mut self, task: u64, answers: Option<u64>) {
        let (keeper, cancel) = (Keeper::Handler(answers), Cancel::Not);
        self.all.insert(task, Entry { state: State::Running, parent: None, shielded: true, cancel, keeper });
    }

    /// Whether a handler runs.
    pub fn is_handling(&self) -> bool {
        self.all.values().any(|entry| matches!(entry.keeper, Keeper::Handler(_)) && entry.is_running())
    }

    /// A trigger is made.
    pub fn trigger(&mut self, number: u64) {
        let (state, keeper) = (State::Trigger(None), Keeper::Handle);
        self.all.insert(number, Entry { state, parent: None, shielded: true, cancel: Cancel::Not, keeper });
    }

    /// What a trigger was resolved with.
    pub fn triggered(&self, number: u64) -> Option<Value> {
        match self.all.get(&number).map(|entry| &entry.state) {
            Some(State::Trigger(value)) => value.clone(),
            _ => None,
        }
    }

    /// Resolves a trigger for the first time.
    pub fn resolve(&mut self, number: u64, value: Value) -> bool {
        match self.all.get_mut(&number).map(|entry| &mut entry.state) {
            Some(State::Trigger(slot @ None)) => {
                *slot = Some(value);
                true
            }
            _ => false,
        }
    }

    /// The output of a task.
    pub fn take_output(&mut self, task: u64) -> Found {
        match self.all.get(&task).map(|entry| &entry.state) {
            None => Found::Gone,
            Some(State::Running | State::Trigger(_)) => Found::Pending,
            Some(State::Cancelled) => {
                self.all.remove(&task);
                Found::Cancelled
            }
            Some(State::Done(_)) => match self.all.remove(&task).map(|entry| entry.state) {
                Some(State::Done(output)) => Found::Done(output),
                _ => Found::Gone,
            },
        }
    }

    /// Whether a task was given up.
    pub fn is_cancelled(&self, task: u64) -> bool {
        matches!(self.all.get(&task), Some(Entry { state: State::Cancelled, .. }))
    }

    /// The first running task from `from` on.
    pub(crate) fn next_running(&self, from: u64) -> Option<u64> {
        self.all.range(from..).find(|(_, entry)| entry.is_running()).map(|(task, _)| *task)
    }

    pub(crate) fn cancellation(&self, task: u64) -> Cancel {
        self.all.get(&task).map_or(Cancel::Not, |entry| entry.cancel)
    }

    /// What a task has begun belongs to whoever began the task.
    fn leave_children(&mut self, task: u64) {
        let Some(entry) = self.all.get(&task) else { return };
        let (parent, shielded) = (entry.parent, entry.shielded);
        for child in self.all.values_mut().filter(|child| child.parent == Some(task)) {
            (child.parent, child.shielded) = (parent, shielded);
        }
    }

    /// A task has ended. Gives its answer, where it owes one.
    pub(crate) fn ended(&mut self, task: u64, output: Value) -> Option<(u64, Value)> {
        self.leave_children(task);
        let keeper = self.all.get(&task)?.keeper;
        if keeper == Keeper::Handle {
            self.all.get_mut(&task)?.state = State::Done(output);
            return None;
        }
        self.all.remove(&task);
        match keeper {
            Keeper::Handler(Some(number)) => Some((number, output)),
            _ => None,
        }
    }

    pub(crate) fn give_up(&mut self, task: u64) {
        self.leave_children(task);
        if let Some(entry) = self.all.get_mut(&task) {
            entry.state = State::Cancelled;
        }
    }

    /// Lets a task go on without a handle.
    pub fn detach(&mut self, task: u64) {
        let Some(entry) = self.all.get_mut(&task) else { return };
        (entry.keeper, entry.parent, entry.shielded) = (Keeper::Nobody, None, true);
        if !entry.is_running() {
            self.all.remove(&task);
        }
    }

    /// Cancels a task and all that it began; `false` where there was nothing to cancel.
    pub fn cancel(&mut self, task: u64, cancel: Cancel) -> bool {
        let Some(entry) = self.all.get_mut(&task) else { return false };
        if !entry.is_running() || entry.cancel != Cancel::Not {
            return false;
        }
        entry.cancel = cancel;
        for child in self.children(Some(task)) {
            self.cancel(child, cancel);
        }
        true
    }

    /// The run, or the function, is cancelled, and with it what it began.
    pub(crate) fn cancel_of_run(&mut self, cancel: Cancel) {
        for child in self.children(None) {
            self.cancel(child, cancel);
        }
    }

    /// What a function leaves when it ends: a task that it began ends with it.
    pub(crate) fn take_over(&mut self, left: Tasks) {
        for (number, mut entry) in left.all {
            if entry.keeper == Keeper::Handle {
                if entry.is_running() {
                    entry.state = State::Cancelled;
                }
                self.all.insert(number, Entry { parent: None, ..entry });
            }
        }
    }

    /// What a task, or the run, has begun.
    fn children(&self, of: Option<u64>) -> Vec<u64> {
        let own = |entry: &Entry| entry.parent == of && (of.is_some() || !entry.shielded);
        self.all.iter().filter(|(_, entry)| own(entry)).map(|(child, _)| *child).collect()
    }

    pub(crate) fn has_running_children(&self, of: Option<u64>) -> bool {
        self.children(of).into_iter().any(|child| {
            self.all.get(&child).is_some_and(Entry::is_running) || self.has_running_children(Some(child))
        })
    }

    /// The cancelled tasks that run, the youngest first.
    pub(crate) fn cancelled(&self) -> Vec<u64> {
        let running = self.all.iter().rev();
        let running = running.filter(|(_, entry)| entry.is_running() && entry.cancel != Cancel::Not);
        running.map(|(task, _)| *task).collect()
    }

    /// The outputs that nobody has taken, and what triggers were resolved with.
    pub fn outputs(&self) -> impl Iterator<Item = &Value> {
        self.all.values().filter_map(|entry| match &entry.state {
            State::Done(value) | State::Trigger(Some(value)) => Some(value),
            _ => None,
        })
    }

    /// What no handle names is cancelled, or forgotten where it has ended; whether anything was done.
    pub(crate) fn drop_unnamed(&mut self, named: &BTreeSet<u64>) -> bool {
        let unnamed: Vec<u64> = self
            .all
            .iter()
            .filter(|(number, entry)| entry.keeper == Keeper::Handle && !named.contains(number))
            .map(|(number, _)| *number)
            .collect();
        let mut news = false;
        for number in unnamed {
            if self.all.get(&number).is_some_and(Entry::is_running) {
                news |= self.cancel(number, Cancel::Dropped);
            } else {
                self.all.remove(&number);
                news = true;
            }
        }
        news
    }
}

impl Entry {
    fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }
}
