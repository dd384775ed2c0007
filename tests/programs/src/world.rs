//! What is around a program: time, operations that are under way, and a record of all that happens.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};

use crate::library;
use crate::outside::{Call, Handler, Schedule, cancelling};
use crate::tasks::{Cancel, Found, Standing, Tasks};
use crate::value::{Handle, Value};

/// An operation that has begun and is not done.
#[derive(Debug, Clone)]
pub struct Armed {
    /// What it will give.
    pub output: Value,
    /// When it is due, if it is a timer.
    pub deadline: Option<i64>,
}

/// Time, operations, and what happened so far.
#[derive(Debug, Default)]
pub struct World {
    now: i64,
    next_op: u64,
    armed: BTreeMap<u64, Armed>,
    resolved: BTreeMap<u64, Value>,
    /// What happened: notes, operations begun, operations done.
    pub trace: Vec<String>,
    /// The tasks and triggers of the run, or of the function that goes on now.
    pub tasks: Tasks,
    /// What was spawned there and has not begun.
    pub spawned: Vec<(u64, Value)>,
    /// The same of those that await that function, the run first.
    around: Vec<(Tasks, Vec<(u64, Value)>)>,
    requests: Vec<Request>,
    handles: BTreeMap<u64, Weak<Handle>>,
    /// How the code that runs now stands to cancellation.
    pub standing: Standing,
    /// Whether the run has begun.
    pub has_begun: bool,
    /// How often something went on.
    pub progress: u64,
    /// How many shields were found to go on.
    pub shields: u64,
    /// Whether a cancelled scope may end here.
    pub giving_up: bool,
    /// Whether the run was asked to cancel.
    pub cancelled: bool,
    /// The calls of handlers that have come in.
    pub inbox: Vec<Call>,
}

/// What a handle asks for, which is done when the code that runs now waits.
#[derive(Debug)]
enum Request {
    Cancel(u64),
    Detach(u64),
    Resolve(u64, Value),
}

impl World {
    /// Begins an operation; gives its number.
    pub fn begin(&mut self, name: &str, arguments: &[Value]) -> Result<u64, String> {
        let (output, millis, text) = if let ("sleep", [Value::Int(millis)]) = (name, arguments) {
            (Value::unit(), Some(*millis), String::new())
        } else {
            let shown: Vec<String> = arguments.iter().map(Value::debug).collect();
            (library::activity(name, arguments)?, None, format!("{name}({})", shown.join(", ")))
        };
        Ok(self.arm(output, millis, &text))
    }

    /// Begins an operation that gives `output`: a timer of so many milliseconds, or a call that is shown as `text`.
    pub fn arm(&mut self, output: Value, millis: Option<i64>, text: &str) -> u64 {
        let (number, deadline) = (self.number(), millis.map(|millis| self.now + millis));
        self.trace.push(match deadline {
            Some(deadline) => format!("{number}: timer {deadline}"),
            None => format!("{number}: {text}"),
        });
        self.armed.insert(number, Armed { output, deadline });
        number
    }

    fn number(&mut self) -> u64 {
        self.progress += 1;
        self.next_op += 1;
        self.next_op - 1
    }

    /// The output of an operation, once. An activity that is waited for in code that is told to end has failed.
    pub fn poll(&mut self, number: u64) -> Option<Value> {
        let mut output = self.resolved.remove(&number);
        if output.is_none()
            && self.tells_cancel()
            && matches!(self.armed.get(&number), Some(Armed { deadline: None, .. }))
        {
            self.disarm(number);
            output = Some(Value::variant("Err", [Value::variant("Failed", [])]));
        }
        self.progress += u64::from(output.is_some());
        output
    }

    fn tells_cancel(&self) -> bool {
        self.standing.reaching() == Cancel::Told
    }

    /// `ctx.is_cancelled()`
    pub fn is_cancelled(&self) -> bool {
        self.standing.cancel != Cancel::Not
    }

    /// Whether the scope that was just polled ends here, `shields` having been what they were before.
    pub fn gives_up(&mut self, shields: u64) -> bool {
        let gives_up = self.giving_up && self.tells_cancel() && self.shields == shields;
        if gives_up {
            self.giving_up = false;
            self.progress += 1;
        }
        gives_up
    }

    fn handle(&mut self, number: u64, what: &'static str) -> Value {
        let handle = Rc::new(Handle(number, what));
        self.handles.insert(number, Rc::downgrade(&handle));
        Value::Handle(handle)
    }

    /// `ctx.spawn(what)`
    pub fn spawn(&mut self, what: Value) -> Value {
        let number = self.number();
        self.tasks.spawn(number, self.standing);
        self.spawned.push((number, what));
        self.handle(number, "Task")
    }

    /// A handler begins, which answers under this number if it does.
    pub fn begin_handler(&mut self, answers: Option<u64>) -> u64 {
        let number = self.number();
        self.tasks.handle(number, answers);
        number
    }

    /// Whether `ctx.cancelled()` is ready.
    pub fn cancelled_here(&mut self) -> bool {
        let ready = self.is_cancelled() && self.standing.reaching() != Cancel::Dropped;
        self.progress += u64::from(ready);
        ready
    }

