//! Tasks that handlers begin, keep and cancel.

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
