//! Machines that wait for many things at once: what an answer to one of them takes does not depend on how many there are. Counted
//! is how often something is looked at: asked, encoded, or listed as waited for.
#![allow(missing_docs)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::task::Poll;

use longhaul::Moment;
use longhaul::codec::{CodecError, decode, encode};
use longhaul::machine::{
    Awaitable, Command, Ended, OpId, Process, Resolution, Step, TimerWait, Wait, WaitWriter, read_value,
};
use longhaul::prelude::*;
use serde::{Deserializer, Serializer};

thread_local! {
    static LOOKS: Cell<u64> = const { Cell::new(0) };
}

fn look() {
    LOOKS.set(LOOKS.get() + 1);
}

/// How often something is looked at in `of`.
fn looks<T>(of: impl FnOnce() -> T) -> (T, u64) {
    let before = LOOKS.get();
    (of(), LOOKS.get() - before)
}

/// An operation that is done when its timer has fired. `BY_OPERATION`: as an activity is, or as a function.
#[derive(Serialize, Deserialize)]
struct Ask<const BY_OPERATION: bool>(u64);

struct Asked<const BY_OPERATION: bool>(TimerWait, u64);

/// What it gives.
struct Answer(u64);

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        look();
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Answer)
    }
}

impl<const BY_OPERATION: bool> Awaitable for Ask<BY_OPERATION> {
    type Output = Answer;
    type Wait = Asked<BY_OPERATION>;
    fn begin(self, ctx: &Context) -> Self::Wait {
        Asked(ctx.sleep(days(1)).begin(ctx), self.0)
    }
}

impl<const BY_OPERATION: bool> Wait for Asked<BY_OPERATION> {
    type Output = Answer;
    const BY_OPERATION: bool = BY_OPERATION;

    fn poll(&mut self, ctx: &Context) -> Poll<Answer> {
        look();
        self.0.poll(ctx).map(|()| Answer(self.1))
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        look();
        self.0.armed(armed);
    }

    fn write(&self, out: &mut WaitWriter<'_>) -> Result<(), CodecError> {
        look();
        out.value(&(&self.0, self.1))
    }

    fn read(bytes: &[u8]) -> Result<Self, CodecError> {
        read_value(bytes).map(|(timer, number)| Asked(timer, number))
    }
}

/// Which of the blocks that are tried fails.
const FAILS: u64 = 1_000;

/// What there are many of.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Branches {
    All,
    AllOfFunctions,
    TryAll,
    Bounded,
    Blocks,
    TryBlocks,
    Tasks,
}

const BRANCHES: [Branches; 7] = [
    Branches::All,
    Branches::AllOfFunctions,
    Branches::TryAll,
    Branches::Bounded,
    Branches::Blocks,
    Branches::TryBlocks,
    Branches::Tasks,
];

#[workflow]
async fn asked(number: u64) -> Result<u64, Failure> {
    Ok(Ask::<true>(number).await.0)
}

#[derive(Default, Serialize, Deserialize)]
struct Wide {}

#[workflow]
impl Wide {
    #[run]
    async fn run(&mut self, ctx: &Context, branches: Branches, width: u64) -> Result<u64, Failure> {
        let sum = |answers: Vec<Answer>| answers.into_iter().map(|answer| answer.0).sum::<u64>();
        match branches {
            Branches::All => Ok(sum(join_all((0..width).map(Ask::<true>)).await)),
            Branches::AllOfFunctions => Ok(sum(join_all((0..width).map(Ask::<false>)).await)),
            Branches::TryAll => {
                Ok(try_join_all((0..width).map(|number| asked(number))).await?.into_iter().sum())
            }
            Branches::Bounded => Ok(sum(join_all((0..width).map(Ask::<true>)).concurrency(50).await)),
            Branches::Blocks => {
                let blocks = (0..width).map(|number| async move { Ask::<true>(number).await });
                Ok(sum(join_all(blocks).await))
            }
            Branches::TryBlocks => {
                let blocks = (0..width).map(|number| async move {
                    let answer = Ask::<true>(number).await;
                    if number == FAILS { Err("it fails".to_owned()) } else { Ok(answer) }
                });
                match try_join_all(blocks).await {
                    Ok(answers) => Ok(sum(answers)),
                    Err(_) => Ok(Ask::<true>(1).await.0),
                }
            }
            Branches::Tasks => {
                let mut tasks = Vec::new();
                for number in 0..width {
                    tasks.push(ctx.spawn(async move { Ask::<true>(number).await }));
                }
                let mut sum = 0;
                for task in tasks {
                    sum += task.await?.0;
                }
                Ok(sum)
            }
        }
    }
}

/// A machine that is stepped by hand.
struct Driven {
    value: Wide,
    machine: Process<Wide>,
    next_op: u64,
    cancelled: bool,
    armed: Vec<OpId>,
    ended: Option<Ended<u64, Failure>>,
}

