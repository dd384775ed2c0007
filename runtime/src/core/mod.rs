//! The engine's core: pure.
//!
//! A `Shard` takes inputs and the time, and gives writes and effects. It reads no clock, makes no
//! randomness, does no I/O, knows no thread and no tokio; what it needs from the store it names
//! (`Need`), and is handed. The shell makes the writes durable before it releases the effects.
//!
//! A `Run` is one run and its transition; [`fold`](fn@fold) is the same transition over a run's log.

mod attempts;
mod behind;
mod describe;
mod ending;
mod fold;
mod hot;
mod input;
mod instance;
mod jitter;
mod loading;
mod near;
mod offers;
mod recover;
mod registry;
mod run;
mod settle;
mod shard;
mod shown;
mod slots;
mod start;
mod step;
mod tally;
mod tasks;
mod token;
mod update;

#[cfg(test)]
#[path = "../../tests/engine/script.rs"]
#[allow(dead_code)] // the engine's own tests use all of it
pub(crate) mod script;
#[cfg(test)]
mod shard_tests;

pub use describe::{AttemptState, Awaited, ListFilter, RunDescription, RunStatus, Waiting, WaitingFor};
pub use fold::{FoldError, fold};
pub use input::Ending;
pub use instance::{Instance, Loaded, WorkflowType};

pub(crate) use describe::status_of;
pub(crate) use fold::Folding;
#[cfg(test)]
pub(crate) use hot::LOG_ENTRY;
pub(crate) use input::{
    Asked, Asker, AttemptEnd, Effect, Input, Need, NoEnding, Order, Output, Reply, Stage, Starting, Stop,
    Target, Told,
};
#[cfg(feature = "testing")]
pub(crate) use offers::Offers;
pub(crate) use offers::Refusal;
pub(crate) use registry::Registry;
pub(crate) use run::panic_text;
#[cfg(feature = "testing")]
pub(crate) use run::{Run, Transition};
pub(crate) use shard::{Limits, Shard};
#[cfg(feature = "metrics")]
pub(crate) use tally::AttemptOutcome;
pub(crate) use tally::Tally;
pub(crate) use token::Token;
