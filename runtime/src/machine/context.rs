//! [`Context`]: the one way from workflow code to the engine.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use rand::distr::{Distribution, StandardUniform};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::cancel::{CancelledWait, HandlersWait, Scope, Standing};
use super::condition::Condition;
use super::describe::SlotDescription;
use super::frame::Stored;
use super::local::{LocalStep, StepBlock};
use super::stepping::Stepping;
use super::task::{Spawn, Task};
use super::trigger::Trigger;
use super::wait::{Command, OpId, Sleep, SleepUntil};
use crate::activity::ActivityOutcome;
use crate::codec::{self, CodecError, Payload, StoredError};
use crate::text::Text;
use crate::time::Moment;

/// What a workflow method gets to reach the engine: time, randomness, timers, conditions.
///
/// All it hands out is part of the transition: the clock stands still within one, random numbers come from
/// the run's own seed, and nothing leaves before the transition is durable.
pub struct Context {
    run_id: Text,
    now: Moment,
    pub(super) step: RefCell<Step>,
    pub(super) stepping: Stepping,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Context");
        shown.field("run_id", &self.run_id).field("now", &self.now).field("step", &self.step);
        shown.finish_non_exhaustive()
    }
}

/// How one armed operation was resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolution {
    /// An activity ended.
    Activity(ActivityOutcome),
    /// A timer fired.
    TimerFired,
}

/// What goes into one step of a machine besides its state, and what comes out.
#[derive(Debug, Default)]
pub struct Step {
    /// The name of the run's workflow.
    pub workflow: &'static str,
    /// The number of the next operation to begin.
    pub next_op: u64,
    /// The run's random numbers.
    pub rng: RunRng,
    /// What was resolved since the last step; emptied as the machine takes it up.
    pub resolutions: BTreeMap<OpId, Resolution>,
    /// What the engine shall do once this step is durable, in order.
    pub commands: Vec<Command>,
    /// Whether the run was asked to cancel.
    pub cancelled: bool,
    /// The updates that were done in this step, with their encoded outputs.
    pub updates: Vec<(String, Payload)>,
    /// Set when the step cannot stand: the engine drops its effects and parks the run.
    pub fault: Option<Fault>,
    /// Set to collect the machine's slots instead of stepping it.
    pub describing: Option<Vec<SlotDescription>>,
}

/// Why a step of a machine cannot stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
pub enum Fault {
    /// The stored state is one that this binary's machine does not have.
    #[error("machine `{machine}` of this binary has no state `{state}`")]
    UnknownState {
        /// The machine's name.
        machine: String,
        /// The stored state's name.
        state: String,
    },
    /// A stored slot is missing or is no value of its type.
    #[error("slot `{slot}` of machine `{machine}`: {reason}")]
    BadSlot {
        /// The machine's name.
        machine: String,
        /// The slot's name.
        slot: String,
        /// What the decoder said.
        reason: String,
    },
    /// A stored task has a body that this binary's workflow does not have.
    #[error("the workflow of this binary has no task `{body}`")]
    UnknownBody {
        /// The stored task's body.
        body: String,
    },
    /// A value could not be encoded or decoded.
    #[error("{0}")]
    Codec(String),
}

impl From<CodecError> for Fault {
    fn from(error: CodecError) -> Self {
        Fault::Codec(error.to_string())
    }
}

/// The random numbers of a run: PCG-64 (O'Neill, 2014; the variant `Mcg` of crate `rand_pcg`) from a seed drawn
/// when the run was started, stored with the run after each transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRng(Pcg64Mcg);

impl RunRng {
    /// The numbers that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        RunRng(Pcg64Mcg::seed_from_u64(seed))
    }
}

impl Default for RunRng {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Context {
    /// A context for one step. Engines and tests make it; workflow code is handed it.
    pub fn new(run_id: impl Into<Text>, now: Moment, step: Step) -> Self {
        let standing = Standing::of_run(step.cancelled);
        let stepping = Stepping::new(standing, step.next_op);
        Context { run_id: run_id.into(), now, step: RefCell::new(step), stepping }
    }

    /// What the step left behind.
    pub fn into_step(self) -> Step {
        self.step.into_inner()
    }

    /// The id of this run.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The time of this transition. It stands still until the next await.
    pub fn now(&self) -> jiff::Timestamp {
        self.now.into()
    }

