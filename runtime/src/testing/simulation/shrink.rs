//! A plan that fails, made smaller: fewer moves, and the same guarantee does not hold.

use super::plan::Plan;

/// How many plans are tried at most.
const MOST_TRIES: usize = 2_000;

/// A smaller plan that fails as well.
pub(super) fn shrink(plan: &Plan, fails: impl Fn(&Plan) -> bool) -> Plan {
    let mut smallest = plan.clone();
    let mut tries = 0;
    let mut size = smallest.moves.len().div_ceil(2).max(1);
    loop {
        let (mut at, mut smaller) = (0, false);
        while at < smallest.moves.len() && tries < MOST_TRIES {
            let mut tried = smallest.clone();
            tried.moves.drain(at..(at + size).min(tried.moves.len()));
            tries += 1;
            if fails(&tried) {
                (smallest, smaller) = (tried, true);
            } else {
                at += size;
            }
        }
        if tries >= MOST_TRIES || (size == 1 && !smaller) {
            return smallest;
        }
        size = size.div_ceil(2);
    }
}
