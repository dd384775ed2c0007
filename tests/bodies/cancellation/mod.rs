//! Cancellation, scopes, shields, tasks, triggers and async handlers: what each does, step by step.

#![allow(clippy::unused_async)] // Activities are `async` by form.

mod functions;
mod handlers;
mod of_runs;
mod scopes;
mod tasks;

use longhaul::machine::Ended;
use longhaul::prelude::*;

use crate::driven::Driven;

#[activity]
async fn work(name: String) -> Result<u32, Failure> {
    Err(Failure::msg(name))
}

fn work_on(name: &str) -> longhaul::ActivityCall<work> {
    work(name.to_owned())
}

/// How a run without an error of its own ended.
fn cancelled<T: PartialEq>(ended: Option<&Ended<T, Failure>>) -> bool {
    matches!(ended, Some(Ended::Cancelled(None)))
}

fn completed(ended: Option<&Ended<String, Failure>>) -> &str {
    match ended {
        Some(Ended::Completed(text)) => text,
        other => panic!("{other:?}"),
    }
}
