//! [`Context`]: the one way from workflow code to the engine.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use rand::distr::{Distribution, StandardUniform};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::condition::Condition;
use super::describe::SlotDescription;
use super::wait::{Command, OpId, Sleep, SleepUntil};
use crate::activity::ActivityOutcome;
use crate::codec::{CodecError, Payload};
use crate::time::Moment;

/// What a workflow method gets to reach the engine: time, randomness, timers, conditions.
///
/// All it hands out is part of the transition: the clock stands still within one, random numbers come from
/// the run's own seed, and nothing leaves before the transition is durable.
#[derive(Debug)]
pub struct Context {
    run_id: String,
    now: Moment,
    step: RefCell<Step>,
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
    /// The number of the next operation to begin.
    pub next_op: u64,
    /// The run's random numbers.
    pub rng: RunRng,
    /// What was resolved since the last step; emptied as the machine takes it up.
    pub resolutions: BTreeMap<OpId, Resolution>,
    /// What the engine shall do once this step is durable, in order.
    pub commands: Vec<Command>,
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
    pub fn new(run_id: impl Into<String>, now: Moment, step: Step) -> Self {
        Context { run_id: run_id.into(), now, step: RefCell::new(step) }
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
    pub fn wait_until<F: FnMut() -> bool>(&self, condition: F) -> Condition<F> {
        Condition(condition)
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
    pub(crate) fn fault(&self, fault: impl Into<Fault>) {
        self.step.borrow_mut().fault.get_or_insert(fault.into());
    }

    pub(crate) fn is_describing(&self) -> bool {
        self.step.borrow().describing.is_some()
    }

    pub(crate) fn describe_slots(&self, slots: Vec<SlotDescription>) {
        if let Some(all) = self.step.borrow_mut().describing.as_mut() {
            all.extend(slots);
        }
    }

    /// Encodes what goes out; a value that refuses is a fault, and `None` stands for it.
    pub(crate) fn encode<T: Serialize>(&self, value: &T) -> Option<Payload> {
        match crate::codec::encode(value) {
            Ok(payload) => Some(payload),
            Err(error) => {
                self.fault(error);
                None
            }
        }
    }
}
