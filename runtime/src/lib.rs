//! Durable workflows for Rust, compiled to state machines.

pub mod activity;
pub mod codec;
pub mod core;
pub mod engine;
pub mod error;
mod failure;
pub mod machine;
pub mod prelude;
pub mod sample;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
pub mod workflow;

// Generated code names this crate by its own name, here too.
extern crate self as longhaul;

pub use activity::{Activity, ActivityCall, ActivityContext, ActivityError, ActivityOptions, RetryPolicy};
pub use engine::{
    Engine, EngineBuilder, History, HistoryError, ListFilter, RunDescription, RunHandle, RunStatus,
};
pub use error::{
    EngineError, HandleError, OpenError, QueryError, RedriveError, RunError, SignalError, StartError,
};
pub use failure::{Failure, Never};
pub use longhaul_macros::{activities, activity, query, run, signal, workflow};
pub use machine::{Context, Elapsed, timeout};
pub use time::{Moment, days, hours, minutes, seconds};
pub use workflow::Workflow;

/// The README's program is compiled and run with the other doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
