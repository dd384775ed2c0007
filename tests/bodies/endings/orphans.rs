//! Tasks whose beginner ends first.

use super::*;

#[derive(Default, Serialize, Deserialize)]
struct Orphan {
    log: Vec<String>,
}

#[workflow]
impl Orphan {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        let outer = ctx.spawn(async move {
            let inner = ctx.spawn(async move {
                let done = work_on("inner").await;
                shield(work_on("undo")).await.ok();
                self.log.push(format!("inner {}", done.is_err()));
            });
            work_on("outer").await.ok();
            inner
        });
        let inner = outer.await?;
        work_on("between").await.ok();
        Ok(format!("{:?}", inner.await))
    }
}

#[test]
fn a_task_whose_parent_has_ended_is_cancelled_with_the_run() {
    let mut run = Driven::<Orphan>::start(());
    run.done("work outer", &1);
    assert_eq!(run.armed(), ["work inner", "work between"]);
    run.cancel();
    assert_eq!(run.armed(), ["work undo"]);
    run.done("work undo", &1);
    assert_eq!(completed(run.ended()), "Ok(())");
    assert_eq!(run.value.log, ["inner true"]);
}

#[derive(Default, Serialize, Deserialize)]
struct Grandchild {
    kept: Option<Task<u32>>,
}

#[workflow]
impl Grandchild {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        let outer = ctx.spawn(async move {
            let middle = ctx.spawn(async move {
                self.kept = Some(ctx.spawn(async move { work_on("inner").await.unwrap_or(9) }));
            });
            middle.await.ok();
            work_on("outer").await.is_err()
        });
        work_on("main").await.ok();
        outer.cancel();
        let outer = outer.await;
        let inner = match self.kept.take() {
            Some(task) => format!("{:?}", task.await),
            None => "none".to_owned(),
        };
        Ok(format!("{outer:?} {inner}"))
    }
}

#[test]
fn a_task_whose_parent_has_ended_is_cancelled_with_its_grandparent() {
    let mut run = Driven::<Grandchild>::start(());
    assert_eq!(run.armed(), ["work main", "work inner", "work outer"]);
    run.done("work main", &1);
    assert_eq!(completed(run.ended()), "Ok(true) Ok(9)");
}
