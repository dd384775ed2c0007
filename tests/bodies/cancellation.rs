//! Cancellation, scopes, shields, tasks, triggers and async handlers: what each does, step by step.

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

mod of_runs {
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
}

mod scopes {
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
}

mod tasks {
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
}

mod handlers {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Refused(String);

    #[derive(Default, Serialize, Deserialize)]
    struct Desk {
        log: Vec<String>,
        answer: Option<Trigger<u32>>,
        closing: bool,
    }

    #[workflow]
    impl Desk {
        #[run]
        async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
            let answer = ctx.trigger();
            self.answer = Some(answer.clone());
            ctx.wait_until(|| self.closing).await;
            self.log.push("closing".to_owned());
            let answer = answer.await;
            ctx.all_handlers_finished().await;
            Ok(format!("{answer} {}", self.log.join(", ")))
        }

        #[signal]
        fn close(&mut self) {
            self.closing = true;
        }

        #[signal]
        fn decide(&mut self, number: u32) {
            if let Some(answer) = &self.answer {
                answer.resolve(number);
            }
        }

        #[signal]
        async fn note(&mut self, ctx: &Context, text: String) {
            self.log.push(format!("{text} begins"));
            self.closing = true;
            let done = work(text.clone()).await;
            ctx.sleep(seconds(1)).await;
            self.log.push(format!("{text} {}", done.is_ok()));
        }

        #[update]
        fn rename(&mut self, to: String) -> usize {
            self.log.push(to);
            self.log.len()
        }

        #[update(validate = is_short)]
        async fn send(&mut self, text: String) -> Result<u32, Refused> {
            self.log.push(format!("sending {text}"));
            work(text).await.map_err(|error| Refused(error.to_string()))
        }

        #[allow(clippy::unused_self)] // As validators are called.
        fn is_short(&self, text: &str) -> Result<(), Refused> {
            if text.len() < 10 { Ok(()) } else { Err(Refused(format!("{} letters", text.len()))) }
        }
    }

    #[test]
    fn an_async_signal_runs_beside_and_its_first_part_before_the_run_goes_on() {
        let mut run = Driven::<Desk>::start(());
        run.signal("note", &("a",));
        assert_eq!(run.value.log, ["a begins", "closing"]);
        run.signal("note", &("b",));
        run.signal("decide", &(3,));
        run.signal("decide", &(4,));
        assert_eq!(run.armed(), ["work a", "work b"]);
        run.done("work b", &1);
        run.fire();
        run.done("work a", &1);
        assert!(run.ended().is_none(), "it waits for the handler");
        run.fire();
        assert_eq!(completed(run.ended()), "3 a begins, closing, b begins, b true, a true");
    }

    #[test]
    fn a_trigger_that_is_resolved_before_it_is_awaited_is_remembered() {
        let mut run = Driven::<Desk>::start(());
        run.signal("decide", &(8,));
        run.signal("close", &());
        assert_eq!(completed(run.ended()), "8 closing");
    }

    #[test]
    fn updates_answer_at_once_or_when_they_are_done_and_a_refused_one_leaves_no_trace() {
        let mut run = Driven::<Desk>::start(());
        assert_eq!(run.update("first", "rename", &("x",)), None);
        assert_eq!(run.answer::<usize>("first"), Some(1));
        assert_eq!(run.update("second", "send", &("short",)), None);
        assert_eq!(run.answer::<Result<u32, Refused>>("second"), None);
        let refusal = run.update("third", "send", &("much too long",)).expect("it is refused");
        let refusal: Result<u32, Refused> = longhaul::codec::decode(&refusal).unwrap();
        assert_eq!(refusal, Err(Refused("13 letters".to_owned())));
        assert_eq!(run.value.log, ["x", "sending short"]);
        run.done("work short", &5);
        assert_eq!(run.answer("second"), Some(Ok::<u32, Refused>(5)));
    }
}

mod functions {
    use super::*;

    #[workflow]
    async fn careful(ctx: &Context, name: String, gate: Trigger<u32>) -> Result<String, Failure> {
        let beside = ctx.spawn(async move {
            let done = work_on("beside").await;
            shield(work_on("undo")).await.ok();
            done.is_err()
        });
        let opened = gate.await;
        let first = work(name).await;
        Ok(format!("{opened} {} {:?}", first.is_err(), beside.await))
    }

    #[derive(Default, Serialize, Deserialize)]
    struct Calls {
        gate: Option<Trigger<u32>>,
    }

    #[workflow]
    impl Calls {
        #[run]
        async fn run(&mut self, ctx: &Context) -> Result<String, Failure> {
            let gate = ctx.trigger();
            self.gate = Some(gate.clone());
            let scoped = ctx.scope(careful(ctx, "main".to_owned(), gate)).await;
            match scoped {
                Ok(done) => done,
                Err(Cancelled) => Ok("cancelled".to_owned()),
            }
        }

        #[signal]
        fn open(&mut self, number: u32) {
            if let Some(gate) = &self.gate {
                gate.resolve(number);
            }
        }
    }

    #[test]
    fn a_function_has_tasks_and_awaits_handles_of_its_caller() {
        let mut run = Driven::<Calls>::start(());
        assert_eq!(run.armed(), ["work beside"]);
        run.signal("open", &(4,));
        assert_eq!(run.armed(), ["work beside", "work main"]);
        run.done("work beside", &1);
        run.done("work main", &1);
        run.done("work undo", &1);
        assert_eq!(completed(run.ended()), "4 false Ok(false)");
    }

    #[test]
    fn a_cancelled_function_waits_for_the_shields_of_its_tasks() {
        let mut run = Driven::<Calls>::start(());
        run.cancel();
        assert_eq!(run.armed(), ["work undo"]);
        run.done("work undo", &1);
        assert_eq!(completed(run.ended()), "cancelled");
    }
}