    /// Whether `ctx.all_handlers_finished()` is ready.
    pub fn handlers_finished(&mut self) -> bool {
        let mut all = self.around.iter().map(|(tasks, _)| tasks).chain([&self.tasks]);
        let ready = !all.any(Tasks::is_handling);
        self.progress += u64::from(ready);
        ready
    }

    /// A function goes on, which has these tasks.
    pub(crate) fn enter(&mut self, tasks: Tasks) {
        self.around.push((std::mem::replace(&mut self.tasks, tasks), std::mem::take(&mut self.spawned)));
    }

    /// It goes on no further. Gives its tasks.
    pub(crate) fn leave(&mut self) -> Tasks {
        let (tasks, spawned) = self.around.pop().expect("it was entered");
        self.spawned = spawned;
        std::mem::replace(&mut self.tasks, tasks)
    }

    /// The tasks that this is one of: a function can be handed a handle.
    fn tasks_with(&mut self, number: u64) -> &mut Tasks {
        let around = self.around.iter().rposition(|(tasks, _)| tasks.has(number));
        match around.filter(|_| !self.tasks.has(number)) {
            Some(at) => &mut self.around[at].0,
            None => &mut self.tasks,
        }
    }

    /// `ctx.trigger()`
    pub fn trigger(&mut self) -> Value {
        let number = self.number();
        self.tasks.trigger(number);
        self.handle(number, "Trigger")
    }

    /// A method of a handle; `None` where it has none of that name.
    pub fn ask(&mut self, number: u64, name: &str, argument: Option<Value>) -> Option<()> {
        self.requests.push(match (name, argument) {
            ("cancel", None) => Request::Cancel(number),
            ("detach", None) => Request::Detach(number),
            ("resolve", Some(value)) => Request::Resolve(number, value),
            _ => return None,
        });
        Some(())
    }

    /// Does what handles have asked for.
    pub fn follow_requests(&mut self) {
        for request in std::mem::take(&mut self.requests) {
            let news = match request {
                Request::Cancel(task) => self.tasks_with(task).cancel(task, Cancel::Told),
                Request::Resolve(trigger, value) => self.tasks_with(trigger).resolve(trigger, value),
                Request::Detach(task) => {
                    self.tasks_with(task).detach(task);
                    false
                }
            };
            self.progress += u64::from(news);
        }
    }

    /// What a task or trigger gives, once it does. The output of a block is what it gives; that of a task says whether
    /// the task was cancelled.
    pub fn poll_handle(&mut self, number: u64, is_block: bool) -> Result<Option<Value>, String> {
        let mut output = self.tasks_with(number).triggered(number);
        let hidden = is_block || self.standing.reaching() == Cancel::Dropped;
        if output.is_none() && !(hidden && self.tasks_with(number).is_cancelled(number)) {
            output = match self.tasks_with(number).take_output(number) {
                Found::Pending => None,
                Found::Done(value) if is_block => Some(value),
                Found::Done(value) => Some(Value::variant("Ok", [value])),
                Found::Cancelled => Some(Value::variant("Err", [Value::variant("Cancelled", [])])),
                Found::Gone => return Err("a task was awaited again".to_owned()),
            };
        }
        self.progress += u64::from(output.is_some());
        Ok(output)
    }

    /// The tasks and triggers of which there is a handle.
    pub fn with_handles(&mut self) -> BTreeSet<u64> {
        self.handles.retain(|_, handle| handle.strong_count() > 0);
        self.handles.keys().copied().collect()
    }

    /// An operation is given up.
    pub fn disarm(&mut self, number: u64) {
        self.armed.remove(&number);
        self.resolved.remove(&number);
    }

    /// Keeps these operations and gives up all others.
    pub fn keep_armed(&mut self, kept: &[u64]) {
        self.armed.retain(|number, _| kept.contains(number));
        self.resolved.retain(|number, _| kept.contains(number));
    }

    /// What is done but not yet taken up.
    pub fn left_over(&self) -> Vec<u64> {
        self.resolved.keys().copied().collect()
    }

    /// Lets happen what the schedule picks; `false` if nothing does.
    pub fn turn(&mut self, schedule: &mut Schedule, handlers: &[Handler]) -> bool {
        let shown: BTreeMap<u64, Option<i64>> =
            self.armed.iter().map(|(number, armed)| (*number, armed.deadline)).collect();
        let turn = schedule.turn(&shown, handlers);
        let happened = !turn.is_empty();
        if turn.cancel {
            self.cancelled = true;
            self.trace.push(cancelling());
        }
        for call in turn.calls {
            self.trace.push(call.text());
            self.inbox.push(call);
        }
        for number in turn.done {
            let armed = self.armed.remove(&number).expect("only what is armed is picked");
            self.now = self.now.max(armed.deadline.unwrap_or(0));
            self.trace.push(format!("{number} is done"));
            self.resolved.insert(number, armed.output);
        }
        happened
    }
}
