//! Runs that go through long lists to their ends, one answer at a time, without engine and store: what a turn takes, by how many
//! there are. What is counted of them is in `instructions`.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::task::Poll;

use longhaul::Moment;
use longhaul::activity::ActivityOutcome;
use longhaul::codec::encode;
use longhaul::machine::{Command, OpId, Process, Resolution, Step};
use longhaul::prelude::*;

/// How a list is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shape {
    /// Tasks in a list, awaited in a loop, their results in another list.
    Tasks,
    /// A loop over the items of a list, one call for each, the results in another list.
    Items,
    /// Items taken from a queue, to which some are added.
    Queue,
    /// Tasks in a map, taken out by their keys.
    Map,
}

impl Shape {
    pub(crate) const ALL: [Shape; 4] = [Shape::Tasks, Shape::Items, Shape::Queue, Shape::Map];

    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

#[activity]
async fn price(number: u32) -> u64 {
    u64::from(number) * 2
}

#[derive(Default, Serialize, Deserialize)]
struct Lists {}

#[workflow]
impl Lists {
    #[run]
    async fn run(&mut self, ctx: &Context, shape: Shape, width: u32) -> Result<u64, Failure> {
        let mut prices = Vec::new();
        match shape {
            Shape::Tasks => {
                let mut tasks = Vec::new();
                for number in 0..width {
                    tasks.push(ctx.spawn(price(number)));
                }
                for task in tasks {
                    prices.push(task.await??);
                }
            }
            Shape::Items => {
                let items: Vec<(u32, String)> =
                    (0..width).map(|number| (number, format!("item {number}"))).collect();
                for (number, _) in items {
                    prices.push(price(number).await?);
                }
            }
            Shape::Queue => {
                let mut queue: VecDeque<u32> = (0..width).collect();
                while let Some(number) = queue.pop_front() {
                    prices.push(price(number).await?);
                    if number % 8 == 0 {
                        queue.push_back(width + 1);
                    }
                }
            }
            Shape::Map => {
                let mut tasks = BTreeMap::new();
                for number in 0..width {
                    tasks.insert(number, ctx.spawn(price(number)));
                }
                for number in 0..width {
                    if let Some(task) = tasks.remove(&number) {
                        prices.push(task.await??);
                    }
                }
            }
        }
        Ok(prices.into_iter().sum())
    }
}

/// From the start to the end, every call answered by itself, in their order.
pub(crate) fn to_the_end(shape: Shape, width: u32) -> Result<(), Box<dyn Error>> {
    let mut value = Lists::default();
    let mut machine = Process::<Lists>::start((shape, width));
    let (mut next_op, mut calls) = (0, VecDeque::<OpId>::new());
    let answer = encode(&7u64)?;
    loop {
        let answered = calls
            .pop_front()
            .map(|op| (op, Resolution::Activity(ActivityOutcome::Completed(answer.clone()))));
        let step = Step { next_op, resolutions: answered.into_iter().collect(), ..Step::default() };
        let ctx = Context::new("run", Moment(0), step);
        let polled = machine.step(&mut value, &ctx);
        let step = ctx.into_step();
        if let Some(fault) = step.fault {
            return Err(fault.into());
        }
        next_op = step.next_op;
        calls.extend(step.commands.iter().map(Command::op));
        match polled {
            Poll::Pending if calls.is_empty() => return Err("it waits for nothing".into()),
            Poll::Pending => {}
            Poll::Ready(_) => return Ok(()),
        }
    }
}
