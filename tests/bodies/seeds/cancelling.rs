//! What a run does when somebody cancels it.

use longhaul::prelude::*;

use super::{is_cancelled, output};
use crate::driven::Driven;

#[activity]
async fn http_post(url: String) -> Result<u32, Failure> {
    Ok(url.len().try_into()?)
}

#[activity]
async fn clean_up(url: String) {
    println!("{url} is cleaned up");
}

/// Cleans up, and is cancelled all the same.
#[workflow]
async fn post(url: String) -> Result<u32, Failure> {
    match http_post(url.clone()).await {
        Err(error @ ActivityError::Cancelled) => {
            shield(clean_up(url)).await?;
            Err(error.into())
        }
        other => Ok(other?),
    }
}

#[test]
fn a_cancelled_activity_is_cleaned_up_behind_a_shield() {
    let mut run = Driven::<post>::start("a".to_owned());
    run.cancel();
    assert_eq!(run.armed(), ["clean_up a"]);
    run.done("clean_up a", &());
    assert!(is_cancelled(run.ended()), "{:?}", run.ended());
    let mut run = Driven::<post>::start("a".to_owned());
    run.done("http_post a", &7_u32);
    assert_eq!(output(run.ended()), 7);
}

/// The document's `sleep('30 days').catch(..)`.
#[workflow]
async fn sleeps(ctx: &Context, url: String) -> Result<u32, Failure> {
    if ctx.scope(ctx.sleep(days(30))).await.is_err() {
        shield(clean_up(url)).await?;
        return Ok(0);
    }
    Ok(30)
}

#[test]
fn a_cancelled_timer_is_told_by_its_scope() {
    let mut run = Driven::<sleeps>::start("a".to_owned());
    run.cancel();
    run.done("clean_up a", &());
    assert_eq!(output(run.ended()), 0, "who goes on after a request to cancel may end normally");
    let mut run = Driven::<sleeps>::start("a".to_owned());
    run.fire();
    assert_eq!(output(run.ended()), 30);
}

/// An error in a loop that works off updates: what was begun is cleaned up.
#[derive(Default, Serialize, Deserialize)]
struct Entity {
    pending: std::collections::VecDeque<String>,
}

#[workflow]
impl Entity {
    #[run]
    async fn run(&mut self, ctx: &Context, rounds: u32) -> Result<u32, Failure> {
        let worked = self.work_off(ctx, rounds).await;
        if worked.is_err() && ctx.is_cancelled() {
            shield(clean_up("entity".to_owned())).await?;
        }
        worked
    }

    async fn work_off(&mut self, ctx: &Context, rounds: u32) -> Result<u32, Failure> {
        let mut done = 0;
        for _ in 0..rounds {
            // So that it goes on after a day, whatever comes.
            timeout(days(1), ctx.wait_until(|| !self.pending.is_empty())).await.ok();
            while let Some(update) = self.pending.pop_front() {
                done += http_post(update).await?;
            }
        }
        Ok(done)
    }

    #[signal]
    fn update(&mut self, update: String) {
        self.pending.push_back(update);
    }
}

#[test]
fn an_entity_works_off_updates_until_it_is_cancelled() {
    let mut run = Driven::<Entity>::start(2);
    run.signal("update", &("a",));
    run.signal("update", &("b",));
    run.done("http_post a", &1_u32);
    run.done("http_post b", &2_u32);
    run.fire();
    assert_eq!(output(run.ended()), 3);
    let mut run = Driven::<Entity>::start(2);
    run.signal("update", &("a",));
    run.cancel();
    run.done("clean_up entity", &());
    assert!(is_cancelled(run.ended()));
}
