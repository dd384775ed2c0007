//! The programs of the documents that Longhaul began from (the guides of Temporal's TypeScript SDK, of DBOS and of Vercel's
//! Workflow), written as workflows. Each is driven by hand, and stored and reloaded at every step.
//!
//! What they show that is not here yet, since runs of it do not exist: child workflows and continue-as-new (`parentWorkflow`,
//! `loopingWorkflow`, `entityWorkflow`), schedules (`CronScheduleWorkflow`), signal-with-start, handles to other runs
//! (`terminateWorkflow`), handlers by name (`genericSignal`), events and mailboxes (`setEvent`, `recv`), webhooks with an address, and
//! a start in the background (`triggerReportGeneration`). What they write in another way, and why it is so here, is in
//! `docs/LANGUAGE.md`, *What other engines write*.

#![allow(clippy::unused_async)] // Activities are `async` by form.

mod cancelling;
mod composing;
mod scopes;
mod signals;
mod waiting;

use longhaul::machine::Ended;
use longhaul::prelude::*;

/// What a run completed with.
fn output<T: Clone + std::fmt::Debug>(ended: Option<&Ended<T, Failure>>) -> T {
    match ended {
        Some(Ended::Completed(output)) => output.clone(),
        other => panic!("{other:?}"),
    }
}

/// What it failed with, as text.
fn failure<T: std::fmt::Debug>(ended: Option<&Ended<T, Failure>>) -> String {
    match ended {
        Some(Ended::Failed(failure)) => failure.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Whether it ended as cancelled.
fn is_cancelled<T>(ended: Option<&Ended<T, Failure>>) -> bool {
    matches!(ended, Some(Ended::Cancelled(_)))
}
