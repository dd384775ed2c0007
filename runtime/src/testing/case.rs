//! One case: a run is played several times side by side, each in another way, and all must agree.

use std::collections::{BTreeMap, BTreeSet};

use super::divergence::{Check, Divergence};
use super::schedule::{BEGIN, World};
use super::tape::{Tape, seldom};
use super::tree::{differences, parts, text, tree};
use super::view;
use crate::codec::{self, Payload};
use crate::core::{FoldError, Offers, Refusal, Registry, Run, Transition, WorkflowType, fold};
use crate::error::UpdateError;
use crate::sample::Sampler;
use crate::store::{EventRecord, LogEntry, ParkReason, RunNo, StoredRun};

const NO: RunNo = RunNo(1);
const ID: &str = "replay-check";

/// How a case went that did not diverge.
pub(super) struct Played {
    pub(super) transitions: u64,
    pub(super) ended: bool,
    /// The message, where workflow code panicked.
    pub(super) panicked: Option<String>,
    /// The states that the run was in after a transition.
    pub(super) states: BTreeSet<String>,
    /// The signals and updates that could not be sent, and why.
    pub(super) mute: Vec<(&'static str, String)>,
}

/// The run of one case, in all the ways in which it is played.
struct Case<'a> {
    workflow: &'a WorkflowType,
    registry: Registry,
    input: &'a Payload,
    seed: u64,
    /// Never reloaded.
    hot: Run,
    /// Reloaded now and then.
    crashing: Run,
    /// The stored state after the last transition; `None` before the first.
    stored: Option<Vec<u8>>,
    log: Vec<LogEntry>,
    /// The state after each transition.
    states: Vec<String>,
}

/// What a transition left.
struct Moved {
    /// `None` where nothing happened, since all there was are updates that were refused.
    transition: Option<Transition>,
    /// The refused updates, by their places among the events.
    refused: BTreeMap<usize, Refusal>,
    stored: Vec<u8>,
}

impl Moved {
    fn agrees(&self, other: &Moved) -> bool {
        self.stored == other.stored
            && self.entry() == other.entry()
            && self.answers() == other.answers()
            && format!("{:?}", self.refused) == format!("{:?}", other.refused)
    }

    fn entry(&self) -> Option<&LogEntry> {
        self.transition.as_ref().map(|transition| &transition.entry)
    }

    /// The answers of the updates that were done.
    fn answers(&self) -> &[(String, Payload)] {
        self.transition.as_ref().map_or(&[], |transition| &transition.updates)
    }
}

type Diverges<T> = Result<T, Box<Divergence>>;

/// What kept an update from being handled that no validator refused.
fn unhandled(refusal: Refusal) -> Option<ParkReason> {
    match refusal {
        UpdateError::NotHandled { reason, .. } => Some(reason),
        UpdateError::Panicked { message, .. } => Some(ParkReason::Panic { message }),
        UpdateError::Handler(error) => {
            Some(ParkReason::BadUpdate { name: "its validator".to_owned(), reason: error.to_string() })
        }
        _ => None,
    }
}

/// Plays the case that `tape` says.
pub(super) fn play(workflow: &WorkflowType, input: &Payload, tape: &Tape) -> Diverges<Played> {
    let mut case = Case::new(workflow, input, tape.seed)?;
    let mut world = World::new(workflow, tape.retries);
    let mut panicked = None;
    let started = EventRecord::Started {
        id: ID.into(),
        workflow: workflow.name.into(),
        input: input.clone(),
        seed: tape.seed,
    };
    for (number, choices) in tape.transitions.iter().enumerate() {
        let mut choices = Sampler::new(choices);
        let crash = seldom(&mut choices, 2);
        let events = if number == 0 {
            let mut events = vec![started.clone()];
            events.extend(world.early_signals(&mut choices));
            events
        } else {
            world.next(&case.hot.record, &mut choices)
        };
        if events.is_empty() {
            continue;
        }
        let refused = case.transition(&mut world, crash, &events)?;
        case.ask_queries()?;
        let parked = case.hot.parked().cloned();
        let unhandled = refused.into_values().filter_map(unhandled);
        for reason in parked.into_iter().chain(unhandled) {
            match reason {
                ParkReason::Panic { message } => panicked = Some(message),
                reason => return Err(case.stuck(reason.to_string())),
            }
        }
        if panicked.is_some() || case.hot.record.phase.is_closed() {
            break;
        }
    }
    case.fold()?;
    Ok(Played {
        transitions: case.log.len() as u64,
        ended: case.hot.record.phase.is_closed(),
        panicked,
        states: case.states.into_iter().collect(),
        mute: world.mute.into_iter().collect(),
    })
}

