//! Workflows of all shapes, small.

// Handlers have the form that they have.
#![allow(clippy::trivially_copy_pass_by_ref, clippy::unnecessary_wraps)]

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::prelude::*;
use crate::testing::simulation::kit::Kit;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

thread_local! {
    /// Whether the mistakes in the workflows' code are mended.
    static MENDED: Cell<bool> = const { Cell::new(true) };
}

/// Panics until the code is mended.
fn mistake(what: &str) {
    assert!(MENDED.get(), "{what}");
}

#[activity(start_to_close = "50ms", retry(initial = "100ms", max_attempts = 3))]
pub(super) async fn work(n: u64) -> Result<u64, String> {
    Ok(n * 10)
}

/// Tried without end, but for what no other attempt would mend.
#[activity(start_to_close = "1s", heartbeat = "30ms", max_concurrent = 2)]
async fn patient(n: u64) -> Result<u64, Failure> {
    Ok(n + 1)
}

#[activity(start_to_close = "40ms", cancellation = WaitCompleted, schedule_to_close = "400ms")]
async fn waited(n: u64) -> Result<u64, Failure> {
    Ok(n + 2)
}

#[activity(start_to_close = "40ms", cancellation = Abandon, schedule_to_start = "100ms", max_concurrent = 1)]
async fn abandoned(n: u64) -> Result<u64, Failure> {
    Ok(n + 3)
}

/// A bit of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Bit {
    Work(u64),
    Patient(u64),
    Waited(u64),
    Abandoned(u64),
    Sleep(u16),
    SleepLong(u8),
    InThePast,
    Approvals(u8),
    Closed,
    Race(u64, u8),
    Both(u64),
    Many(u8),
    Beside(u64),
    CancelBeside(u64),
    Scope(u64),
    Shield(u64),
    Random,
    Mistake,
    Fail,
    Call(u64),
    Step(u64),
    Crowd(u8),
    Leave(u64),
    InTime(u64, u8),
    Trigger,
    Cancelled,
}

/// Does what its input says.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Worker {
    approvals: Vec<String>,
    numbers: Vec<u64>,
    closed: bool,
    trigger: Option<Trigger<u64>>,
    /// What was pulled before there was a trigger.
    pulled: Option<u64>,
}

#[workflow]
impl Worker {
    #[run]
    async fn run(&mut self, ctx: &Context, bits: Vec<Bit>) -> Result<Vec<u64>, Failure> {
        for bit in bits {
            let number = self.bit(ctx, bit).await?;
            self.numbers.push(number);
        }
        // Some do not care.
        if self.approvals.len() < 2 {
            ctx.all_handlers_finished().await;
        }
        Ok(self.numbers.clone())
    }

    async fn bit(&mut self, ctx: &Context, bit: Bit) -> Result<u64, Failure> {
        Ok(match bit {
            Bit::Work(n) => work(n % 100).await.map_err(Failure::msg)?,
            Bit::Patient(n) => patient(n % 100).await?,
            Bit::Waited(n) => waited(n % 100).await.unwrap_or(2),
            Bit::Abandoned(n) => abandoned(n % 100).await.unwrap_or(3),
            Bit::Sleep(long) => {
                ctx.sleep(millis(u64::from(long % 300))).await;
                4
            }
            Bit::SleepLong(long) => {
                ctx.sleep(hours(u64::from(long))).await;
                5
            }
            Bit::InThePast => {
                ctx.sleep_until(ctx.now() - millis(10)).await;
                6
            }
            Bit::Approvals(count) => {
                let count = usize::from(count % 4);
                ctx.wait_until(|| self.approvals.len() >= count || self.closed).await;
                7
            }
            Bit::Closed => {
                ctx.wait_until(|| self.closed).await;
                23
            }
            Bit::Race(n, long) => {
                select! {
                    done = patient(n % 100) => done.unwrap_or(8),
                    done = work(n % 7) => done.unwrap_or(9),
                    _ = ctx.sleep(millis(u64::from(long))) => 10,
                    _ = ctx.wait_until(|| self.approvals.len() > 2) => 11,
                }
            }
            Bit::Both(n) => {
                let (one, other) = join!(work(n % 100), async {
                    ctx.sleep(millis(20)).await;
                    waited(n % 10).await
                });
                one.unwrap_or(1) + other.unwrap_or(1)
            }
            Bit::Many(count) => {
                let all = join_all((0..u64::from(count % 5)).map(|n| work(n))).await;
                all.into_iter().filter_map(Result::ok).sum()
            }
            Bit::Beside(n) => {
                let beside = ctx.spawn(async move {
                    ctx.sleep(millis(5)).await;
                    work(n % 100).await.unwrap_or(12)
                });
                ctx.sleep(millis(3)).await;
                beside.await.unwrap_or(13)
            }
            Bit::CancelBeside(n) => {
                let beside = ctx.spawn(async move { waited(n % 100).await.unwrap_or(14) });
                ctx.sleep(millis(2)).await;
                beside.cancel();
                beside.await.unwrap_or(15)
            }
            Bit::Scope(n) => {
                let inside = ctx
                    .scope(async {
                        ctx.sleep(millis(n % 50)).await;
                        abandoned(n % 100).await
                    })
                    .await;
                match inside {
                    Ok(done) => done.unwrap_or(16),
                    Err(_) => shield(work(3)).await.unwrap_or(17),
                }
            }
            Bit::Shield(n) => shield(waited(n % 100)).await.unwrap_or(18),
            Bit::Random => ctx.random::<u64>() % 1_000,
            Bit::Mistake => {
                mistake("a bit is broken");
                19
            }
            Bit::Fail => return Err(Failure::msg("as asked")),
            Bit::Call(n) => times_ten(ctx, n % 100).await?,
            Bit::Step(n) => ctx.run("step", async move { Ok::<u64, Failure>(n % 100 + 10) }).await?,
            Bit::Crowd(count) => {
                let all = join_all((0..u64::from(count % 6)).map(|n| patient(n * 5 + 4))).await;
                all.into_iter().filter_map(Result::ok).sum()
            }
            Bit::Leave(n) => {
                let left = timeout(millis(10), abandoned(n % 100)).await;
                left.map_or(24, |done| done.unwrap_or(24))
            }
            Bit::InTime(n, long) => {
                let done = timeout(millis(u64::from(long)), work(n % 100)).await;
                done.map_or(25, |done| done.unwrap_or(25))
            }
            Bit::Trigger => {
                let trigger = ctx.trigger::<u64>();
                match self.pulled.take() {
                    Some(with) => trigger.resolve(with),
                    None => self.trigger = Some(trigger.clone()),
                }
                trigger.await
            }
            Bit::Cancelled => {
                ctx.cancelled().await;
                26
            }
        })
    }

