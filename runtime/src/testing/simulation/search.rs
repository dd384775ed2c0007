//! [`Simulation`]: many seeds, and the smallest plan of the first that fails.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::rc::Rc;

use thiserror::Error;

use super::kit::{Check, Kit};
use super::ledger::Ended;
use super::model::Transitions;
use super::plan::Plan;
use super::play::{Played, Playing};
use super::shrink::shrink;
use crate::activity::Activity;
use crate::sample::{SampleError, Sampler};
use crate::testing::quiet::quietly;
use crate::workflow::Workflow;

/// The variable that picks one seed, to see it again.
const SEED: &str = "LONGHAUL_SEED";
/// The variable that says how many seeds are played.
const SEEDS: &str = "LONGHAUL_SEEDS";

/// A simulation of an engine with your workflows; the [module](super) says what happens in it.
///
/// # Example
///
/// ```
/// use longhaul::prelude::*;
/// use longhaul::testing::simulation::Simulation;
///
/// #[activity]
/// async fn remind(name: String) -> Result<u32, Failure> {
///     Err(Failure::msg(format!("{name} cannot be reached from a test")))
/// }
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Reminder {
///     answered: bool,
/// }
///
/// #[workflow]
/// impl Reminder {
///     #[run]
///     async fn run(&mut self, ctx: &Context, name: String) -> Result<u32, Failure> {
///         let mut sent = 0;
///         while timeout(days(7), ctx.wait_until(|| self.answered)).await.is_err() && sent < 3 {
///             sent += remind(name.clone()).await?;
///         }
///         Ok(sent)
///     }
///
///     #[signal]
///     fn answer(&mut self) {
///         self.answered = true;
///     }
/// }
///
/// # fn main() -> Result<(), longhaul::testing::simulation::SimulationError> {
/// let report = Simulation::new()
///     .workflow::<Reminder>()
///     .play::<remind>(|attempt, _| if attempt == 1 { Err(Failure::msg("busy")) } else { Ok(1) })
///     .seeds(20)
///     .run()?;
/// assert!(report.transitions::<Reminder>() > 20);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "a simulation runs with `run` or `assert`"]
pub struct Simulation {
    kit: Kit,
    first: u64,
    seeds: Option<u64>,
}

/// What happened in simulations in which all that is promised held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimulationReport {
    seeds: u64,
    steps: u64,
    hash: u64,
    transitions: Transitions,
    seen: BTreeMap<String, u64>,
}

/// A simulation did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// Something that is promised did not hold.
    #[error(transparent)]
    Broken(#[from] Box<Counterexample>),
    /// Two functions with local steps have the same name: an engine with both could not be opened.
    #[error("two functions have a local step `{name}`: call one of the functions otherwise")]
    StepTwice {
        /// The step's name.
        name: &'static str,
    },
    /// `LONGHAUL_SEED` or `LONGHAUL_SEEDS` is no number.
    #[error("the variable {variable} is `{value}`: give a number from 0 to 2^64 - 1")]
    BadVariable {
        /// Its name.
        variable: &'static str,
        /// Its value.
        value: String,
    },
}

/// A simulation in which something did not hold that is promised.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub struct Counterexample {
    /// The seed.
    pub seed: u64,
    /// What did not hold: a guarantee's number; `asked`, that nothing happens which nobody asked for; `liveness`,
    /// that all comes to rest; or `ended`, what you say of a run that has [ended](Simulation::ended).
    pub guarantee: &'static str,
    /// How it did not hold.
    pub what: String,
    /// The moves that lead to it: as few as were found to.
    pub moves: String,
    /// What happened then, a step a line.
    pub steps: Vec<String>,
    /// How to see it again.
    pub again: String,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counterexample { seed, guarantee, what, moves, steps, again } = self;
        writeln!(f, "seed {seed} breaks {guarantee}: {what}\n\nIt takes these moves, {moves}")?;
        steps.iter().try_for_each(|step| writeln!(f, "{step}"))?;
        write!(f, "\nseed {seed} breaks {guarantee}: {what}\nagain: {again}")
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workflows: Vec<_> = self.kit.sorts.iter().map(|sort| sort.workflow.name).collect();
        f.debug_struct("Simulation").field("workflows", &workflows).finish_non_exhaustive()
    }
}

