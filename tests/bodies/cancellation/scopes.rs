//! Scopes, and shields in them.

use super::*;

#[derive(Default, Serialize, Deserialize)]
struct Nested {
    log: Vec<String>,
}

#[workflow]
impl Nested {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        let mut seen = Vec::new();
        let outer = ctx
            .scope(async {
                let inner = ctx.scope(async { ctx.sleep(days(1)).await }).await;
                seen.push(format!("inner {inner:?}"));
                let shielded = shield(async {
                    let within = ctx
                        .scope(async {
                            self.log.push("within".to_owned());
                            let kept = work_on("kept").await;
                            shield(work_on("deep")).await.ok();
                            kept
                        })
                        .await;
                    format!("{}", matches!(within, Ok(Ok(_))))
                })
                .await;
                seen.push(shielded);
                ctx.sleep(days(2)).await;
                seen.push("never".to_owned());
            })
            .await;
        seen.push(format!("outer {outer:?}"));
        let last = work_on("last").await;
        seen.push(format!("{}", matches!(last, Err(ActivityError::Cancelled))));
        Ok(seen.join(", "))
    }
}

#[test]
fn shields_within_scopes_within_shields() {
    let mut run = Driven::<Nested>::start(());
    run.cancel();
    assert_eq!(run.armed(), ["work kept"]);
    run.done("work kept", &1);
    assert_eq!(run.armed(), ["work deep"]);
    run.done("work deep", &2);
    assert_eq!(completed(run.ended()), "inner Err(Cancelled), true, outer Err(Cancelled), true");
}

#[derive(Default, Serialize, Deserialize)]
struct ShieldFirst {}

#[workflow]
impl ShieldFirst {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        let (kept, lost) = join!(shield(work_on("kept")), ctx.scope(async { ctx.sleep(days(1)).await }));
        let after = ctx.scope(ctx.sleep(days(1))).await;
        Ok(format!("{} {lost:?} {after:?}", kept?))
    }
}

#[test]
fn a_shield_that_has_begun_is_waited_for() {
    let mut run = Driven::<ShieldFirst>::start(());
    run.cancel();
    assert_eq!(run.armed(), ["work kept"]);
    run.done("work kept", &3);
    assert_eq!(completed(run.ended()), "3 Err(Cancelled) Err(Cancelled)");
}