    #[signal]
    fn approve(&mut self, by: String) {
        self.approvals.push(by);
    }

    #[signal]
    fn close(&mut self) {
        self.closed = true;
    }

    #[signal]
    fn pull(&mut self, with: u64) {
        match self.trigger.take() {
            Some(trigger) => trigger.resolve(with),
            None => {
                self.pulled.get_or_insert(with);
            }
        }
    }

    #[signal]
    fn blunder(&mut self) {
        mistake("a signal's handler is broken");
        self.numbers.push(20);
    }

    #[signal]
    async fn later(&mut self, n: u8) {
        let number = work(n.into()).await.unwrap_or(21);
        self.numbers.push(number);
    }

    fn is_small(&self, number: &u64) -> Result<(), String> {
        mistake_of(*number, "a validator is broken");
        if *number % 4 == 3 || self.closed { Err(format!("{number} is refused")) } else { Ok(()) }
    }

    #[update(validate = is_small)]
    fn add(&mut self, number: u64) -> Result<usize, String> {
        mistake_of(number + 1, "an update's handler is broken");
        self.numbers.push(number % 1_000);
        Ok(self.numbers.len())
    }

    #[update]
    async fn add_later(&mut self, ctx: &Context, number: u64) -> Result<u64, Failure> {
        ctx.sleep(millis(10)).await;
        let number = patient(number % 100).await?;
        self.numbers.push(number);
        Ok(number)
    }

    #[query]
    fn numbers(&self) -> Vec<u64> {
        self.numbers.clone()
    }

    #[query]
    fn approvals(&self) -> usize {
        self.approvals.len()
    }

    #[query]
    fn broken(&self) -> u8 {
        assert!(self.approvals.len() != 1, "a query's handler is broken");
        22
    }
}

/// Panics at some numbers, until the code is mended.
fn mistake_of(number: u64, what: &str) {
    if number % 7 == 3 {
        mistake(what);
    }
}

#[workflow]
async fn times_ten(ctx: &Context, n: u64) -> Result<u64, Failure> {
    ctx.sleep(millis(1)).await;
    work(n).await.map_err(Failure::msg)
}

/// Asks twice, and waits for an answer.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Order {
    approvals: Vec<String>,
}

#[workflow]
impl Order {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u64) -> Result<u64, Failure> {
        let first = work(n).await.map_err(Failure::msg)?;
        ctx.sleep(millis(70)).await;
        ctx.wait_until(|| self.approvals.len() > 1).await;
        Ok(first)
    }

    #[signal]
    fn approve(&mut self, by: String) {
        self.approvals.push(by);
    }

    #[query]
    fn approvals(&self) -> Vec<String> {
        self.approvals.clone()
    }
}

/// All of them, with activities that fail now and then, and give now this, now that.
pub(super) fn kit() -> Rc<Kit> {
    let mut kit = workflows();
    kit.add_activity::<waited>();
    kit.add_activity::<abandoned>();
    Rc::new(kit)
}

/// All of them, with activities that give what is expected of them, some at the second attempt.
pub(super) fn plain_kit() -> Rc<Kit> {
    let mut kit = workflows();
    kit.add_played::<waited>(|_, (n,)| Ok(n + 2));
    kit.add_played::<abandoned>(|_, (n,)| Ok(n + 3));
    Rc::new(kit)
}

fn workflows() -> Kit {
    let mut kit = Kit::default();
    kit.comes_to_rest = true;
    kit.add_workflow::<Worker>(|choices| {
        // Some wait for a good while.
        let waits = choices.choose(3) > 0;
        // The state of some is large beside what happens to them.
        let count = if choices.choose(4) == 3 { 24 } else { choices.choose(6) };
        let first = waits.then_some(Bit::Closed).into_iter().map(Ok);
        first.chain((0..=count).map(|_| choices.value())).collect()
    });
    kit.add_workflow::<Order>(|choices| Ok(choices.choose(100)));
    // The first attempt fails.
    kit.add_played::<work>(|attempt, (n,)| if attempt == 1 { Err("not yet".to_owned()) } else { Ok(n * 10) });
    kit.add_played::<patient>(|attempt, (n,)| match (n % 5, attempt) {
        (1, 1) => Err(Failure::msg("not yet")),
        (2, _) => Err(Failure::msg("never").fatal()),
        (3, 1) => Err(Failure::msg("soon").retry_after(millis(7))),
        _ => Ok(n + 1),
    });
    kit.fix = Rc::new(|mended| MENDED.set(mended));
    kit
}
