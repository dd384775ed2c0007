//! The bound of what one transition does without waiting for anything.
//!
//! `loop { call().await.ok(); }` waits at each turn, until the run is cancelled: from then on each call is cancelled at
//! once. Two tasks can hand a condition back and forth for ever. Such a transition never ends; the engine must not
//! hang with it. So it panics, and the run is parked, like any other whose code panics.

use super::context::Context;

/// How often code may go on in one transition without having waited. What ends does so far below this, and
/// what does not comes here in less than a second. Fewer in our own tests, which go beyond it.
const LIMIT: u32 = if cfg!(test) { 10_000 } else { 100_000 };

impl Context {
    /// The code that is being stepped goes on, without having waited.
    ///
    /// # Panics
    ///
    /// When it did so too often in this transition.
    pub(super) fn goes_on_at_once(&self) {
        let turns = self.stepping.turns.get() + 1;
        self.stepping.turns.set(turns);
        assert!(
            turns <= LIMIT,
            "the workflow went on {LIMIT} times in one transition without waiting for anything: \
             is there a loop that does not end when it is cancelled, or when its condition holds already?"
        );
    }
}
