//! From what differs to what probably brought it about.

use super::divergence::Check;
use super::tree::{Difference, DifferenceKind};

/// The likely cause, and what to do about it.
pub(super) fn likely(check: Check, differences: &[Difference]) -> String {
    let has = |kind| differences.iter().any(|difference| difference.kind == kind);
    let traced = match () {
        () if has(DifferenceKind::Times) => {
            Some("a clock is read in workflow code (in a helper function?): use `ctx.now()`.")
        }
        () if has(DifferenceKind::Order) => Some(
            "the order of a `HashMap` or `HashSet` got into the run's state or commands, which differs from one \
             map to the next: use a `BTreeMap` or `BTreeSet`, or sort.",
        ),
        () if has(DifferenceKind::Addresses) => {
            Some("an address in memory got into the run's state: it is another in each process.")
        }
        () => None,
    };
    if let Some(cause) = traced {
        return cause.to_owned();
    }
    match check {
        Check::Twice | Check::Fold if has(DifferenceKind::NearNumbers) => {
            "a number counts on although nothing happened to the run in between: is it in a `static` or \
             `thread_local!`? Keep it in the workflow value. Or is it from a clock (`ctx.now()`), from a random \
             generator (`ctx.random()`), from the order of a `HashMap` (`BTreeMap`)?"
        }
        Check::Twice | Check::Fold => {
            "a value differs although nothing happened to the run in between: is it from a clock (use \
             `ctx.now()`), a random generator (`ctx.random()`, `ctx.uuid()`), the order of a `HashMap` \
             (`BTreeMap`), a `static` or `thread_local!`, an address?"
        }
        Check::Reload | Check::Query(_) => {
            "a value is lost on its way through storage: does its type have a `#[serde(skip)]` field that is \
             used later, an `Option<Option<_>>` (`Some(None)` reads back as `None`), a `Serialize` that \
             `Deserialize` does not undo, or something shared (`Rc`, `Cell`)? Else a `static` may have been \
             changed in between."
        }
        Check::GoesOn => {
            "a value in the run's state cannot be written, or not be read back: does its `Serialize` fail, or \
             does its `Deserialize` refuse what `Serialize` wrote?"
        }
    }
    .to_owned()
}
