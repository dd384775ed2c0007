//! Tasks that end, are cancelled or are dropped at odd moments, step by step; and what never waits.

#![allow(clippy::unused_async)] // Activities are `async` by form.

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

fn completed(ended: Option<&Ended<String, Failure>>) -> &str {
    match ended {
        Some(Ended::Completed(text)) => text,
        other => panic!("{other:?}"),
    }
}

mod orphans {
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
}

mod within_functions {
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
}

mod dropped_at_once {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    struct Drops {
        begun: u32,
        went_on: u32,
    }

    #[workflow]
    impl Drops {
        #[run]
        async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
            drop(ctx.spawn(async move {
                self.begun += 1;
                work_on("dropped").await.ok();
                self.went_on += 1;
            }));
            let mut kept = ctx.spawn(work_on("replaced"));
            kept = ctx.spawn(work_on("kept"));
            work_on("main").await.ok();
            let kept = kept.await?;
            Ok(format!("{kept:?} {} {}", self.begun, self.went_on))
        }
    }

    #[test]
    fn of_a_task_that_is_dropped_as_it_is_spawned_nothing_is_sent_and_nothing_goes_on() {
        let mut run = Driven::<Drops>::start(());
        assert_eq!(run.armed(), ["work main", "work kept"]);
        run.done("work kept", &5);
        run.done("work main", &1);
        // It went to its first await, as the guide says.
        assert_eq!(completed(run.ended()), "Ok(5) 1 0");
    }
}

mod handles_in_values {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    struct Passes {
        box_: Option<Trigger<Task<u32>>>,
    }

    #[workflow]
    impl Passes {
        #[run]
        async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
            let passed = ctx.trigger::<Task<u32>>();
            passed.resolve(ctx.spawn(async move { work_on("task").await.unwrap_or(0) }));
            work_on("main").await.ok();
            let task = passed.await;
            Ok(format!("{:?}", task.await))
        }
    }

    #[test]
    fn a_task_that_a_trigger_was_resolved_with_is_kept() {
        let mut run = Driven::<Passes>::start(());
        assert_eq!(run.armed(), ["work main", "work task"]);
        run.done("work main", &1);
        run.done("work task", &5);
        assert_eq!(completed(run.ended()), "Ok(5)");
    }
}

mod strays {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    struct Gate {
        open: Option<Trigger<u32>>,
    }

    #[workflow]
    impl Gate {
        #[run]
        async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
            let open = ctx.trigger::<u32>();
            self.open = Some(open.clone());
            Ok(format!("{}", open.await))
        }

        #[query]
        fn peek(&self) -> bool {
            if let Some(open) = &self.open {
                open.resolve(1);
            }
            true
        }

        #[signal]
        #[allow(clippy::unused_self)] // As a signal is.
        fn nothing(&mut self) {}
    }

    #[test]
    fn what_a_query_asks_for_is_nobodys() {
        let one = Driven::<Gate>::start(());
        let mut other = Driven::<Gate>::start(());
        assert!(one.value.peek());
        other.signal("nothing", &());
        assert!(other.ended().is_none(), "{:?}", other.ended());
    }
}

mod endless {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    struct Endless {
        turn: u32,
        tasks: Vec<Task<()>>,
    }

    #[workflow]
    impl Endless {
        #[run]
        async fn run(&mut self, ctx: &Context, kind: u32) -> Result<String, Failure> {
            match kind {
                0 => loop {
                    work_on("again").await.ok();
                },
                1 => {
                    work_on("once").await.ok();
                    loop {
                        ctx.cancelled().await;
                    }
                }
                2 => loop {
                    ctx.scope(ctx.sleep(days(1))).await.ok();
                },
                3 => loop {
                    ctx.spawn(async move { ctx.sleep(days(1)).await }).await.ok();
                },
                4 => loop {
                    select! {
                        done = work_on("work") => drop(done),
                        () = ctx.cancelled() => self.turn += 1,
                    }
                },
                5 => {
                    for me in 0..2_u32 {
                        self.tasks.push(ctx.spawn(async move {
                            loop {
                                ctx.wait_until(|| self.turn % 2 == me).await;
                                self.turn += 1;
                            }
                        }));
                    }
                    work_on("once").await.ok();
                    Ok(String::new())
                }
                6 => loop {
                    join_all((0..2).map(|_| work_on("work"))).await;
                },
                7 => {
                    let mut next = ctx.spawn(Self::begin_another(0));
                    loop {
                        next = ctx.spawn(Self::begin_another(next.await?));
                    }
                }
                _ => self.again().await,
            }
        }

