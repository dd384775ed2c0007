//! What a step of a process keeps track of: its tasks, how the code that is being stepped stands to cancellation, and
//! whether anything went on.

use std::cell::{Cell, RefCell};
use std::task::Poll;

use serde::Serialize;

use super::cancel::Standing;
use super::context::Context;
use super::spawned::Spawned;
use super::task;
use super::tasks::{Keeper, Origin, Tasks};
use super::wait::OpId;
use crate::codec::Payload;

thread_local! {
    /// How many transitions were made.
    static TRANSITIONS: Cell<u64> = const { Cell::new(0) };
}

/// When somebody asked for the tasks that have ended.
#[derive(Debug, Default)]
pub(super) struct Since {
    /// In which transition.
    number: u64,
    /// How many had ended in it.
    ended: usize,
}

/// The part of a [`Context`] that is of no concern outside of this module.
#[derive(Default)]
pub(super) struct Stepping {
    /// The tasks of the run; above them those of the function that is being stepped, and so on.
    #[allow(clippy::vec_box)] // They come and go at each step.
    pub(super) tasks: RefCell<Vec<Box<Tasks>>>,
    pub(super) standing: Cell<Standing>,
    /// How many shields were found to go on.
    pub(super) shields: Cell<u32>,
    /// One cancelled scope may be given up.
    pub(super) giving_up: Cell<bool>,
    /// How often something went on.
    pub(super) progress: Cell<u64>,
    /// How often something went on without having waited.
    pub(super) turns: Cell<u32>,
    /// The number of the first operation of this step.
    pub(super) first_op: u64,
    /// How often something was looked at that can change without an operation being resolved.
    pub(super) watches: Cell<u64>,
    /// The same, as it was when something went on last.
    pub(super) overtaken: Cell<u64>,
    /// The run was given up.
    pub(super) run_given_up: Cell<bool>,
    /// The update that is being handled.
    pub(super) updating: RefCell<Option<String>>,
    /// The tasks that have ended in this transition.
    ended: RefCell<Vec<OpId>>,
    /// Which transition this is, among those that this thread has made.
    number: u64,
    /// The first async handler that was begun and not stepped yet.
    pub(super) begun_handler: Cell<Option<OpId>>,
}

impl Stepping {
    pub(super) fn new(standing: Standing, first_op: u64) -> Self {
        let number = TRANSITIONS.with(|transitions| {
            transitions.set(transitions.get() + 1);
            transitions.get()
        });
        Stepping { standing: Cell::new(standing), first_op, number, ..Stepping::default() }
    }
}

impl Context {
    /// The tasks of the machine that is being stepped.
    pub(super) fn tasks<T>(&self, with: impl FnOnce(&mut Tasks) -> T) -> T {
        let mut tasks = self.stepping.tasks.borrow_mut();
        // Without a machine (a handler that is tried apart), there are none, and none are kept.
        match tasks.last_mut() {
            Some(tasks) => with(tasks),
            None => with(&mut Tasks::default()),
        }
    }

    /// The tasks among which `op` is: a function can be handed the handle of a task of its caller.
    pub(super) fn tasks_with<T>(&self, op: OpId, with: impl FnOnce(&mut Tasks) -> T) -> T {
        let mut all = self.stepping.tasks.borrow_mut();
        match all.iter_mut().rev().find(|tasks| tasks.contains(op)) {
            Some(tasks) => with(tasks),
            None => with(&mut Tasks::default()),
        }
    }

    /// Steps of a machine with these tasks follow.
    pub(super) fn lend(&self, tasks: Box<Tasks>) {
        self.stepping.tasks.borrow_mut().push(tasks);
    }

    pub(super) fn give_back(&self) -> Box<Tasks> {
        self.stepping.tasks.borrow_mut().pop().unwrap_or_default()
    }

    /// Whether the machine that is being stepped is the run's own, and not that of a function within it.
    pub(super) fn is_run(&self) -> bool {
        self.stepping.tasks.borrow().len() == 1
    }

    /// Whether an async handler of the run has not ended.
    pub(super) fn is_handling(&self) -> bool {
        self.stepping.tasks.borrow().iter().any(|tasks| tasks.is_handling())
    }

    /// Begins a machine as a task of its own.
    pub(super) fn spawn_machine(&self, spawned: Spawned, keeper: Keeper) -> OpId {
        let op = self.next_op();
        let standing = self.stepping.standing.get();
        let origin = if keeper == Keeper::Handle {
            let Standing { shielded, task, .. } = standing;
            Origin { parent: task.filter(|_| !shielded), shielded, cancel: standing.reaching() }
        } else {
            Origin { shielded: true, ..Origin::default() }
        };
        self.tasks(|tasks| tasks.spawn(op, spawned, origin, keeper));
        self.progress();
        op
    }