impl<'a> Case<'a> {
    fn new(workflow: &'a WorkflowType, input: &'a Payload, seed: u64) -> Diverges<Self> {
        let start = || Run::start(workflow, ID.into(), input, seed, BEGIN);
        match (start(), start()) {
            (Ok(hot), Ok(crashing)) => Ok(Case {
                workflow,
                registry: Registry::to_fold(*workflow),
                input,
                seed,
                hot,
                crashing,
                stored: None,
                log: Vec::new(),
                states: Vec::new(),
            }),
            (Err(error), _) | (_, Err(error)) => Err(Box::new(Divergence {
                stuck: Some(format!("its input does not read back: {error}")),
                ..divergence(workflow, Check::GoesOn, input)
            })),
        }
    }

    /// A run as a crash leaves it.
    fn reloaded(&self) -> Diverges<Run> {
        let Some(stored) = &self.stored else {
            return Run::start(self.workflow, ID.into(), self.input, self.seed, BEGIN)
                .map_err(|error| self.stuck(error.to_string()));
        };
        let stored = StoredRun::open(&NO.key(), stored);
        Ok(Run::stored(stored.map_err(|damage| self.stuck(damage.to_string()))?.record))
    }

    /// Lets one transition happen in each of the ways, and compares. Gives the updates that were refused.
    fn transition(
        &mut self,
        world: &mut World,
        crash: bool,
        events: &[EventRecord],
    ) -> Diverges<BTreeMap<usize, Refusal>> {
        // Both are there at the same time, so what depends on addresses differs.
        let (mut once, mut again) = (self.reloaded()?, self.reloaded()?);
        if crash {
            self.crashing = self.reloaded()?;
        }
        let registry = &self.registry;
        let go = |run: &mut Run| {
            let is_update = |event: &EventRecord| matches!(event, EventRecord::Update { .. });
            let mut offers = Offers::at((0..events.len()).filter(|at| is_update(&events[*at])));
            let transition = run.advance_with(registry, events.to_vec(), &mut offers, world.now);
            Moved { transition, refused: offers.into_refused(), stored: run.record.to_stored(NO) }
        };
        let (first, second) = (go(&mut once), go(&mut again));
        let hot = go(&mut self.hot);
        let crashing = go(&mut self.crashing);
        if !second.agrees(&first) {
            return Err(self.diverged(Check::Twice, (&once, &first), (&again, &second)));
        }
        // At the first transition there is nothing to reload yet: all four begin alike.
        let check = if self.stored.is_none() { Check::Twice } else { Check::Reload };
        for (run, moved) in [(&self.hot, &hot), (&self.crashing, &crashing)] {
            if !moved.agrees(&first) {
                return Err(self.diverged(check, (run, moved), (&once, &first)));
            }
        }
        if let Some(transition) = hot.transition {
            world.see(&transition.called);
            self.stored = Some(hot.stored);
            self.log.push(transition.entry);
            self.states.push(self.hot.record.state.clone());
        }
        Ok(hot.refused)
    }

