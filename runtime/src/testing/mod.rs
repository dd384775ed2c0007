//! The test kit: workflows under virtual time, activities played by closures, and proof that a workflow replays.
//!
//! It is behind the cargo feature `testing`, which is for dev-dependencies:
//!
//! ```toml
//! [dev-dependencies]
//! longhaul = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # Virtual time
//!
//! A [`TestEngine`] runs a workflow of days in milliseconds, on the engine's own loop.
//!
//! # Replay
//!
//! ```
//! # use longhaul::prelude::*;
//! # #[derive(Default, Serialize, Deserialize)]
//! # struct Checkout;
//! # #[workflow]
//! # impl Checkout {
//! #     #[run]
//! #     async fn run(&mut self, ctx: &Context, n: u8) -> u8 {
//! #         ctx.sleep(seconds(1)).await;
//! #         n
//! #     }
//! # }
//! longhaul::testing::replay_is_deterministic!(Checkout);
//! # fn main() {}
//! ```
//!
//! That is a whole test. It makes up inputs, results and failures of activities, signals and updates at all moments (before the
//! first step, several at once), requests to cancel, jumps of the clock and crashes, and lets runs go on until they end or the case is
//! long enough. Every transition is the engine's own pure one, and is made five times; all must agree, byte for
//! byte, on the stored state, the commands and the result:
//!
//! - twice from the state that the transition before stored: the transition depends on nothing but its input;
//! - in a run that stays in memory, and in one that crashes and is reloaded now and then: nothing that the run needs is
//!   lost in storage;
//! - from the run's events, folded from the first.
//!
//! After each transition, every query without arguments must have the same answer in memory and from storage.
//!
//! What fails is simplified (by proptest), and the test panics with the smallest case: its input, its transitions, what
//! differs and what the likely cause is. Nothing is written to disk; the cases are the same each time, and others with
//! the variable `LONGHAUL_TEST_SEED`.
//!
//! It cannot see what did not differ while it ran: a clock that is read in whole seconds, a variable of the
//! environment, code that is not deterministic in a state that [no case came to](Report::unreached).

mod case;
mod cause;
mod check;
mod divergence;
mod engine;
mod quiet;
mod report;
mod schedule;
mod tape;
mod tree;
mod view;

pub use check::{ReplayCheck, ReplayError};
pub use divergence::{Check, Divergence};
pub use engine::{TestEngine, TestEngineBuilder};
pub use report::Report;
pub use tree::{Difference, DifferenceKind};

#[doc(inline)]
pub use crate::sample::{SampleError, Sampler};

/// Makes a `#[test]` that a workflow replays; see the [module](self).
///
/// Options are the methods of [`ReplayCheck`]. The test is called `replay_is_deterministic`; where a module has
/// several, name them.
///
/// ```
/// # use longhaul::prelude::*;
/// # #[derive(Default, Serialize, Deserialize)]
/// # struct Checkout;
/// # #[workflow]
/// # impl Checkout {
/// #     #[run]
/// #     async fn run(&mut self, ctx: &Context, items: Vec<String>) -> u64 {
/// #         ctx.sleep(seconds(1)).await;
/// #         items.len() as u64
/// #     }
/// # }
/// use longhaul::testing::replay_is_deterministic;
///
/// replay_is_deterministic!(Checkout);
/// replay_is_deterministic!(long_checkouts_replay: Checkout, cases = 16, transitions = 200);
/// replay_is_deterministic!(
///     checkouts_of_one_item_replay: Checkout,
///     cases = 64,
///     input = |choices| Ok(vec![choices.value()?]),
/// );
/// # fn main() {}
/// ```
#[doc(inline)]
pub use crate::__replay_is_deterministic as replay_is_deterministic;

#[doc(hidden)]
#[macro_export]
macro_rules! __replay_is_deterministic {
    ($name:ident: $workflow:ty $(, $option:ident = $value:expr)* $(,)?) => {
        #[test]
        fn $name() {
            $crate::testing::ReplayCheck::<$workflow>::new()$(.$option($value))*.assert();
        }
    };
    ($workflow:ty $(, $option:ident = $value:expr)* $(,)?) => {
        $crate::testing::replay_is_deterministic!(
            replay_is_deterministic: $workflow $(, $option = $value)*
        );
    };
}
