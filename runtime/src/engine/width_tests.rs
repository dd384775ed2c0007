//! What a fan-out writes, by its width and by how its results come in: the bytes of all batches, counted.

use super::*;
use crate::codec::encode;
use crate::core::{Asker, AttemptEnd, Limits, Order, Registry, Starting, WorkflowType};
use crate::engine::recover::{Recovered, recover};
use crate::prelude::*;
use crate::store::MemoryDisk;
use crate::{Activity, Workflow};

#[activity]
async fn double(number: u32) -> u64 {
    u64::from(number) * 2
}

#[workflow]
async fn doubled(number: u32) -> Result<u64, Failure> {
    Ok(double(number).await? + 1)
}

/// What there are many of.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Branches {
    Calls,
    /// Each with two calls, one after the other.
    Blocks,
    Functions,
    /// In a list, awaited in a loop.
    Tasks,
}

const BRANCHES: [Branches; 4] = [Branches::Calls, Branches::Blocks, Branches::Functions, Branches::Tasks];

#[derive(Default, Serialize, Deserialize)]
struct FanOut {}

#[workflow]
impl FanOut {
    #[run]
    async fn run(&mut self, ctx: &Context, branches: Branches, width: u32) -> Result<u64, Failure> {
        let mut sum = 0;
        match branches {
            Branches::Calls => {
                for result in join_all((0..width).map(double)).await {
                    sum += result?;
                }
            }
            Branches::Blocks => {
                let blocks = (0..width).map(|number| async move {
                    let twice = double(number).await.unwrap_or_default();
                    let again = double(number).await.unwrap_or_default();
                    twice.max(again)
                });
                sum = join_all(blocks).await.into_iter().sum();
            }
            Branches::Functions => {
                sum = try_join_all((0..width).map(|number| doubled(number))).await?.into_iter().sum();
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
        }
        Ok(sum)
    }
}

/// The bytes of what was written, keys and values.
#[derive(Debug, Default)]
struct Written {
    /// The state after the first transition.
    first_state: usize,
    /// The states after it.
    states: usize,
    log: usize,
    rest: usize,
    transitions: usize,
}

impl Written {
    fn all(&self) -> usize {
        self.first_state + self.states + self.log + self.rest
    }

    fn note(&mut self, batch: &Batch) {
        for write in batch.writes() {
            let length = write.key.len() + write.value.map_or(0, <[u8]>::len);
            match write.table {
                Table::Runs if self.first_state == 0 => self.first_state = length,
                Table::Runs => self.states += length,
                Table::Log => {
                    self.log += length;
                    self.transitions += 1;
                }
                _ => self.rest += length,
            }
        }
    }
}

struct Nobody;

impl<A> Asker<A> for Nobody {
    fn send(self: Box<Self>, _: A) {}

    fn is_gone(&self) -> bool {
        true
    }
}

/// Runs a fan-out to its end; so many results come at a time.
fn fan_out(branches: Branches, width: u32, at_a_time: usize) -> Written {
    let mut registry = Registry::default();
    registry.add_workflow(WorkflowType::of::<FanOut>());
    registry.add_activity(double::NAME, double::options());
    let store = Arc::new(MemoryDisk::new().store());
    let limits = Limits { attempts: 1_000_000, ..Limits::default() };
    let Recovered { mut driver, .. } =
        recover(store.clone(), registry, limits).expect("an empty store can be read");
    let input = encode(&(branches, width)).expect("numbers can be encoded");
    let (id, reply) = ("wide".to_owned(), Reply::new(Nobody));
    let starting = Starting { workflow: FanOut::NAME, id, input, seed: 1, reply, ending: None };

    let (mut written, mut calls) = (Written::default(), VecDeque::new());
    let mut work = vec![Work::Input(Input::Start(starting))];
    // A moment of our time, which has as many bytes as moments have.
    for micros in 1_700_000_000_000_000.. {
        if let Some(batch) = driver.turn(Moment(micros), work).expect("the store can be read") {
            written.note(&batch);
            store.commit(&batch).expect("no fault is asked for");
            driver.landed();
        }
        for effect in driver.let_out() {
            if let Effect::Attempt(Order::Start { task, .. }) = effect {
                calls.push_back(task);
            }
        }
        if calls.is_empty() {
            break;
        }
        let output = encode(&7u64).expect("a number can be encoded");
        let answered = calls.drain(..calls.len().min(at_a_time));
        work = answered
            .map(|task| {
                let end = AttemptEnd::Completed(output.clone());
                Work::Input(Input::Attempted { task, attempt: 1, end, details: None })
            })
            .collect();
    }
    assert_eq!(driver.shard().open_runs(), 0, "the fan-out has ended");
    written
}

#[test]
fn ten_times_the_branches_are_ten_times_the_bytes() {
    for branches in BRANCHES {
        // All at once, a tenth at a time, one by one.
        for (few, at_a_time) in [(500, 1), (500, 10), (200, usize::MAX)] {
            let written = |width: u32| fan_out(branches, width, (width as usize / at_a_time).max(1)).all();
            let (narrow, wide) = (written(few), written(10 * few));
            // A number below 256 has a byte less than one above it, and one below 24 two.
            assert!(
                100 * wide <= 1_020 * narrow,
                "{branches:?}: {few} write {narrow} bytes, ten times as many {wide}"
            );
        }
    }
}

/// So where few come in one transition and many take ten, which no tenth of them would, the many write more than ten times the
/// bytes, and it is known by how much at most.
#[test]
fn states_after_the_first_are_no_more_than_the_log() {
    for branches in BRANCHES {
        for at_a_time in [1, 30, 300] {
            let written = fan_out(branches, 1_000, at_a_time);
            let log = written.log + crate::core::LOG_ENTRY * written.transitions;
            assert!(written.states <= log, "{branches:?}, {at_a_time} at a time: {written:?}");
        }
    }
}

/// What has waited goes on in one transition however wide it is: that is no endless loop.
#[test]
fn more_blocks_end_in_one_transition_than_code_may_go_on_without_waiting() {
    let written = fan_out(Branches::Blocks, 10_100, usize::MAX);
    assert_eq!(written.transitions, 3);
}
