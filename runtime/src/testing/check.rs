//! [`ReplayCheck`]: many random cases of one workflow, and the smallest that fails.

use std::cell::RefCell;

use proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner,
};
use thiserror::Error;

use super::case::{self, Played};
use super::divergence::{Check, Divergence};
use super::quiet::quietly;
use super::report::Report;
use super::tape::{Tape, tapes};
use crate::codec::{self, Payload};
use crate::core::WorkflowType;
use crate::sample::{SampleError, Sampler};
use crate::workflow::Workflow;

/// The variable that sets the seed of all checks.
const SEED_VARIABLE: &str = "LONGHAUL_TEST_SEED";

/// How often a case is played that may fail by chance.
const TRIES: u32 = 8;

/// How often a failing case is simplified at most.
const MOST_SIMPLIFICATIONS: u32 = 4_096;

type MakeInput<W> = dyn Fn(&mut Sampler<'_>) -> Result<<W as Workflow>::Input, SampleError>;

/// The replay check of workflow `W`: how many cases, how long, from which inputs.
///
/// [`replay_is_deterministic!`](super::replay_is_deterministic) makes a test of it; the [module](super) says what
/// is checked.
///
/// # Example
///
/// ```
/// use longhaul::prelude::*;
/// use longhaul::testing::ReplayCheck;
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Countdown;
///
/// #[workflow]
/// impl Countdown {
///     #[run]
///     async fn run(&mut self, ctx: &Context, from: u8) -> u32 {
///         let mut slept = 0;
///         for _ in 0..from {
///             ctx.sleep(seconds(1)).await;
///             slept += 1;
///         }
///         slept
///     }
/// }
///
/// let report = ReplayCheck::<Countdown>::new().cases(32).run()?;
/// assert_eq!(report.cases(), 32);
/// assert!(report.unreached().is_empty());
/// # Ok::<(), longhaul::testing::ReplayError>(())
/// ```
pub struct ReplayCheck<W: Workflow> {
    cases: u32,
    transitions: usize,
    seed: Option<u64>,
    input: Box<MakeInput<W>>,
}

/// A replay check did not pass.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The workflow does not replay.
    #[error(transparent)]
    Diverged(#[from] Box<Divergence>),
    /// No input could be made up.
    #[error("no input for `{workflow}`: {reason}; make one with `input = |choices| ..`")]
    NoInput {
        /// The workflow.
        workflow: &'static str,
        /// What the last try came to.
        reason: String,
    },
    /// `LONGHAUL_TEST_SEED` is no number.
    #[error("the variable {SEED_VARIABLE} is `{value}`: give a number from 0 to 2^64 - 1")]
    BadSeed {
        /// Its value.
        value: String,
    },
}

impl<W: Workflow> Default for ReplayCheck<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Workflow> std::fmt::Debug for ReplayCheck<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplayCheck")
            .field("workflow", &W::NAME)
            .field("cases", &self.cases)
            .field("transitions", &self.transitions)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl<W: Workflow> ReplayCheck<W> {
    /// 256 cases of up to 40 transitions, with any inputs.
    pub fn new() -> Self {
        ReplayCheck {
            cases: 256,
            transitions: 40,
            seed: None,
            input: Box::new(|choices: &mut Sampler<'_>| choices.value()),
        }
    }

    /// How many cases.
    #[must_use]
    pub fn cases(mut self, cases: u32) -> Self {
        self.cases = cases;
        self
    }

    /// How many transitions a case has at most. A run that has not ended by then is left open.
    #[must_use]
    pub fn transitions(mut self, transitions: usize) -> Self {
        self.transitions = transitions;
        self
    }

    /// The seed of the cases. Default: `LONGHAUL_TEST_SEED`, else 0; so the cases are the same each time.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How an input is made from choices, where not any value of its type will do. `choices.value()?` gives any
    /// value of any type, `choices.choose(n)` a number below `n`.
    #[must_use]
    pub fn input(
        mut self,
        make: impl Fn(&mut Sampler<'_>) -> Result<W::Input, SampleError> + 'static,
    ) -> Self {
        self.input = Box::new(make);
        self
    }

    /// Runs the check and prints what it did.
    ///
    /// # Panics
    ///
    /// With the report, when it does not pass.
    #[track_caller]
    pub fn assert(self) {
        match self.run() {
            Ok(report) => println!("{report}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs the check.
    pub fn run(self) -> Result<Report, ReplayError> {
        let seed = match self.seed {
            Some(seed) => seed,
            None => seed_from_environment()?,
        };
        let search = Search {
            check: &self,
            workflow: WorkflowType::of::<W>(),
            seed,
            report: RefCell::new(Report::new(W::NAME, seed, &W::describe())),
            failed: RefCell::new(None),
            no_input: RefCell::new(None),
        };
        let outcome = self.runner(seed).run(&tapes(self.transitions), |tape| search.case(&tape));
        if let Some(divergence) = search.failed.into_inner() {
            return Err(ReplayError::Diverged(divergence));
        }
        match outcome {
            Ok(()) => Ok(search.report.into_inner()),
            Err(TestError::Abort(reason)) => {
                let reason = search.no_input.into_inner().unwrap_or_else(|| reason.to_string());
                Err(ReplayError::NoInput { workflow: W::NAME, reason })
            }
            // No case failed, so this is a panic: of the closure that makes inputs, or of ours.
            Err(TestError::Fail(panic, _)) => panic!("the replay check of `{}` panicked: {panic}", W::NAME),
        }
    }

    fn runner(&self, seed: u64) -> TestRunner {
        let config = Config {
            cases: self.cases,
            failure_persistence: None,
            max_shrink_iters: MOST_SIMPLIFICATIONS,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }
}

/// A running check: what was found so far.
struct Search<'a, W: Workflow> {
    check: &'a ReplayCheck<W>,
    workflow: WorkflowType,
    seed: u64,
    report: RefCell<Report>,
    /// The simplest case so far that failed.
    failed: RefCell<Option<Box<Divergence>>>,
    /// Why no input could be made up, the last time.
    no_input: RefCell<Option<String>>,
}

impl<W: Workflow> Search<'_, W> {
    fn case(&self, tape: &Tape) -> TestCaseResult {
        let made = (self.check.input)(&mut Sampler::new(&tape.input)).map_err(|error| error.0);
        let input = match made.and_then(|input| codec::encode(&input).map_err(|error| error.to_string())) {
            Ok(input) => input,
            Err(reason) => {
                self.no_input.replace(Some(reason.clone()));
                return Err(TestCaseError::reject(reason));
            }
        };
        let simplest = self.failed.borrow().as_ref().map(|simplest| (simplest.case, simplest.simplified));
        let is_simplification = simplest.is_some();
        match self.play(&input, tape, is_simplification) {
            Ok(_) if is_simplification => Ok(()),
            Ok(played) => {
                self.report.borrow_mut().count(played);
                Ok(())
            }
            Err(divergence) => {
                let (case, simplified) = match simplest {
                    Some((case, simplified)) => (case, simplified + 1),
                    None => (self.report.borrow().cases() + 1, 0),
                };
                let divergence = Divergence { seed: self.seed, case, simplified, ..*divergence };
                self.failed.replace(Some(Box::new(divergence)));
                Err(TestCaseError::fail("it diverged"))
            }
        }
    }

    /// Plays a case that is expected to pass once, and one that is expected to fail several times: what depends on
    /// chance fails sometimes only, and now in this check, now in that. The one that says most is kept.
    fn play(&self, input: &Payload, tape: &Tape, expected_to_fail: bool) -> Result<Played, Box<Divergence>> {
        let play = || quietly(|| case::play(&self.workflow, input, tape));
        let mut found = play();
        for _ in 1..TRIES {
            match &found {
                Ok(_) if !expected_to_fail => break,
                Err(divergence) if divergence.check == Check::Twice => break,
                Ok(_) | Err(_) => {}
            }
            found = match (found, play()) {
                (Err(one), Err(other)) if other.check.rank() >= one.check.rank() => Err(one),
                (Err(one), Ok(_)) => Err(one),
                (_, again) => again,
            };
        }
        found
    }
}

fn seed_from_environment() -> Result<u64, ReplayError> {
    std::env::var_os(SEED_VARIABLE).map_or(Ok(0), |value| parse_seed(&value.to_string_lossy()))
}

fn parse_seed(value: &str) -> Result<u64, ReplayError> {
    value.trim().parse().map_err(|_| ReplayError::BadSeed { value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_that_is_no_number_is_an_error_that_names_the_variable() {
        assert_eq!(parse_seed(" 42\n"), Ok(42));
        let error = parse_seed("0x2a").unwrap_err().to_string();
        assert!(error.contains("LONGHAUL_TEST_SEED") && error.contains("0x2a"), "{error}");
    }
}