        async fn begin_another(number: u32) -> u32 {
            number + 1
        }

        async fn again(&mut self) -> Result<String, Failure> {
            loop {
                self.turn = self.turn.wrapping_add(1);
                drop(timeout(seconds(5), work_on("again")).await);
            }
        }
    }

    #[test]
    fn a_transition_that_never_waits_panics() {
        for kind in 0..9 {
            let ends = std::panic::catch_unwind(|| {
                let mut run = Driven::<Endless>::start(kind);
                run.cancel();
                run.ended().is_some()
            });
            let panic = ends.expect_err("it does not come here");
            let text = panic.downcast_ref::<String>().expect("a text");
            assert!(text.contains("without waiting for anything"), "{kind}: {text}");
        }
    }

    #[derive(Default, Serialize, Deserialize)]
    struct Many {}

    #[workflow]
    impl Many {
        #[run]
        async fn run(&mut self, _ctx: &Context, items: u32) -> Result<String, Failure> {
            let all = join_all((0..items).map(|item| work(item.to_string()))).await;
            let mut refused = 0;
            for item in 0..1000 {
                refused += u32::from(work(item.to_string()).await.is_err());
            }
            let lost = all.iter().filter(|done| done.is_err()).count();
            Ok(format!("{lost} {refused}"))
        }
    }

    #[test]
    fn many_that_are_cancelled_are_no_endless_loop() {
        let mut run = Driven::<Many>::start(150_000);
        run.cancel();
        assert_eq!(completed(run.ended()), "150000 1000");
    }
}

mod of_self {
    use super::*;

    #[activity]
    async fn num(number: u32) -> u32 {
        number
    }

    #[derive(Default, Serialize, Deserialize)]
    struct BlocksOfSelf {
        log: Vec<String>,
        items: Vec<u32>,
        count: u32,
    }

    impl BlocksOfSelf {
        fn note(&mut self, text: impl std::fmt::Display) {
            self.log.push(text.to_string());
        }
    }

    #[workflow]
    impl BlocksOfSelf {
        #[run]
        pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
            let task = ctx.spawn(async move {
                for x in 0..n {
                    let got = num(x).await.unwrap();
                    self.note(got);
                    self.items.push(got);
                    let more = self.items.len() as u32;
                    self.count += num(more).await.unwrap();
                }
                self.helper(n).await
            });
            let helped = self.helper(1).await;
            self.note("main");
            let got = task.await?;
            Ok(format!("{helped} {got} {} {:?}", self.count, self.items))
        }

