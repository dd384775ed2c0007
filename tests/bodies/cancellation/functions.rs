//! What a called function sees of a cancellation.

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
