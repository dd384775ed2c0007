//! What decides: numbers that follow from a seed.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use xxhash_rust::xxh3::xxh3_64;

/// Numbers that follow from a seed, and from nothing else.
#[derive(Debug, Clone)]
pub(super) struct Dice(Pcg64Mcg);

impl Dice {
    pub(super) fn of(seed: u64) -> Self {
        Dice(Pcg64Mcg::seed_from_u64(seed))
    }

    /// The dice of one thing among many: what falls does not depend on what was thrown for the others.
    pub(super) fn for_one(seed: u64, thing: &[u64]) -> Self {
        let bytes: Vec<u8> = [seed].iter().chain(thing).flat_map(|number| number.to_le_bytes()).collect();
        Dice::of(xxh3_64(&bytes))
    }

    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.random_range(0..bound)
    }

    /// Whether something happens that happens once in `odds` times.
    pub(super) fn once_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    /// One of several.
    pub(super) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let at = self.below(all.len() as u64);
        all[usize::try_from(at).unwrap_or(0)]
    }

    /// Choices for a [`Sampler`](crate::sample::Sampler): small numbers mostly.
    pub(super) fn tape(&mut self) -> Vec<u64> {
        let number = |dice: &mut Self| if dice.once_in(8) { dice.0.random() } else { dice.below(64) };
        (0..24).map(|_| number(self)).collect()
    }
}
