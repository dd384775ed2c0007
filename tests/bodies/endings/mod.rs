//! Tasks that end, are cancelled or are dropped at odd moments, step by step; and what never waits.

#![allow(clippy::unused_async)] // Activities are `async` by form.

mod endless;
mod handlers;
mod of_self;
mod orphans;
mod within_functions;

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
