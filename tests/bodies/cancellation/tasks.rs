//! Tasks that are cancelled or dropped.

use super::*;

#[derive(Default, Serialize, Deserialize)]
struct Cancels {
    log: Vec<String>,
}

#[workflow]
impl Cancels {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        let outer = ctx.spawn(async move {
            let inner = ctx.spawn(async move {
                let done = work_on("inner").await;
                self.log.push(format!("inner {}", done.is_err()));
                ctx.sleep(days(1)).await;
                self.log.push("never".to_owned());
            });
            let inner = inner.await;
            self.log.push(format!("outer sees {inner:?}"));
            let undone = shield(work_on("undo")).await;
            self.log.push(format!("undone {}", undone.is_ok()));
            "ended by itself".to_owned()
        });
        work_on("main").await?;
        outer.cancel();
        let outer = outer.await;
        let lost = ctx.spawn(async move { ctx.sleep(days(1)).await });
        lost.cancel();
        Ok(format!("{outer:?} {:?} {}", lost.await, ctx.is_cancelled()))
    }
}

#[test]
fn cancelling_a_task_goes_down_the_tree_and_no_further() {
    let mut run = Driven::<Cancels>::start(());
    assert_eq!(run.armed(), ["work main", "work inner"]);
    run.done("work main", &0);
    assert_eq!(run.value.log, ["inner true", "outer sees Err(Cancelled)"]);
    assert_eq!(run.armed(), ["work undo"]);
    run.done("work undo", &0);
    assert_eq!(completed(run.ended()), "Ok(\"ended by itself\") Err(Cancelled) false");
}

#[derive(Default, Serialize, Deserialize)]
struct Drops {
    log: Vec<String>,
    kept: Vec<Task<u32>>,
}

#[workflow]
impl Drops {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        {
            let _in_block = ctx.spawn(work_on("in block"));
            work_on("first").await?;
        }
        ctx.spawn(async move {
            let done = work_on("detached").await;
            self.log.push(format!("detached {}", done.is_ok()));
        })
        .detach();
        self.kept.push(ctx.spawn(async move { work_on("kept").await.unwrap_or(9) }));
        let won = select! {
            lost = ctx.spawn(work_on("lost")) => format!("{lost:?}"),
            won = work_on("won") => format!("{won:?}"),
        };
        work_on("second").await?;
        let mut sum = 0;
        while let Some(task) = self.kept.pop() {
            sum += task.await?;
        }
        Ok(format!("{won} {sum}"))
    }
}

#[test]
fn a_dropped_task_is_cancelled_a_detached_one_is_not_and_any_place_keeps_one() {
    let mut run = Driven::<Drops>::start(());
    assert_eq!(run.armed(), ["work first", "work in block"]);
    run.done("work first", &0);
    assert_eq!(run.armed(), ["work won", "work detached", "work kept", "work lost"]);
    run.done("work won", &1);
    assert_eq!(run.armed(), ["work detached", "work kept", "work second"]);
    run.done("work detached", &1);
    assert_eq!(run.value.log, ["detached true"]);
    run.done("work kept", &5);
    run.done("work second", &1);
    assert_eq!(completed(run.ended()), "Ok(1) 5");
}

#[test]
fn a_cancelled_run_cancels_its_tasks_but_not_the_detached() {
    let mut run = Driven::<Drops>::start(());
    run.done("work first", &0);
    run.cancel();
    // `won` is cancelled, and its `?`-less value goes on; `second` is cancelled at once, and escapes.
    assert!(matches!(run.ended(), Some(Ended::Cancelled(Some(_)))), "{:?}", run.ended());
}

#[derive(Default, Serialize, Deserialize)]
struct Outlives {
    log: Vec<String>,
}

#[workflow]
impl Outlives {
    #[run]
    async fn run(&mut self, ctx: &Context, spawned: bool) -> Result<String, Failure> {
        if spawned {
            select! {
                _ = ctx.spawn(async move {
                    shield(async {
                        work_on("undo").await.ok();
                        self.log.push("undone".to_owned());
                    })
                    .await;
                }) => {}
                _ = work_on("won") => {}
            }
        } else {
            select! {
                _ = shield(work_on("undo")) => {}
                _ = work_on("won") => {}
            }
        }
        work_on("last").await?;
        Ok(self.log.join(", "))
    }
}

#[test]
fn a_shield_ends_with_a_branch_that_has_lost_and_not_with_a_task() {
    let mut run = Driven::<Outlives>::start(false);
    assert_eq!(run.armed(), ["work undo", "work won"]);
    run.done("work won", &1);
    assert_eq!(run.armed(), ["work last"]);
    let mut run = Driven::<Outlives>::start(true);
    run.done("work won", &1);
    assert_eq!(run.armed(), ["work undo", "work last"]);
    run.done("work undo", &1);
    assert_eq!(run.value.log, ["undone"]);
    run.done("work last", &1);
    assert_eq!(completed(run.ended()), "undone");
}

#[derive(Default, Serialize, Deserialize)]
struct Forgets {}

#[workflow]
impl Forgets {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
        let mut total = 0;
        let mut tasks = Vec::new();
        for number in 0..3_u32 {
            tasks.push(ctx.spawn(async move {
                let found = work(format!("part {number}")).await.unwrap_or(0);
                found * number
            }));
        }
        for task in tasks.drain(1..).collect::<Vec<_>>() {
            total += task.await?;
        }
        Ok(format!("{total} {}", tasks.len()))
    }
}

#[test]
fn a_task_that_is_done_before_it_is_awaited_keeps_its_output() {
    let mut run = Driven::<Forgets>::start(());
    run.done("work part 2", &100);
    run.done("work part 0", &7);
    assert_eq!(run.armed(), ["work part 1"]);
    run.done("work part 1", &10);
    assert_eq!(completed(run.ended()), "210 1");
}