impl Driven {
    fn start(branches: Branches, width: u64) -> Self {
        let mut driven = Driven {
            value: Wide::default(),
            machine: Process::start((branches, width)),
            next_op: 0,
            cancelled: false,
            armed: Vec::new(),
            ended: None,
        };
        driven.step(BTreeMap::new());
        driven
    }

    fn step(&mut self, resolutions: BTreeMap<OpId, Resolution>) {
        let step = Step { next_op: self.next_op, resolutions, cancelled: self.cancelled, ..Step::default() };
        let ctx = Context::new("run", Moment(0), step);
        let polled = self.machine.step(&mut self.value, &ctx);
        let step = ctx.into_step();
        assert_eq!(step.fault, None);
        self.next_op = step.next_op;
        self.armed.extend(step.commands.iter().map(Command::op));
        if let Poll::Ready(ended) = polled {
            self.ended = Some(ended);
        }
    }

    /// One of those that are waited for is done: in no order.
    fn answer(&mut self, turn: usize) {
        let op = self.armed.swap_remove(turn * 7_919 % self.armed.len());
        self.step(BTreeMap::from([(op, Resolution::TimerFired)]));
    }

    /// The same, as it is read back.
    fn stored(&self) -> Self {
        let mut stored = Driven {
            value: decode(&encode(&self.value).unwrap()).unwrap(),
            machine: Process::stored(self.machine.encoded().to_vec()),
            next_op: self.next_op,
            cancelled: self.cancelled,
            armed: self.armed.clone(),
            ended: None,
        };
        stored.step(BTreeMap::new());
        stored
    }
}

#[test]
fn what_is_written_in_parts_is_what_is_written_at_once() {
    for branches in BRANCHES {
        let width = 300;
        let mut driven = Driven::start(branches, width);
        let mut turn = 0;
        while driven.ended.is_none() {
            if turn % 13 == 0 {
                let stored = driven.stored();
                assert_eq!(stored.machine.encoded(), driven.machine.encoded(), "{branches:?}");
                let (mut read, mut kept) =
                    (stored.machine.armed().into_owned(), driven.machine.armed().into_owned());
                read.sort_unstable();
                kept.sort_unstable();
                assert_eq!(read, kept, "{branches:?}");
                if turn % 2 == 0 {
                    driven = stored;
                }
            }
            driven.answer(turn);
            turn += 1;
        }
        assert_eq!(driven.ended, Some(Ended::Completed(width * (width - 1) / 2)), "{branches:?}");
    }
}

#[test]
fn an_answer_to_one_of_thousands_takes_as_much_as_to_one_of_hundreds() {
    for branches in BRANCHES {
        let of = |width| {
            let mut driven = Driven::start(branches, width);
            // The first is the one at which some learn what they wait for.
            driven.answer(1);
            looks(|| (2..52).for_each(|turn| driven.answer(turn))).1
        };
        let (hundreds, thousands) = (of(300), of(3_000));
        assert!(hundreds > 0 && thousands <= hundreds * 3 / 2, "{branches:?}: {hundreds}, {thousands}");
    }
}

#[test]
fn what_is_read_back_is_looked_at_so_often_as_there_are_branches() {
    for branches in BRANCHES {
        let of = |width| {
            let driven = Driven::start(branches, width);
            looks(|| driven.stored()).1
        };
        let (hundreds, thousands) = (of(200), of(2_000));
        assert!(hundreds > 0 && thousands <= hundreds * 11, "{branches:?}: {hundreds}, {thousands}");
    }
}

#[test]
fn a_cancellation_looks_at_each_branch_so_often_whatever_their_number() {
    for branches in BRANCHES {
        let of = |width| {
            let mut driven = Driven::start(branches, width);
            driven.cancelled = true;
            let ((), looks) = looks(|| driven.step(BTreeMap::new()));
            assert!(matches!(driven.ended, Some(Ended::Cancelled(_))), "{branches:?}");
            looks
        };
        let (hundreds, thousands) = (of(200), of(2_000));
        assert!(hundreds > 0 && thousands <= hundreds * 11, "{branches:?}: {hundreds}, {thousands}");
    }
}

#[test]
fn the_first_error_of_thousands_drops_the_others_and_looks_at_each_so_often_whatever_their_number() {
    let of = |width| {
        let mut driven = Driven::start(Branches::TryBlocks, width);
        let failing = driven.armed[usize::try_from(FAILS).unwrap()];
        let ((), looks) = looks(|| driven.step(BTreeMap::from([(failing, Resolution::TimerFired)])));
        assert_eq!(driven.ended, None);
        assert_eq!(driven.machine.armed().len(), 1, "the others are waited for no more");
        looks
    };
    let (few, many) = (of(1_001), of(5_005));
    assert!(few > 0 && many <= few * 11 / 2, "{few}, {many}");
}