impl Simulation {
    /// 100 seeds, from 0 on; none of your workflows yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a workflow. Any values are its inputs.
    pub fn workflow<W: Workflow>(self) -> Self {
        self.workflow_with::<W>(|choices: &mut Sampler<'_>| choices.value())
    }

    /// Adds a workflow whose inputs are made from choices: `choices.value()?` gives any value of any type,
    /// `choices.choose(n)` a number below `n`.
    pub fn workflow_with<W: Workflow>(
        mut self,
        make: impl Fn(&mut Sampler<'_>) -> Result<W::Input, SampleError> + 'static,
    ) -> Self {
        self.kit.add_workflow::<W>(make);
        self
    }

    /// Adds an activity. Any values are its results and its errors.
    pub fn activity<A: Activity>(mut self) -> Self {
        self.kit.add_activity::<A>();
        self
    }

    /// Adds an activity that is played: the number of the attempt, from 1, and the arguments in, the result out. It must come to
    /// a result in the end. Whether the engine hears of it, in time or at all, is the simulation's to say.
    pub fn play<A: Activity>(
        mut self,
        play: impl Fn(u32, A::Input) -> Result<A::Output, A::Error> + 'static,
    ) -> Self {
        self.kit.add_played::<A>(play);
        self
    }

    /// Says what must hold of each run of `W` that has ended, and of what its activities did in the world outside. Asked at the end of
    /// each simulation; the error says what is wrong.
    ///
    /// What an activity did is done [at least once](Ended::deeds), also where the engine was not told of it: with what is outside, the
    /// [key](super::Deed::key) makes one of several.
    ///
    /// ```
    /// use longhaul::prelude::*;
    /// use longhaul::testing::simulation::Simulation;
    ///
    /// #[activity]
    /// async fn charge(cents: u64) -> Result<u64, Failure> {
    ///     Ok(cents)
    /// }
    ///
    /// #[workflow]
    /// async fn pay(ctx: &Context, cents: u64) -> Result<u64, Failure> {
    ///     Ok(charge(cents).await?)
    /// }
    ///
    /// # fn main() -> Result<(), longhaul::testing::simulation::SimulationError> {
    /// let simulation = Simulation::new().workflow::<pay>().play::<charge>(|_, (cents,)| Ok(cents));
    /// let simulation = simulation.ended::<pay>(|run| {
    ///     let charged = run.deeds::<charge>().map_err(|error| error.to_string())?;
    ///     match run.outcome().map_err(|error| error.to_string())? {
    ///         Some(Ok(paid)) if charged.iter().all(|deed| deed.output != paid) => Err("it was not charged".to_owned()),
    ///         _ => Ok(()),
    ///     }
    /// });
    /// simulation.seeds(20).run()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ended<W: Workflow>(
        mut self,
        check: impl Fn(&Ended<'_, W>) -> Result<(), String> + 'static,
    ) -> Self {
        let check: Check = Rc::new(move |run, record, ledger| check(&Ended::new(run, record, ledger)));
        self.kit.ended.insert(W::NAME, check);
        self
    }

    /// Says that runs of all workflows come to rest by themselves: when nothing fails any more, and before any is cancelled, there comes
    /// a moment, after a bounded number of steps, from which on nothing more happens to them but what is asked. What goes round for ever is found then.
    ///
    /// Not so a workflow that wakes up each day, whatever happens.
    pub fn comes_to_rest(mut self) -> Self {
        self.kit.comes_to_rest = true;
        self
    }

    /// How many seeds are played. Default: 100, or what `LONGHAUL_SEEDS` says.
    pub fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = Some(seeds);
        self
    }

    /// The first seed. Default: 0. With `LONGHAUL_SEED`, that one alone is played.
    pub fn first_seed(mut self, seed: u64) -> Self {
        self.first = seed;
        self
    }

    /// Plays all seeds, and prints what happened.
    ///
    /// # Panics
    ///
    /// With the smallest plan found of the first seed that does not pass.
    #[track_caller]
    pub fn assert(self) {
        match self.run() {
            Ok(report) => println!("{report}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Plays all seeds.
    pub fn run(self) -> Result<SimulationReport, SimulationError> {
        let Simulation { kit, first, seeds } = self;
        if let Some(name) = kit.step_twice {
            return Err(SimulationError::StepTwice { name });
        }
        let (first, seeds) = match (number(SEED)?, seeds) {
            (Some(seed), _) => (seed, 1),
            (None, Some(seeds)) => (first, seeds),
            (None, None) => (first, number(SEEDS)?.unwrap_or(100)),
        };
        let kit = Rc::new(kit);
        let mut report = SimulationReport::default();
        for seed in first..first.saturating_add(seeds) {
            report.add(play(&kit, &Plan::of(&kit, seed))?);
        }
        Ok(report)
    }
}

/// A variable's value, which is a number.
pub(super) fn number(variable: &'static str) -> Result<Option<u64>, SimulationError> {
    let Ok(value) = std::env::var(variable) else { return Ok(None) };
    value.trim().parse().map(Some).map_err(|_| SimulationError::BadVariable { variable, value })
}

/// Plays a plan; one that fails is made smaller, and told.
pub(super) fn play(kit: &Rc<Kit>, plan: &Plan) -> Result<Played, Box<Counterexample>> {
    let first = match quietly(|| Playing::default().play(kit, plan)) {
        Ok(played) => return Ok(played),
        Err(failed) => failed.broken,
    };
    let fails = |plan: &Plan| {
        let played = quietly(|| Playing::default().play(kit, plan));
        played.is_err_and(|failed| failed.broken.guarantee == first.guarantee)
    };
    let smallest = shrink(plan, fails);
    let told = quietly(|| Playing::in_words().play(kit, &smallest));
    let (broken, steps) = told.map_or_else(|failed| (failed.broken, failed.lines), |_| (first, Vec::new()));
    Err(Box::new(Counterexample {
        seed: plan.seed,
        guarantee: broken.guarantee,
        what: broken.what,
        moves: smallest.to_string(),
        steps,
        again: again(plan.seed),
    }))
}

/// The command that plays a seed again, in the test that runs.
fn again(seed: u64) -> String {
    // Cargo tells a test of which package it is.
    let package = std::env::var("CARGO_PKG_NAME").ok();
    let features = if package.as_deref() == Some("longhaul") { " --features testing" } else { "" };
    let package = package.map(|name| format!(" -p {name}")).unwrap_or_default();
    let test = std::thread::current().name().map(|name| format!(" -- {name}")).unwrap_or_default();
    format!("{SEED}={seed} cargo test{package}{features}{test}")
}

impl SimulationReport {
    pub(super) fn add(&mut self, played: Played) {
        self.seeds += 1;
        self.steps += played.count;
        self.hash = self.hash.rotate_left(1) ^ played.hash;
        for (taken, times) in played.transitions {
            *self.transitions.entry(taken).or_default() += times;
        }
        for (what, times) in played.seen {
            *self.seen.entry(what).or_default() += times;
        }
    }

    /// A number that follows from all that happened, and its order: the same seeds give the same.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many transitions the runs of a workflow made.
    pub fn transitions<W: Workflow>(&self) -> u64 {
        self.of(W::NAME).map(|(_, _, times)| times).sum()
    }

    /// How often each of what can happen did: events, commands, answers, faults.
    pub fn seen(&self) -> &BTreeMap<String, u64> {
        &self.seen
    }

    /// The transitions that the runs of a workflow made, with how often, as a Mermaid diagram; and, without a number, the states of
    /// `#[run]` that none of them was in.
    pub fn diagram<W: Workflow>(&self) -> String {
        let mut text = "stateDiagram-v2\n".to_owned();
        let mut reached = Vec::new();
        for (from, to, times) in self.of(W::NAME) {
            let shown = (if from == "Start" { "[*]" } else { from }, if to == "Done" { "[*]" } else { to });
            let _ = writeln!(text, "    {} --> {}: {times}", shown.0, shown.1);
            reached.extend([from, to]);
        }
        let machines = W::describe();
        let states = machines.first().map_or(&[][..], |machine| machine.states);
        let states = states.iter().filter(|state| state.within.is_none()).map(|state| state.name);
        for state in states.filter(|state| *state != "Start" && !reached.contains(state)) {
            let _ = writeln!(text, "    {state}: {state} (never)");
        }
        text
    }

    fn of(&self, workflow: &str) -> impl Iterator<Item = (&str, &str, u64)> {
        let of_it = self.transitions.iter().filter(move |((of, _, _), _)| of == workflow);
        of_it.map(|((_, from, to), times)| (from.as_str(), to.as_str(), *times))
    }
}

impl fmt::Display for SimulationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SimulationReport { seeds, steps, hash, transitions, .. } = self;
        let transitions: u64 = transitions.values().sum();
        write!(
            f,
            "{seeds} simulations, {steps} steps, {transitions} transitions of runs: all that is promised held ({hash:016x})"
        )
    }
}
