//! Tasks that a called function began.

use super::*;

#[workflow]
async fn cancels(ctx: &Context) -> String {
    let slow = ctx.spawn(async move { ctx.sleep(days(1)).await });
    work_on("first").await.ok();
    slow.cancel();
    format!("{:?}", slow.await)
}

#[workflow]
async fn drops(ctx: &Context) -> String {
    {
        let _slow = ctx.spawn(async move {
            ctx.sleep(days(1)).await;
        });
        work_on("first").await.ok();
    }
    work_on("second").await.ok();
    "done".to_owned()
}

#[derive(Default, Serialize, Deserialize)]
struct Calls {}

#[workflow]
impl Calls {
    #[run]
    async fn run(&mut self, ctx: &Context, kind: u32) -> Result<String, Failure> {
        Ok(match kind {
            0 => cancels(ctx).await,
            1 => ctx.spawn(async move { cancels(ctx).await }).await?,
            2 => shield(cancels(ctx)).await,
            3 => drops(ctx).await,
            _ => {
                let (left, right) = join!(shield(drops(ctx)), ctx.scope(ctx.sleep(days(2))));
                format!("{left} {right:?}")
            }
        })
    }
}

#[test]
fn a_cancelled_task_is_given_up() {
    for kind in [0, 1, 2] {
        let mut run = Driven::<Calls>::start(kind);
        run.done("work first", &1);
        assert_eq!(completed(run.ended()), "Err(Cancelled)", "{kind}");
    }
}

#[test]
fn in_a_shield_of_a_cancelled_run_too() {
    let mut run = Driven::<Calls>::start(2);
    run.cancel();
    run.done("work first", &1);
    assert_eq!(completed(run.ended()), "Err(Cancelled)");
}

#[test]
fn a_dropped_task_is_given_up() {
    let mut run = Driven::<Calls>::start(3);
    run.done("work first", &1);
    assert_eq!(run.armed(), ["work second"]);
}

#[test]
fn a_scope_beside_a_shielded_function_with_tasks_is_given_up() {
    let mut run = Driven::<Calls>::start(4);
    run.cancel();
    assert_eq!(run.armed().len(), 2, "{:?}", run.armed());
    run.done("work first", &1);
    run.done("work second", &1);
    assert_eq!(completed(run.ended()), "done Err(Cancelled)");
}
