//! What never waits is parked; what is many is not taken for it.

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
