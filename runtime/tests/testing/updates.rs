//! Updates and cancellation in the replay check.

// Validators have the form that they have.
#![allow(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps, clippy::unused_self)]

use std::sync::atomic::{AtomicU64, Ordering};

use longhaul::prelude::*;
use longhaul::testing::{Check, ReplayCheck, ReplayError};

#[activity]
async fn quote(item: u8) -> Result<u8, Failure> {
    Ok(item)
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Cart {
    items: Vec<u8>,
    closed: bool,
}

#[workflow]
impl Cart {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<usize, Failure> {
        if timeout(days(1), ctx.wait_until(|| self.closed)).await.is_err() {
            shield(quote(0)).await?;
        }
        ctx.all_handlers_finished().await;
        Ok(self.items.len())
    }

    #[signal]
    fn close(&mut self) {
        self.closed = true;
    }

    fn is_open(&self, item: &u8) -> Result<(), String> {
        if self.closed { Err(format!("{item} comes too late")) } else { Ok(()) }
    }

    #[update(validate = is_open)]
    fn add(&mut self, item: u8) -> Result<usize, String> {
        self.items.push(item);
        Ok(self.items.len())
    }

    #[update]
    async fn add_quoted(&mut self, item: u8) -> Result<u8, Failure> {
        let quoted = quote(item).await?;
        self.items.push(quoted);
        Ok(quoted)
    }

    #[update]
    fn take(&mut self, at: usize) -> u8 {
        self.items.remove(at)
    }

    #[query]
    fn items(&self) -> Vec<u8> {
        self.items.clone()
    }
}

#[test]
fn a_workflow_with_updates_replays_and_is_cancelled_now_and_then() {
    let report = ReplayCheck::<Cart>::new().cases(300).run().unwrap_or_else(|error| panic!("{error}"));
    assert!(report.ended() > 30, "{report}");
    assert!(report.transitions() > 600, "{report}");
    assert_eq!((report.unreached(), report.unsent_signals()), (vec![], vec![]), "{report}");
    // An index that is out of bounds.
    assert!(report.panicked() > 0, "{report}");
}

static COUNT: AtomicU64 = AtomicU64::new(0);

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct CountingAnswer {}

#[workflow]
impl CountingAnswer {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(300)).await;
    }

    #[update]
    fn count(&mut self) -> u64 {
        COUNT.fetch_add(1, Ordering::Relaxed)
    }
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct CountingRefusal {}

#[workflow]
impl CountingRefusal {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(300)).await;
    }

    fn refuse(&self) -> Result<(), u64> {
        Err(COUNT.fetch_add(1, Ordering::Relaxed))
    }

    #[update(validate = refuse)]
    fn count(&mut self) -> Result<(), u64> {
        Ok(())
    }
}

/// Nothing of it is in the run's state.
#[test]
fn an_answer_or_a_refusal_that_is_another_each_time_is_caught() {
    for (found, path) in [
        (ReplayCheck::<CountingAnswer>::new().run(), "answers.update-"),
        (ReplayCheck::<CountingRefusal>::new().run(), "refused["),
    ] {
        let Err(ReplayError::Diverged(divergence)) = found else { panic!("it was not caught: {found:?}") };
        assert_eq!(divergence.check(), Check::Twice, "{divergence}");
        let is_there = divergence.differences().iter().any(|difference| difference.path.starts_with(path));
        assert!(is_there, "{divergence}");
    }
}

/// Its update changes what is lost in storage.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Forgetful {
    #[serde(skip)]
    locked: bool,
}

#[workflow]
impl Forgetful {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(300)).await;
    }

    fn is_unlocked(&self) -> Result<(), String> {
        if self.locked { Err("it is locked".to_owned()) } else { Ok(()) }
    }

    #[update(validate = is_unlocked)]
    fn lock(&mut self) -> Result<(), String> {
        self.locked = true;
        Ok(())
    }
}

#[test]
fn a_validator_that_sees_what_is_not_stored_is_caught() {
    let Err(ReplayError::Diverged(divergence)) = ReplayCheck::<Forgetful>::new().run() else {
        panic!("it was not caught");
    };
    assert_eq!(divergence.check(), Check::Reload, "{divergence}");
}
