//! What is simulated: the workflows and the activities, and the fold that says what a run's log comes to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::{self, Poll, Waker};

use super::ledger::Ledger;
use crate::activity::{
    Activity, ActivityContext, ActivityOptions, ActivityOutcome, Attempt, RegisteredActivity, failed,
};
use crate::codec::{self, CodecError, Payload};
use crate::core::{Registry, Run, WorkflowType};
use crate::machine::Steps;
use crate::sample::{SampleError, Sampler};
use crate::store::{EventRecord, LogEntry, Outcome, RunNo, RunRecord};
use crate::workflow::Workflow;

type MakeInput = Rc<dyn Fn(&mut Sampler<'_>) -> Result<Payload, SampleError>>;

/// Plays an activity: choices, the encoded arguments and the number of the attempt in, its outcome out.
pub(super) type Player = Rc<dyn Fn(&mut Sampler<'_>, &Payload, u32) -> Attempt>;

/// Says what is wrong with a run that has ended.
pub(super) type Check = Rc<dyn Fn(RunNo, &RunRecord, &Ledger) -> Result<(), String>>;

/// How often a local step is polled at most: it may give way to others, but waits for nothing.
const MOST_POLLS: usize = 1_000;

/// A workflow that is simulated.
#[derive(Clone)]
pub(super) struct Sort {
    pub(super) workflow: WorkflowType,
    pub(super) input: MakeInput,
}

/// What is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    /// It has all workflows and activities.
    Whole,
    /// It has the first of each alone.
    First,
    /// It lacks the first workflow.
    WithoutFirst,
}

/// What is simulated.
#[derive(Clone)]
pub(super) struct Kit {
    pub(super) sorts: Vec<Sort>,
    pub(super) registry: Registry,
    /// What a binary knows that has the first workflow and the first activity alone.
    first: Registry,
    /// What a binary knows that lacks the first workflow.
    without_first: Registry,
    pub(super) players: BTreeMap<&'static str, Player>,
    /// Make up errors, of the activities that may fail with any.
    pub(super) errors: BTreeMap<&'static str, Player>,
    pub(super) options: BTreeMap<&'static str, ActivityOptions>,
    /// What must hold of runs that have ended, by workflow.
    pub(super) ended: BTreeMap<&'static str, Check>,
    /// Whether runs of all workflows come to rest by themselves when nothing fails.
    pub(super) comes_to_rest: bool,
    /// The name of a local step that two functions have.
    pub(super) step_twice: Option<&'static str>,
    /// Called with `true` when the mistakes in the workflows' code are mended, and with `false` before.
    pub(super) fix: Rc<dyn Fn(bool)>,
    folded: RefCell<BTreeMap<u64, Rc<Folded>>>,
}

/// What a run's log comes to.
pub(super) struct Folded {
    pub(super) record: RunRecord,
    /// The updates that its last transition was done with, and their answers.
    pub(super) answers: Vec<(String, Payload)>,
}

impl Default for Kit {
    fn default() -> Self {
        Kit {
            sorts: Vec::new(),
            comes_to_rest: false,
            registry: Registry::default(),
            first: Registry::default(),
            without_first: Registry::default(),
            players: BTreeMap::new(),
            errors: BTreeMap::new(),
            options: BTreeMap::new(),
            ended: BTreeMap::new(),
            step_twice: None,
            fix: Rc::new(|_| {}),
            folded: RefCell::default(),
        }
    }
}

impl Kit {
    pub(super) fn add_workflow<W: Workflow>(
        &mut self,
        make: impl Fn(&mut Sampler<'_>) -> Result<W::Input, SampleError> + 'static,
    ) {
        let workflow = WorkflowType::of::<W>();
        let one = if self.sorts.is_empty() { &mut self.first } else { &mut self.without_first };
        one.add_workflow(workflow);
        self.registry.add_workflow(workflow);
        self.add_steps::<W>();
        let input = move |choices: &mut Sampler<'_>| {
            let input = make(choices)?;
            codec::encode(&input).map_err(|error| SampleError(error.to_string()))
        };
        self.sorts.push(Sort { workflow, input: Rc::new(input) });
    }

    /// The local steps of a workflow are run as they are.
    fn add_steps<W: Workflow>(&mut self) {
        let steps = match Steps::of::<W>().into_activities() {
            Ok(steps) => steps,
            Err(name) => {
                self.step_twice = Some(name);
                return;
            }
        };
        for RegisteredActivity { name, options, run } in steps {
            let player: Player = Rc::new(move |_, input, attempt| {
                let mut step = run(ActivityContext::new("run", name, 0, attempt), input.clone());
                let mut poll = || step.as_mut().poll(&mut task::Context::from_waker(Waker::noop()));
                let ends = (0..MOST_POLLS).find_map(|_| match poll() {
                    Poll::Ready(attempt) => Some(attempt),
                    Poll::Pending => None,
                });
                ends.unwrap_or_else(|| {
                    let reason = "a local step that waits for something cannot be simulated".to_owned();
                    Attempt::Broken(CodecError::Decode { type_name: name, reason })
                })
            });
            self.add_played_as(name, options, player);
        }
    }

    /// An activity whose results are made up.
    pub(super) fn add_activity<A: Activity>(&mut self) {
        self.add_player::<A>(Rc::new(|choices, _, _| match choices.outcome::<A>() {
            ActivityOutcome::Completed(output) => Attempt::Completed(output),
            ActivityOutcome::Failed(error) => failure::<A>(&error),
            ActivityOutcome::TimedOut(_) | ActivityOutcome::Panicked(_) | ActivityOutcome::Cancelled => {
                choices
                    .payload::<A::Output>()
                    .map_or_else(|error| cannot_make::<A>(&error), Attempt::Completed)
            }
        }));
        let error: Player = Rc::new(|choices, _, _| {
            choices
                .payload::<codec::AnyError<A::Error>>()
                .map_or_else(|error| cannot_make::<A>(&error), |error| failure::<A>(&error))
        });
        // Some cannot fail.
        if Sampler::new(&[]).payload::<codec::AnyError<A::Error>>().is_ok() {
            self.errors.insert(A::NAME, error);
        }
    }

    /// An activity that is played.
    pub(super) fn add_played<A: Activity>(
        &mut self,
        play: impl Fn(u32, A::Input) -> Result<A::Output, A::Error> + 'static,
    ) {
        self.add_player::<A>(Rc::new(move |_, input, attempt| {
            let played = codec::decode::<A::Input>(input).and_then(|input| match play(attempt, input) {
                Ok(output) => codec::encode(&output).map(Attempt::Completed),
                Err(error) => failed::<A>(&error),
            });
            played.unwrap_or_else(Attempt::Broken)
        }));
    }

    fn add_player<A: Activity>(&mut self, player: Player) {
        self.add_played_as(A::NAME, A::options(), player);
    }

    fn add_played_as(&mut self, name: &'static str, options: ActivityOptions, player: Player) {
        if self.players.is_empty() {
            self.first.add_activity(name, options.clone());
        }
        self.without_first.add_activity(name, options.clone());
        self.registry.add_activity(name, options.clone());
        self.options.insert(name, options);
        self.players.insert(name, player);
    }

    /// What a binary knows.
    pub(super) fn registry_of(&self, binary: Binary) -> &Registry {
        match binary {
            Binary::Whole => &self.registry,
            Binary::First => &self.first,
            Binary::WithoutFirst => &self.without_first,
        }
    }

    pub(super) fn sort(&self, workflow: &str) -> Option<&Sort> {
        self.sorts.iter().find(|sort| sort.workflow.name == workflow)
    }

    /// Runs all transitions of a log again, by the workflow's own code, and says what they come to; or in what they differ.
    ///
    /// `key` is one that this log has and no other.
    pub(super) fn fold(&self, key: u64, log: &[LogEntry]) -> Result<Rc<Folded>, String> {
        if let Some(folded) = self.folded.borrow().get(&key) {
            return Ok(Rc::clone(folded));
        }
        let folded = Rc::new(self.fold_anew(log)?);
        self.folded.borrow_mut().insert(key, Rc::clone(&folded));
        Ok(folded)
    }

    fn fold_anew(&self, log: &[LogEntry]) -> Result<Folded, String> {
        let first = log.first().and_then(|entry| Some((entry.at, entry.events.first()?)));
        let Some((at, EventRecord::Started { id, workflow, input, seed })) = first else {
            return Err("its log does not begin with a start".to_owned());
        };
        let workflow = self.registry.workflow(workflow).ok_or("its workflow is not registered")?;
        let registry = Registry::to_fold(*workflow);
        let mut run =
            Run::start(workflow, id.clone(), input, *seed, at).map_err(|error| error.to_string())?;
        let mut answers = Vec::new();
        for (seq, entry) in log.iter().enumerate() {
            let events = entry.events.clone();
            let transition = match &entry.outcome {
                Outcome::Stepped => run.advance(&registry, events, entry.at),
                Outcome::Parked(reason) => run.park(reason.clone(), events, entry.at),
                Outcome::Terminated(reason) => run.terminate(reason.clone(), events, entry.at),
            };
            if transition.entry != *entry {
                let found = transition.entry;
                return Err(format!("transition {seq}, done again, gives {found:?}; the log has {entry:?}"));
            }
            if let Some((named, armed)) = run.armed_otherwise() {
                return Err(format!(
                    "after transition {seq} its state `{}` names {named:?}, and armed is {armed:?}",
                    run.record.state
                ));
            }
            answers = transition.updates;
        }
        Ok(Folded { record: run.record, answers })
    }
}

fn failure<A: Activity>(error: &Payload) -> Attempt {
    let failure = codec::decode_error::<A::Error>(error).and_then(|error| failed::<A>(&error));
    failure.unwrap_or_else(Attempt::Broken)
}

fn cannot_make<A: Activity>(error: &SampleError) -> Attempt {
    Attempt::Broken(CodecError::Decode { type_name: A::NAME, reason: error.to_string() })
}