    /// A random value: uniform over all values for integers and `bool`, over `0.0..1.0` for floats.
    ///
    /// It comes from the run's own seed and is part of the transition: after a crash it is the same again.
    pub fn random<T>(&self) -> T
    where
        StandardUniform: Distribution<T>,
    {
        StandardUniform.sample(&mut self.step.borrow_mut().rng.0)
    }

    /// A new version 7 UUID, made from the transition's time and the run's random numbers.
    pub fn uuid(&self) -> uuid::Uuid {
        let mut bytes = [0; 10];
        self.step.borrow_mut().rng.0.fill_bytes(&mut bytes);
        uuid::Builder::from_unix_timestamp_millis(self.now.0 / 1_000, &bytes).into_uuid()
    }

    /// Waits at least `duration`, through crashes and downtime.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep(duration)
    }

    /// Waits until the clock shows `deadline` or later. A deadline in the past is over at once.
    pub fn sleep_until(&self, deadline: jiff::Timestamp) -> SleepUntil {
        SleepUntil(deadline.into())
    }

    /// Waits until `condition` holds. It is checked now, and again whenever anything changed the run; when
    /// it is false at that moment, the run goes on waiting.
    pub fn wait_until<F: FnMut() -> bool>(&self, condition: F) -> Condition<'_, F> {
        Condition { condition, ctx: self }
    }

    /// A local step: code that is not part of the machine, such as a request to another service, written where it is awaited.
    /// It is run as an [activity](macro@crate::activity) is: at least once, tried again when it fails, and its result is stored before the
    /// workflow goes on, so that after a crash it is not run again. It needs no registration.
    ///
    /// In the block may stand what may stand in any `async` block: it reads clocks, does I/O, awaits any future that is `Send`. It
    /// owns what it captures, which is stored as the arguments of an activity are; the workflow's value and `ctx` it cannot use. It gives
    /// a `Result` with a [`Failure`](crate::Failure), which `?` makes of any error; the await gives that in an
    /// [`ActivityError`](crate::ActivityError). The name is stored, and is another for each step of a method. How it is tried
    /// can be said before the `.await`, as for any call of an [activity](crate::activity::ActivityCall).
    ///
    /// ```
    /// use longhaul::{RetryPolicy, prelude::*};
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Report {}
    ///
    /// #[workflow]
    /// impl Report {
    ///     #[run]
    ///     async fn run(&mut self, ctx: &Context, path: String) -> Result<usize, Failure> {
    ///         let text = ctx.run("read", async move { Ok(std::fs::read_to_string(path)?) }).await?;
    ///         let words = text.split_whitespace().count();
    ///         ctx.run("log", async move {
    ///             println!("{words} words at {:?}", std::time::SystemTime::now());
    ///             Ok(())
    ///         })
    ///         .retry(RetryPolicy::never())
    ///         .await?;
    ///         Ok(words)
    ///     }
    /// }
    /// ```
    pub fn run<S: StepBlock>(&self, name: &'static str, step: S) -> LocalStep<S::Output> {
        let _ = (name, step);
        unreachable!("`#[workflow]` writes another call for each that it sees, and the others do not compile")
    }

    /// Lets `operation` run as a task of its own: an `async move` block, a call of an async method, or anything
    /// awaitable that is written here. It begins when the code that is running now waits, and goes on beside it.
    ///
    /// The task owns what its block captures, as with any other `async move` block; `self` and the context it
    /// shares with all code of the run, since between two awaits nobody else runs.
    ///
    /// ```
    /// use longhaul::prelude::*;
    ///
    /// #[activity]
    /// async fn ship(parcel: String) -> String { parcel }
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Shipping { escalated: bool }
    ///
    /// #[workflow]
    /// impl Shipping {
    ///     #[run]
    ///     async fn run(&mut self, ctx: &Context, parcel: String) -> Result<String, Failure> {
    ///         let mut shipped = ctx.spawn(ship(parcel));
    ///         loop {
    ///             select! {
    ///                 done = &mut shipped => return Ok(done??),
    ///                 () = ctx.sleep(hours(24)) => self.escalated = true,
    ///             }
    ///         }
    ///     }
    /// }
    /// ```
    pub fn spawn<S: Spawn>(&self, operation: S) -> Task<S::Output> {
        operation.spawn(self)
    }

    /// A scope: what is cancelled in `operation` ends here. Awaiting it gives `Ok` with the output, or `Err(Cancelled)` when it
    /// was given up; see [`Cancelled`](super::Cancelled).
    pub fn scope<A>(&self, operation: A) -> Scope<A> {
        Scope(operation)
    }

    /// Waits until the scope that this is in is cancelled: by whoever cancels the run or the task. A
    /// [`shield`](super::shield) does not hide it.
    pub fn cancelled(&self) -> CancelledWait {
        CancelledWait(())
    }

    /// Whether the scope that this is in is cancelled. A [`shield`](super::shield) does not hide it.
    pub fn is_cancelled(&self) -> bool {
        self.stepping.standing.get().cancel.is_some()
    }

    /// A new trigger: a value that a handler or a task gives, and that is awaited elsewhere.
    ///
    /// ```
    /// use longhaul::prelude::*;
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Approval { answer: Option<Trigger<bool>> }
    ///
    /// #[workflow]
    /// impl Approval {
    ///     #[run]
    ///     async fn run(&mut self, ctx: &Context) -> bool {
    ///         let answer = ctx.trigger::<bool>();
    ///         self.answer = Some(answer.clone());
    ///         answer.await
    ///     }
    ///
    ///     #[signal]
    ///     fn decide(&mut self, yes: bool) {
    ///         if let Some(answer) = &self.answer {
    ///             answer.resolve(yes);
    ///         }
    ///     }
    /// }
    /// ```
    pub fn trigger<T: Stored>(&self) -> Trigger<T> {
        let op = self.next_op();
        self.tasks(|tasks| tasks.add_trigger(op));
        Trigger::new(op)
    }

    /// Waits until no async signal or update handler is running. A run that ends before leaves them unfinished.
    pub fn all_handlers_finished(&self) -> HandlersWait {
        HandlersWait(())
    }

    /// The name of the run's workflow.
    pub(super) fn workflow(&self) -> &'static str {
        self.step.borrow().workflow
    }

    /// The time of this transition, as stored.
    pub(crate) fn moment(&self) -> Moment {
        self.now
    }

    pub(crate) fn next_op(&self) -> OpId {
        let mut step = self.step.borrow_mut();
        let op = OpId(step.next_op);
        step.next_op += 1;
        op
    }

    pub(crate) fn command(&self, command: Command) {
        self.step.borrow_mut().commands.push(command);
    }

    pub(crate) fn take_resolution(&self, op: OpId) -> Option<Resolution> {
        self.step.borrow_mut().resolutions.remove(&op)
    }

    /// Notes why this step cannot stand; the first reason stays.
    pub fn fault(&self, fault: impl Into<Fault>) {
        self.note_fault(fault.into());
    }

    #[cold]
    #[inline(never)]
    fn note_fault(&self, fault: Fault) {
        self.step.borrow_mut().fault.get_or_insert(fault);
    }

    /// What was encoded or decoded; where that was refused, this is a fault.
    #[inline(never)]
    pub(super) fn unless_refused<T>(&self, coded: Result<T, CodecError>) -> Option<T> {
        coded.map_err(|error| self.fault(error)).ok()
    }

    pub(crate) fn is_describing(&self) -> bool {
        self.step.borrow().describing.is_some()
    }

    pub(crate) fn describe_slots(&self, slots: Vec<SlotDescription>) {
        if let Some(all) = self.step.borrow_mut().describing.as_mut() {
            all.extend(slots);
        }
    }

    /// Decodes what came in; what does not decode is a fault, and `None` stands for it.
    #[allow(clippy::needless_pass_by_value)] // It is dropped here, and not in each place that asks.
    pub(crate) fn decode<T: Deserialize<'static>>(&self, payload: Payload) -> Option<T> {
        match codec::read(payload.as_bytes()) {
            Ok(value) => Some(value),
            Err(error) => {
                self.not_decoded(error, std::any::type_name::<T>());
                None
            }
        }
    }

    /// The same of an error.
    pub(crate) fn decode_error<E: StoredError>(&self, payload: &Payload) -> Option<E> {
        self.unless_refused(codec::decode_error(payload))
    }

    #[cold]
    #[inline(never)]
    fn not_decoded(&self, error: codec::Error, type_name: &'static str) {
        self.fault(error.decoding(type_name));
    }

    /// Encodes what goes out; a value that refuses is a fault, and `None` stands for it.
    pub(crate) fn encode<T: Serialize>(&self, value: &T) -> Option<Payload> {
        self.unless_refused(codec::encode(value))
    }

    /// The same of an error.
    pub(crate) fn encode_error<E: StoredError>(&self, error: &E) -> Option<Payload> {
        self.unless_refused(codec::encode_error(error))
    }
}
