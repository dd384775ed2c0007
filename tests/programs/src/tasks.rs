//! The tasks of a run: what they are, how they end, and in which order they and the run itself go on.
//!
//! This is the meaning of tasks as `docs/ARCHITECTURE.md` tells it. Whoever runs a program (its source, or its machines)
//! steps one body at a time; [`settle`] says which.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::run::Evaluated;
use crate::value::Value;
use crate::world::World;

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

#[derive(Debug)]
struct Entry {
    state: State,
    parent: Option<u64>,
    cancel: Cancel,
    detached: bool,
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

    /// A task has begun.
    pub fn spawn(&mut self, task: u64, standing: Standing) {
        let parent = standing.task.filter(|_| !standing.shielded);
        let cancel = standing.reaching();
        self.all.insert(task, Entry { state: State::Running, parent, cancel, detached: false });
    }

    /// A trigger is made.
    pub fn trigger(&mut self, number: u64) {
        let state = State::Trigger(None);
        self.all.insert(number, Entry { state, parent: None, cancel: Cancel::Not, detached: false });
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
    fn next_running(&self, from: u64) -> Option<u64> {
        self.all.range(from..).find(|(_, entry)| entry.is_running()).map(|(task, _)| *task)
    }

    fn cancellation(&self, task: u64) -> Cancel {
        self.all.get(&task).map_or(Cancel::Not, |entry| entry.cancel)
    }

    /// What a task has begun belongs to whoever began the task.
    fn leave_children(&mut self, task: u64) {
        let Some(parent) = self.all.get(&task).map(|entry| entry.parent) else { return };
        for child in self.all.values_mut().filter(|child| child.parent == Some(task)) {
            child.parent = parent;
        }
    }

    fn ended(&mut self, task: u64, output: Value) {
        self.leave_children(task);
        match self.all.get_mut(&task) {
            Some(entry) if !entry.detached => entry.state = State::Done(output),
            _ => drop(self.all.remove(&task)),
        }
    }

    fn give_up(&mut self, task: u64) {
        self.leave_children(task);
        if let Some(entry) = self.all.get_mut(&task) {
            entry.state = State::Cancelled;
        }
    }

    /// Lets a task go on without a handle.
    pub fn detach(&mut self, task: u64) {
        let Some(entry) = self.all.get_mut(&task) else { return };
        (entry.detached, entry.parent) = (true, None);
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
        for child in self.children(task) {
            self.cancel(child, cancel);
        }
        true
    }

    fn children(&self, task: u64) -> Vec<u64> {
        let of = self.all.iter().filter(|(_, entry)| entry.parent == Some(task));
        of.map(|(child, _)| *child).collect()
    }

    fn has_running_children(&self, task: u64) -> bool {
        self.children(task).into_iter().any(|child| {
            self.all.get(&child).is_some_and(Entry::is_running) || self.has_running_children(child)
        })
    }

    /// The cancelled tasks that run, the youngest first.
    fn cancelled(&self) -> Vec<u64> {
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
    fn drop_unnamed(&mut self, named: &BTreeSet<u64>) -> bool {
        let unnamed: Vec<u64> = self
            .all
            .iter()
            .filter(|(number, entry)| !entry.detached && !named.contains(number))
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

/// The bodies of a run and its tasks, as whoever runs the program has them.
pub trait Bodies {
    /// Lets the run itself go on; its output, once it has one.
    fn run(&mut self) -> Evaluated<Option<Value>>;
    /// A task begins, with what was spawned.
    fn begin(&mut self, task: u64, what: Value) -> Evaluated<()>;
    /// Lets a task go on.
    fn task(&mut self, task: u64) -> Evaluated<Option<Value>>;
    /// A task goes on no more.
    fn forget(&mut self, task: u64);
    /// The tasks and triggers that something is a handle of.
    fn named(&mut self) -> Evaluated<BTreeSet<u64>>;
}

/// Lets the run and its tasks go on until nothing does; the output of the run, once it has one.
pub fn settle(world: &RefCell<World>, bodies: &mut dyn Bodies) -> Evaluated<Option<Value>> {
    loop {
        let before = world.borrow().progress;
        world.borrow_mut().standing = Standing::default();
        let output = bodies.run()?;
        if output.is_some() {
            return Ok(output);
        }
        follow(world, bodies)?;
        let mut next = 0;
        loop {
            let found = world.borrow().tasks.next_running(next);
            let Some(task) = found else { break };
            step(world, bodies, task)?;
            next = task + 1;
        }
        if world.borrow().progress != before {
            continue;
        }
        let named = bodies.named()?;
        let dropped = world.borrow_mut().tasks.drop_unnamed(&named);
        if !dropped && !give_up(world, bodies)? {
            return Ok(None);
        }
    }
}

fn step(world: &RefCell<World>, bodies: &mut dyn Bodies, task: u64) -> Evaluated<()> {
    let cancel = world.borrow().tasks.cancellation(task);
    world.borrow_mut().standing = Standing { cancel, shielded: false, task: Some(task) };
    if let Some(output) = bodies.task(task)? {
        bodies.forget(task);
        let mut world = world.borrow_mut();
        world.progress += 1;
        world.tasks.ended(task, output);
    }
    follow(world, bodies)
}

/// What was spawned begins, and what handles have asked for is done.
fn follow(world: &RefCell<World>, bodies: &mut dyn Bodies) -> Evaluated<()> {
    let spawned = std::mem::take(&mut world.borrow_mut().spawned);
    for (task, what) in spawned {
        bodies.begin(task, what)?;
    }
    world.borrow_mut().follow_requests();
    Ok(())
}

/// Lets one cancelled scope or task end; whether there was one.
fn give_up(world: &RefCell<World>, bodies: &mut dyn Bodies) -> Evaluated<bool> {
    let cancelled = world.borrow().tasks.cancelled();
    for task in cancelled {
        if world.borrow().tasks.has_running_children(task) {
            continue;
        }
        let (before, shields) = (world.borrow().progress, world.borrow().shields);
        world.borrow_mut().giving_up = true;
        step(world, bodies, task)?;
        world.borrow_mut().giving_up = false;
        if world.borrow().progress != before {
            return Ok(true);
        }
        if world.borrow().shields == shields {
            bodies.forget(task);
            world.borrow_mut().tasks.give_up(task);
            return Ok(true);
        }
    }
    Ok(false)
}
