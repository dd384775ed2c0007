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
mod conformance;
mod divergence;
mod engine;
mod quiet;
mod report;
mod schedule;
mod schema;
pub mod simulation;
mod tape;
mod trace;
mod tree;
mod view;

pub use check::{ReplayCheck, ReplayError};
pub use conformance::{NonConformance, StorePlace, StorePoint, store_conformance};
pub use divergence::{Check, Divergence};
pub use engine::{TestEngine, TestEngineBuilder};
pub use report::Report;
pub use schema::{SchemaCheck, schema};
pub use trace::Tracer;
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

/// Makes a `#[test]` that runs which are stored today can go on in the program as it is then.
///
/// What a workflow stores is written to `schemas/NAME.schema` beside the crate's `Cargo.toml`, in a file to be checked in.
/// A test that finds another schema than the file's fails, and says what has changed, whether stored runs can go on, and
/// what to write where they cannot:
///
/// ```text
/// cargo test                                  # the file is missing: it is written; look at it, and check it in
/// LONGHAUL_SCHEMA=accept cargo test           # writes what has changed, if all stored runs can go on
/// LONGHAUL_SCHEMA=accept-incompatible cargo test   # writes it in any case: for what was never released
/// ```
///
/// Where the variable `CI` is set, nothing is written. `docs/UPGRADES.md` says what is compared.
///
/// The test is called `schema_is_compatible`; where a module has several, name them. `folder` is where the file is.
///
/// ```
/// # use longhaul::prelude::*;
/// # #[derive(Default, Serialize, Deserialize)]
/// # struct Checkout;
/// # #[workflow]
/// # impl Checkout {
/// #     #[run]
/// #     async fn run(&mut self, ctx: &Context) {
/// #         ctx.sleep(seconds(1)).await;
/// #     }
/// # }
/// use longhaul::testing::schema_is_compatible;
///
/// schema_is_compatible!(Checkout);
/// schema_is_compatible!(checkouts_can_go_on: Checkout, folder = "released/1.0");
/// # fn main() {}
/// ```
#[doc(inline)]
pub use crate::__schema_is_compatible as schema_is_compatible;

#[doc(hidden)]
#[macro_export]
macro_rules! __schema_is_compatible {
    ($name:ident: $workflow:ty $(, folder = $folder:expr)? $(,)?) => {
        #[test]
        fn $name() {
            let check = $crate::testing::SchemaCheck::<$workflow>::new(env!("CARGO_MANIFEST_DIR"));
            check$(.folder($folder))?.assert();
        }
    };
    ($workflow:ty $(, folder = $folder:expr)? $(,)?) => {
        $crate::testing::schema_is_compatible!(schema_is_compatible: $workflow $(, folder = $folder)?);
    };
}

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