    /// Begins the machine of an async handler. Generated code calls this.
    pub fn spawn_handler<A: 'static>(&self, method: &str, args: A) {
        let keeper = Keeper::handler(self.stepping.updating.borrow_mut().take());
        let op = self.spawn_machine(Spawned::start(method, args), keeper);
        if self.stepping.begun_handler.get().is_none() {
            self.stepping.begun_handler.set(Some(op));
        }
    }

    pub(super) fn take_begun_handler(&self) -> Option<OpId> {
        self.stepping.begun_handler.take()
    }

    pub(super) fn updating(&self, update: Option<String>) {
        self.stepping.updating.replace(update);
    }

    pub(super) fn update_done(&self, id: String, output: Payload) {
        self.step.borrow_mut().updates.push((id, output));
    }

    /// How the code that is stepped next stands to cancellation.
    pub(super) fn stand(&self, standing: Standing) {
        self.stepping.standing.set(standing);
    }

    pub(super) fn is_run_cancelled(&self) -> bool {
        self.step.borrow().cancelled
    }

    pub(super) fn is_giving_up(&self) -> bool {
        self.stepping.giving_up.get()
    }

    pub(super) fn standing(&self) -> Standing {
        self.stepping.standing.get()
    }

    /// Lets one cancelled scope be given up, or no longer.
    pub(super) fn give_up(&self, may: bool) {
        self.stepping.giving_up.set(may);
    }

    /// Something went on.
    pub(super) fn progress(&self) {
        self.stepping.progress.set(self.stepping.progress.get() + 1);
        self.stepping.overtaken.set(self.stepping.watches.get());
    }

    pub(super) fn progressed(&self) -> u64 {
        self.stepping.progress.get()
    }

    /// Something was looked at that can change without an operation being resolved.
    pub(super) fn watch(&self) {
        self.stepping.watches.set(self.stepping.watches.get() + 1);
    }

    pub(super) fn watched(&self) -> u64 {
        self.stepping.watches.get()
    }

    /// As [`watched`](Self::watched), but that what nothing has gone on after does not count.
    pub(super) fn overtaken(&self) -> u64 {
        self.stepping.overtaken.get()
    }

    /// What a wait gives when it is done by what the run itself did, or was done when it began.
    pub(super) fn ready<T>(&self, output: T) -> Poll<T> {
        self.goes_on_at_once();
        self.progress();
        Poll::Ready(output)
    }

    /// What a wait for a task gives, once for each. Those that were there before the step are so many and no more, so they
    /// cannot go on for ever.
    pub(super) fn ended<T>(&self, task: OpId, output: T) -> Poll<T> {
        if self.is_of_this_step(task) { self.ready(output) } else { self.resolved_with(output) }
    }

    /// What a wait gives when its operation was resolved.
    pub(super) fn resolved_with<T>(&self, output: T) -> Poll<T> {
        self.progress();
        Poll::Ready(output)
    }

    /// Whether an operation was begun in this step.
    pub(super) fn is_of_this_step(&self, op: OpId) -> bool {
        op.0 >= self.stepping.first_op
    }

    /// What is cancelled here is waited for, as a shield is.
    pub(super) fn holds_on(&self) {
        self.stepping.shields.set(self.stepping.shields.get() + 1);
    }

    /// A wait for `op` is done because it is cancelled.
    pub(super) fn note_cancelled(&self, op: OpId) {
        if self.is_of_this_step(op) {
            self.goes_on_at_once();
        }
        self.progress();
    }

    /// What a wait gives that may become ready without an operation being resolved.
    pub(super) fn pending<T>(&self) -> Poll<T> {
        self.watch();
        Poll::Pending
    }

    /// The run ends by its cancellation.
    pub(super) fn run_given_up(&self) {
        self.stepping.run_given_up.set(true);
    }

    pub(super) fn is_run_given_up(&self) -> bool {
        self.stepping.run_given_up.get()
    }

    /// Runs `look` over the operations that were resolved and not taken up yet.
    pub(super) fn resolved<T>(&self, look: impl FnOnce(&mut dyn Iterator<Item = OpId>) -> T) -> T {
        look(&mut self.step.borrow().resolutions.keys().copied())
    }

    /// The tasks that have ended since this was asked with `since`, and whose output may be there to take.
    pub(super) fn ended_since(&self, since: &mut Since) -> Vec<OpId> {
        // Whoever looks may see more when it looks again, though no operation is resolved.
        self.watch();
        let (ended, number) = (self.stepping.ended.borrow(), self.stepping.number);
        let before = std::mem::replace(since, Since { number, ended: ended.len() });
        if before.number == number {
            return ended[before.ended..].to_vec();
        }
        self.stepping.tasks.borrow().iter().flat_map(|tasks| tasks.ended()).collect()
    }

    /// These tasks have ended.
    pub(super) fn have_ended(&self, tasks: Vec<OpId>) {
        self.stepping.ended.borrow_mut().extend(tasks);
    }

    pub(super) fn has_fault(&self) -> bool {
        self.step.borrow().fault.is_some()
    }

    /// Encodes what a task gives, and tells what that names.
    pub(super) fn encode_named<T: Serialize>(&self, value: &T) -> Option<(Payload, Vec<OpId>)> {
        let mut payload = None;
        let named = task::naming(&mut || payload = self.encode(value));
        payload.map(|payload| (payload, named))
    }
}