    /// Asks each query in memory and from the stored state. One that takes arguments refuses in both places.
    fn ask_queries(&mut self) -> Diverges<()> {
        let no_arguments = codec::encode(&()).map_err(|error| self.stuck(error.to_string()))?;
        for name in self.workflow.queries {
            let mut cold = self.reloaded()?;
            let ask = |run: &mut Run| {
                run.query(&self.registry, name, &no_arguments).map_err(|error| error.to_string())
            };
            let (one, other) = (ask(&mut self.hot), ask(&mut cold));
            if one == other {
                continue;
            }
            let shown = |answer: Result<Payload, String>| match answer {
                Ok(answer) => tree(&answer),
                Err(error) => text(error),
            };
            let under = |answer| parts([(*name, shown(answer))]);
            return Err(Box::new(Divergence {
                differences: differences(&under(one), &under(other)),
                ..self.divergence(Check::Query(name))
            }));
        }
        Ok(())
    }

    /// Folds the events from the first and compares with what is stored.
    fn fold(&self) -> Diverges<()> {
        let (Some(stored), Some(last)) = (&self.stored, self.log.last()) else { return Ok(()) };
        match fold(self.workflow, &self.log) {
            Ok(record) if record.to_stored(NO) == *stored => Ok(()),
            Ok(record) => {
                let (one, other) = (view::result(&self.hot.record, last), view::result(&record, last));
                Err(Box::new(Divergence {
                    differences: differences(&one, &other),
                    ..self.divergence(Check::Fold)
                }))
            }
            Err(FoldError::Diverged { seq, logged, found }) => {
                let (one, other) = (view::entry(&logged), view::entry(&found));
                let mut divergence = self.divergence(Check::Fold);
                divergence.transitions.truncate(usize::try_from(seq.0).map_or(usize::MAX, |at| at + 1));
                Err(Box::new(Divergence { differences: differences(&one, &other), ..divergence }))
            }
            Err(error @ (FoldError::NotStarted | FoldError::Input(_))) => Err(self.stuck(error.to_string())),
        }
    }

    fn diverged(&self, check: Check, one: (&Run, &Moved), other: (&Run, &Moved)) -> Box<Divergence> {
        let mut divergence = self.divergence(check);
        let (run, moved) = one;
        let outcome = |moved: &Moved| moved.entry().map(|entry| entry.outcome.clone());
        let both_stand = outcome(one.1) == outcome(other.1);
        let shown = |(run, moved): (&Run, &Moved)| {
            let outcome = moved.entry().map_or_else(|| "nothing happened".to_owned(), view::outcome);
            match moved.entry() {
                Some(entry) if both_stand => view::result(&run.record, entry),
                // One stands and the other does not: all else follows from that.
                _ => parts([("outcome", text(outcome))]),
            }
        };
        divergence.differences = differences(&shown(one), &shown(other));
        for of in
            [|moved: &Moved| view::refusals(&moved.refused), |moved: &Moved| view::answers(moved.answers())]
        {
            divergence.differences.extend(differences(&of(one.1), &of(other.1)));
        }
        if let Some(entry) = moved.entry() {
            divergence.transitions.push(view::transition(entry, &run.record.state));
        }
        Box::new(divergence)
    }

    fn stuck(&self, reason: String) -> Box<Divergence> {
        Box::new(Divergence { stuck: Some(reason), ..self.divergence(Check::GoesOn) })
    }

    /// A divergence in which nothing differs yet, after the transitions so far.
    fn divergence(&self, check: Check) -> Divergence {
        let transitions = self.log.iter().zip(&self.states);
        Divergence {
            transitions: transitions.map(|(entry, state)| view::transition(entry, state)).collect(),
            ..divergence(self.workflow, check, self.input)
        }
    }
}

fn divergence(workflow: &WorkflowType, check: Check, input: &Payload) -> Divergence {
    Divergence {
        workflow: workflow.name,
        check,
        input: view::shown(input),
        transitions: Vec::new(),
        differences: Vec::new(),
        stuck: None,
        seed: 0,
        case: 0,
        simplified: 0,
    }
}
