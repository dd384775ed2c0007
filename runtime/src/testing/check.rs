//! [`ReplayCheck`]: many random cases of one workflow, and the smallest that fails.

use std::cell::{Cell, RefCell};

use proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestCaseResult, TestError, TestRng, TestRunner,
};
use thiserror::Error;

use super::case::{self, Played};
use super::divergence::Divergence;
use super::report::Report;
use super::tape::{Tape, tapes};
use crate::codec;
use crate::core::WorkflowType;
use crate::sample::{SampleError, Sampler};
use crate::workflow::Workflow;

/// The variable that sets the seed of all checks.
const SEED_VARIABLE: &str = "LONGHAUL_TEST_SEED";

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
        ReplayCheck { cases: 256, transitions: 40, seed: None, input: Box::new(|choices| choices.value()) }
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
        let workflow = WorkflowType::of::<W>();
        let report = RefCell::new(Report::new(W::NAME, seed, &W::describe()));
        let failed: RefCell<Option<Box<Divergence>>> = RefCell::new(None);
        let no_input = RefCell::new(None);
        let simplified = Cell::new(0);

        let one_case = |tape: Tape| -> TestCaseResult {
            let input = (self.input)(&mut Sampler::new(&tape.input))
                .and_then(|input| codec::encode(&input).map_err(|error| SampleError(error.to_string())))
                .map_err(|error| {
                    no_input.replace(Some(error.0.clone()));
                    TestCaseError::reject(error.0)
                })?;
            match case::play(&workflow, &input, &tape) {
                Ok(played) => count(&report, &failed, played),
                Err(mut divergence) => {
                    divergence.seed = seed;
                    divergence.case = report.borrow().cases();
                    divergence.simplified = simplified.get();
                    simplified.set(simplified.get() + 1);
                    failed.replace(Some(divergence));
                    return Err(TestCaseError::fail("it diverged"));
                }
            }
            Ok(())
        };
        let outcome = self.runner(seed).run(&tapes(self.transitions), one_case);
        if let Some(divergence) = failed.take() {
            return Err(ReplayError::Diverged(divergence));
        }
        match outcome {
            Ok(()) => Ok(report.into_inner()),
            Err(TestError::Abort(reason)) => {
                let reason = no_input.take().unwrap_or_else(|| reason.to_string());
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

/// Takes a case into the report, unless it is a simplification of one that failed.
fn count(report: &RefCell<Report>, failed: &RefCell<Option<Box<Divergence>>>, played: Played) {
    if failed.borrow().is_none() {
        report.borrow_mut().count(played);
    }
}

fn seed_from_environment() -> Result<u64, ReplayError> {
    let Some(value) = std::env::var_os(SEED_VARIABLE) else { return Ok(0) };
    let value = value.to_string_lossy();
    value.trim().parse().map_err(|_| ReplayError::BadSeed { value: value.into_owned() })
}
