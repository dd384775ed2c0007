//! Machines that wait for many things at once: an answer to one of them, a cancellation of all, and a load, without engine and
//! store. What is counted of them is in `instructions`.

use std::collections::BTreeMap;
use std::error::Error;
use std::task::Poll;

use longhaul::Moment;
use longhaul::activity::ActivityOutcome;
use longhaul::codec::{decode, encode};
use longhaul::machine::{OpId, Process, Resolution, Step};
use longhaul::prelude::*;

/// What there are many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Branches {
    /// `join_all` of activities.
    Activities,
    /// As these, at most a hundred at once.
    Bounded,
    /// `join_all` of `async` blocks.
    Blocks,
    /// Tasks in a list, awaited in a loop.
    Tasks,
    /// `try_join_all` of functions.
    Functions,
    /// `join_all` of `async` blocks that sleep: when they are cancelled, each has to be given up.
    Sleeps,
}

impl Branches {
    pub(crate) const ALL: [Branches; 6] = [
        Branches::Activities,
        Branches::Bounded,
        Branches::Blocks,
        Branches::Tasks,
        Branches::Functions,
        Branches::Sleeps,
    ];

    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

#[activity]
async fn double(number: u32) -> u64 {
    u64::from(number) * 2
}

#[workflow]
async fn doubled(number: u32) -> Result<u64, Failure> {
    Ok(double(number).await? + 1)
}

#[derive(Default, Serialize, Deserialize)]
struct Wide {}

#[workflow]
impl Wide {
    #[run]
    async fn run(&mut self, ctx: &Context, branches: Branches, width: u32) -> Result<u64, Failure> {
        let mut sum = 0;
        match branches {
            Branches::Activities => {
                for result in join_all((0..width).map(double)).await {
                    sum += result?;
                }
            }
            Branches::Bounded => {
                for result in join_all((0..width).map(double)).concurrency(100).await {
                    sum += result?;
                }
            }
            Branches::Blocks => {
                let blocks = (0..width).map(|number| async move { double(number).await.unwrap_or_default() });
                sum = join_all(blocks).await.into_iter().sum();
            }
            Branches::Tasks => {
                let mut tasks = Vec::new();
                for number in 0..width {
                    tasks.push(ctx.spawn(double(number)));
                }
                for task in tasks {
                    sum += task.await??;
                }
            }
            Branches::Functions => {
                sum = try_join_all((0..width).map(|number| doubled(number))).await?.into_iter().sum();
            }
            Branches::Sleeps => {
                let blocks = (0..width).map(|_| async move { ctx.sleep(days(1)).await });
                sum = join_all(blocks).await.len() as u64;
            }
        }
        Ok(sum)
    }
}

/// A machine at its await, and what it waits for.
struct Waiting {
    value: Wide,
    machine: Process<Wide>,
    next_op: u64,
    armed: Vec<OpId>,
    cancelled: bool,
}

impl Waiting {
    fn begin(branches: Branches, width: u32) -> Result<Self, Box<dyn Error>> {
        let mut waiting = Waiting {
            value: Wide::default(),
            machine: Process::start((branches, width)),
            next_op: 0,
            armed: Vec::new(),
            cancelled: false,
        };
        waiting.step(BTreeMap::new())?;
        Ok(waiting)
    }

    /// Gives whether it has ended.
    fn step(&mut self, resolutions: BTreeMap<OpId, Resolution>) -> Result<bool, Box<dyn Error>> {
        let step = Step { next_op: self.next_op, resolutions, cancelled: self.cancelled, ..Step::default() };
        let ctx = Context::new("run", Moment(0), step);
        let polled = self.machine.step(&mut self.value, &ctx);
        let step = ctx.into_step();
        if let Some(fault) = step.fault {
            return Err(fault.into());
        }
        self.next_op = step.next_op;
        self.armed.extend(step.commands.iter().map(longhaul::machine::Command::op));
        match polled {
            Poll::Pending => Ok(false),
            Poll::Ready(_) => Ok(true),
        }
    }
}

/// One after the other, so many answers to a machine that is so wide.
pub(crate) fn answers(branches: Branches, width: u32, many: u64) -> Result<(), Box<dyn Error>> {
    let mut waiting = Waiting::begin(branches, width)?;
    for turn in 0..many {
        // In no order.
        let next = usize::try_from(turn.wrapping_mul(7_919))? % waiting.armed.len();
        let op = waiting.armed.swap_remove(next);
        let resolution = match branches {
            Branches::Sleeps => Resolution::TimerFired,
            _ => Resolution::Activity(ActivityOutcome::Completed(encode(&7u64)?)),
        };
        waiting.step(BTreeMap::from([(op, resolution)]))?;
    }
    Ok(())
}

/// All of them are cancelled at once.
pub(crate) fn cancel(branches: Branches, width: u32) -> Result<(), Box<dyn Error>> {
    let mut waiting = Waiting::begin(branches, width)?;
    waiting.cancelled = true;
    if waiting.step(BTreeMap::new())? { Ok(()) } else { Err("what is cancelled has not ended".into()) }
}

/// The machine is read back, and takes its first step.
pub(crate) fn reload(branches: Branches, width: u32) -> Result<(), Box<dyn Error>> {
    let mut waiting = Waiting::begin(branches, width)?;
    waiting.machine = Process::stored(waiting.machine.encoded().to_vec());
    waiting.value = decode(&encode(&waiting.value)?)?;
    waiting.step(BTreeMap::new()).map(drop)
}

/// The machine alone, at its await.
pub(crate) fn begin(branches: Branches, width: u32) -> Result<(), Box<dyn Error>> {
    Waiting::begin(branches, width).map(drop)
}
