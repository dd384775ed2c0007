//! By how much waits between attempts differ.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::store::TaskId;

/// Which share of what may be left out of the wait after an attempt is left out, from 0 to 1: another one for each attempt at each call of
/// each run, and always the same.
pub(super) fn share(run_id: &str, id: TaskId, attempt: u32) -> f64 {
    // A hash that is the same in each release of the standard library, too.
    let numbers = [id.run.0, id.op.0, attempt.into()];
    let seed = numbers.iter().fold(0, |seed, number| xxh3_64_with_seed(&number.to_le_bytes(), seed));
    Pcg64Mcg::seed_from_u64(xxh3_64_with_seed(run_id.as_bytes(), seed)).random()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::OpId;
    use crate::store::RunNo;

    fn of(run: u64, op: u64) -> TaskId {
        TaskId { run: RunNo(run), op: OpId(op) }
    }

    #[test]
    fn shares_are_spread_evenly_within_their_bounds() {
        let attempts = |run| (1..=3).map(move |attempt| share("order", of(run, run % 7), attempt));
        let shares: Vec<f64> = (0..1_000).flat_map(attempts).collect();
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share)));
        for tenth in 0..10 {
            let begin = f64::from(tenth) / 10.0;
            let count = shares.iter().filter(|share| (begin..begin + 0.1).contains(*share)).count();
            assert!((220..=380).contains(&count), "{count} of 3000 in tenth {tenth}");
        }
    }

    #[test]
    fn a_share_is_the_same_again_and_another_for_another_attempt() {
        let bits = |run_id, run, op, attempt| share(run_id, of(run, op), attempt).to_bits();
        let first = bits("order", 3, 4, 1);
        assert_eq!(bits("order", 3, 4, 1), first);
        // With another compiler, too.
        assert_eq!(first, 4_595_441_558_420_077_548);
        let others = [bits("other", 3, 4, 1), bits("order", 4, 3, 1), bits("order", 3, 4, 2)];
        assert!(others.iter().all(|other| *other != first));
    }
}