        async fn helper(&mut self, x: u32) -> u32 {
            let got = num(x).await.unwrap();
            self.note(format!("helper {got}"));
            got + self.count
        }
    }

    #[derive(Default, Serialize, Deserialize)]
    struct SpawningMethods {
        log: Vec<String>,
    }

    impl SpawningMethods {
        fn note(&mut self, text: impl std::fmt::Display) {
            self.log.push(text.to_string());
        }
    }

    #[workflow]
    impl SpawningMethods {
        #[run]
        pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
            let one = self.begin(ctx, n).await;
            let two = self.both(ctx, n).await;
            let three = self.begin(ctx, 4).await;
            Ok(format!("{} {two:?} {}", one.await?, three.await?))
        }

        async fn begin(&mut self, ctx: &Context, n: u32) -> Task<u32> {
            let before = num(n).await.unwrap();
            self.note(before);
            ctx.spawn(async move { num(before).await.unwrap() + n })
        }

        async fn twice(n: u32) -> u32 {
            num(n).await.unwrap() * 2
        }

        async fn both(&mut self, ctx: &Context, n: u32) -> (u32, Vec<u32>) {
            let task = ctx.spawn(async move {
                self.note("in both");
                num(n).await.unwrap()
            });
            let all = join_all((0..n).map(|x| async move { num(x).await.unwrap() })).await;
            (task.await.unwrap(), all)
        }
    }

    /// Answers each activity with ten times what it is called with, the first that is waited for first.
    fn answer_all<W: Workflow<Output = String, Error = Failure>>(run: &mut Driven<W>) -> String {
        for _ in 0..100 {
            if run.ended().is_some() {
                break;
            }
            let first = run.armed()[0].to_owned();
            let number: u32 = first.trim_start_matches("num ").parse().unwrap();
            run.done(&first, &(number * 10));
        }
        completed(run.ended()).to_owned()
    }

    #[test]
    fn blocks_use_self_and_the_context() {
        let mut run = Driven::<BlocksOfSelf>::start(3);
        answer_all(&mut run);
        assert_eq!(run.value.items, [0, 10, 20]);
        assert_eq!(run.value.log, ["helper 10", "main", "0", "10", "20", "helper 30"]);
    }

    #[test]
    fn methods_spawn_and_give_tasks() {
        let mut run = Driven::<SpawningMethods>::start(3);
        assert_eq!(answer_all(&mut run), "303 (30, [0, 10, 20]) 404");
    }
}

mod handlers {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    struct Desk {
        log: Vec<String>,
        job: Option<Task<u32>>,
        closed: bool,
    }

    #[workflow]
    impl Desk {
        #[run]
        async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
            ctx.wait_until(|| self.closed).await;
            ctx.all_handlers_finished().await;
            Ok(self.log.join(", "))
        }

        #[signal]
        async fn begin(&mut self, ctx: &Context, name: String) {
            let task = ctx.spawn(async move {
                let done = work(name).await;
                done.unwrap_or(0)
            });
            if let Some(old) = self.job.replace(task) {
                old.cancel();
                let old = old.await;
                self.log.push(format!("old {old:?}"));
            }
        }

        #[signal]
        fn stop(&mut self) {
            if let Some(job) = &self.job {
                job.cancel();
                job.cancel();
            }
        }

        #[signal]
        fn forget(&mut self) {
            self.job = None;
        }

        #[signal]
        async fn finish(&mut self, ctx: &Context) {
            if let Some(mut job) = self.job.take() {
                let done = select! {
                    done = &mut job => format!("{done:?}"),
                    () = ctx.sleep(hours(1)) => "late".to_owned(),
                };
                self.log.push(done);
            }
            self.closed = true;
        }

        #[query]
        fn lines(&self) -> usize {
            self.log.len()
        }
    }

    #[test]
    fn a_task_of_a_handler_that_has_ended_is_kept_in_the_value() {
        let mut run = Driven::<Desk>::start(());
        run.signal("begin", &("a",));
        assert_eq!(run.armed(), ["work a"]);
        run.signal("finish", &());
        assert_eq!(run.armed().len(), 2);
        run.done("work a", &4);
        assert_eq!(completed(run.ended()), "Ok(4)");
    }

    #[test]
    fn another_handler_cancels_it_twice() {
        let mut run = Driven::<Desk>::start(());
        run.signal("begin", &("a",));
        run.signal("stop", &());
        assert!(run.armed().is_empty(), "{:?}", run.armed());
        run.signal("stop", &());
        run.signal("begin", &("b",));
        assert_eq!(run.value.log, ["old Ok(0)"]);
        run.signal("finish", &());
        run.fire();
        assert_eq!(completed(run.ended()), "old Ok(0), late");
    }

    #[test]
    fn a_handle_that_is_overwritten_in_the_value_cancels() {
        let mut run = Driven::<Desk>::start(());
        run.signal("begin", &("a",));
        run.signal("forget", &());
        assert!(run.armed().is_empty(), "{:?}", run.armed());
    }

    #[test]
    fn a_cancelled_run_cancels_what_a_handler_left() {
        let mut run = Driven::<Desk>::start(());
        run.signal("begin", &("a",));
        run.cancel();
        assert!(matches!(run.ended(), Some(Ended::Cancelled(None))), "{:?}", run.ended());
    }
}
