//! What a case is made from: numbers, which a [`Sampler`] turns into choices.
//!
//! They are cut into one piece for the input and one for each transition, so that proptest can take out a
//! transition and leave the others as they are.

use proptest::collection::vec;
use proptest::num::u64::BinarySearch;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;

use crate::sample::Sampler;

/// The choices of one case.
#[derive(Debug, Clone)]
pub(super) struct Tape {
    pub(super) input: Vec<u64>,
    /// The seed of the run's random numbers.
    pub(super) seed: u64,
    /// How often an activity that failed is given another try, as the engine's retries would: in fair weather a run
    /// gets further.
    pub(super) retries: usize,
    pub(super) transitions: Vec<Vec<u64>>,
}

/// All tapes of up to so many transitions.
pub(super) fn tapes(transitions: usize) -> impl Strategy<Value = Tape> {
    let transition = vec(Number, 1..16);
    let retries = prop_oneof![Just(8), Just(1), Just(0)];
    (vec(Number, 0..32), 0..8_u64, retries, vec(transition, 0..=transitions))
        .prop_map(|(input, seed, retries, transitions)| Tape { input, seed, retries, transitions })
}

/// A choice: a small number mostly, any sometimes. Small ones decide most things as well as large ones, and read better.
/// (As `prop_oneof!` it took a third of a check's time.)
#[derive(Debug)]
struct Number;

impl Strategy for Number {
    type Tree = BinarySearch;
    type Value = u64;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut draw = || any::<u64>().new_tree(runner).map(|tree| tree.current());
        let number = draw()?;
        Ok(BinarySearch::new(if number % 8 == 7 { draw()? } else { number / 8 % 64 }))
    }
}

/// Whether something happens that happens once in `odds` times; the smallest choice is that it does not.
pub(super) fn seldom(choices: &mut Sampler<'_>, odds: u64) -> bool {
    choices.choose(odds) == odds - 1
}
