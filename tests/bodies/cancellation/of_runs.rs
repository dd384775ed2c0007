//! A run that is asked to end.

use super::*;

#[derive(Default, Serialize, Deserialize)]
struct Sleeps {}

#[workflow]
impl Sleeps {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        ctx.sleep(days(1)).await;
        Ok("slept".to_owned())
    }
}

#[test]
fn what_cannot_tell_of_it_is_given_up() {
    let mut run = Driven::<Sleeps>::start(());
    run.cancel();
    assert!(cancelled(run.ended()));
    let mut run = Driven::<Sleeps>::start(());
    run.fire();
    assert_eq!(completed(run.ended()), "slept");
}

#[derive(Default, Serialize, Deserialize)]
struct CleansUp {
    log: Vec<String>,
}

#[workflow]
impl CleansUp {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        let done = work_on("order").await;
        if let Err(ActivityError::Cancelled) = done {
            self.log.push(format!("cancelled {}", ctx.is_cancelled()));
            // Not in a shield: it is cancelled at once.
            let refused = work_on("refused").await;
            self.log.push(format!("{}", matches!(refused, Err(ActivityError::Cancelled))));
            let undone = shield(work_on("undo")).await?;
            return Ok(format!("undone {undone}"));
        }
        Ok("done".to_owned())
    }
}

#[test]
fn an_activity_tells_of_it_and_a_run_that_ends_by_itself_is_completed() {
    let mut run = Driven::<CleansUp>::start(());
    assert_eq!(run.armed(), ["work order"]);
    run.cancel();
    assert_eq!(run.armed(), ["work undo"], "what was begun and cancelled at once never leaves");
    assert_eq!(run.value.log, ["cancelled true", "true"]);
    run.done("work undo", &7);
    assert_eq!(completed(run.ended()), "undone 7");
}

#[derive(Default, Serialize, Deserialize)]
struct Escapes {}

#[workflow]
impl Escapes {
    #[run]
    async fn run(&mut self, _ctx: &Context) -> Result<String, Failure> {
        Ok(format!("{}", work_on("order").await?))
    }
}

#[test]
fn an_error_that_it_became_is_told_with_it() {
    let mut run = Driven::<Escapes>::start(());
    run.cancel();
    let Some(Ended::Cancelled(Some(error))) = run.ended() else { panic!("{:?}", run.ended()) };
    assert!(error.to_string().contains("cancelled"), "{error}");
}

#[derive(Default, Serialize, Deserialize)]
struct Loops {
    turns: u32,
}

#[workflow]
impl Loops {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        loop {
            self.turns += 1;
            let turn = ctx
                .scope(async {
                    ctx.sleep(hours(1)).await;
                    work_on("turn").await
                })
                .await;
            if turn.is_err() && self.turns > 3 {
                return Ok(format!("{} turns", self.turns));
            }
        }
    }
}

#[test]
fn in_a_loop_each_turn_is_cancelled() {
    let mut run = Driven::<Loops>::start(());
    run.fire();
    run.done("work turn", &1);
    assert_eq!(run.value.turns, 2);
    run.cancel();
    assert_eq!(completed(run.ended()), "4 turns");
}

#[derive(Default, Serialize, Deserialize)]
struct Watches {}

#[workflow]
impl Watches {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        select! {
            done = timeout(days(1), ctx.wait_until(|| false)) => Ok(format!("{done:?}")),
            () = ctx.cancelled() => {
                let kept = shield(async {
                    ctx.cancelled().await;
                    (ctx.is_cancelled(), work_on("undo").await)
                })
                .await;
                Ok(format!("{} {}", kept.0, kept.1?))
            }
        }
    }
}

#[test]
fn it_can_be_awaited_and_a_shield_does_not_hide_it() {
    let mut run = Driven::<Watches>::start(());
    run.cancel();
    assert_eq!(run.armed(), ["work undo"]);
    run.done("work undo", &1);
    assert_eq!(completed(run.ended()), "true 1");
}
