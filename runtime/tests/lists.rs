//! Long lists that a loop takes apart, or that grow: of their items those are written that have come or gone, and what is written is the
//! same as if all of them were. Counted is how often one is.
#![allow(missing_docs)]

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::task::Poll;

use longhaul::Moment;
use longhaul::codec::{decode, encode};
use longhaul::machine::{Command, OpId, Process, Resolution, Step};
use longhaul::prelude::*;
use serde::{Deserializer, Serializer};

thread_local! {
    static WRITTEN: Cell<u64> = const { Cell::new(0) };
}

#[derive(Debug, Clone, PartialEq)]
struct Item(u64);

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.set(WRITTEN.get() + 1);
        (self.0, "an item").serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <(u64, String)>::deserialize(deserializer).map(|(number, _)| Item(number))
    }
}

/// How a list comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Shape {
    Loop,
    LoopOverTasks,
    Loops,
    Grows,
    GrowsInBursts,
    Queue,
    Worklist,
    Borrowed,
    Rows,
    Changes,
    Breaks,
    Cells,
    Locks,
}

const SHAPES: [Shape; 13] = [
    Shape::Loop,
    Shape::LoopOverTasks,
    Shape::Loops,
    Shape::Grows,
    Shape::GrowsInBursts,
    Shape::Queue,
    Shape::Worklist,
    Shape::Borrowed,
    Shape::Rows,
    Shape::Changes,
    Shape::Breaks,
    Shape::Cells,
    Shape::Locks,
];

fn items(width: u64) -> Vec<Item> {
    (0..width).map(Item).collect()
}

#[derive(Default, Serialize, Deserialize)]
struct Lists {}

#[workflow]
impl Lists {
    #[run]
    async fn run(&mut self, ctx: &Context, shape: Shape, width: u64) -> Result<u64, Failure> {
        let mut sum = 0;
        match shape {
            Shape::Loop => {
                for item in items(width) {
                    ctx.sleep(days(1)).await;
                    sum += item.0;
                }
            }
            Shape::LoopOverTasks => {
                let (mut tasks, mut results) = (Vec::new(), Vec::new());
                for number in 0..width {
                    tasks.push(ctx.spawn(async move {
                        ctx.sleep(days(1)).await;
                        Item(number)
                    }));
                }
                for task in tasks {
                    results.push(task.await?);
                }
                sum += results.iter().map(|item| item.0).sum::<u64>();
            }
            // Each turn of the outer loop takes the slot of the inner list for another.
            Shape::Loops => {
                for (first, many) in [(0, width / 2), (width / 2, width - width / 2)] {
                    for item in items(many) {
                        ctx.sleep(days(1)).await;
                        sum += first + item.0;
                    }
                }
            }
            Shape::Grows => {
                let mut results = Vec::new();
                for number in 0..width {
                    ctx.sleep(days(1)).await;
                    results.push(Item(number));
                }
                sum += results.into_iter().map(|item| item.0).sum::<u64>();
            }
            Shape::GrowsInBursts => {
                let mut results = VecDeque::new();
                for number in 0..width / 5 {
                    ctx.sleep(days(1)).await;
                    results.push_back(Item(5 * number));
                    results.extend((1..5).map(|more| Item(5 * number + more)));
                }
                sum += results.into_iter().map(|item| item.0).sum::<u64>();
            }
            Shape::Queue => {
                let mut queue = VecDeque::from(items(width));
                while let Some(item) = queue.pop_front() {
                    ctx.sleep(days(1)).await;
                    sum += item.0;
                }
            }
            // Less at the front and more at the end, in one transition.
            Shape::Worklist => {
                let mut queue = VecDeque::from(items(width));
                while let Some(item) = queue.pop_front() {
                    ctx.sleep(days(1)).await;
                    sum += item.0;
                    if item.0 % 3 == 0 && item.0 < 1_000 {
                        queue.push_back(Item(item.0 + 1_000));
                    }
                }
            }
            Shape::Borrowed => {
                let (list, mut results) = (items(width), Vec::new());
                for item in &list {
                    ctx.sleep(days(1)).await;
                    results.push(item.clone());
                }
                for (place, item) in results.iter().enumerate() {
                    ctx.sleep(days(1)).await;
                    sum += place as u64 * item.0;
                }
            }
            // All at once, in another order, and less at each end.
            Shape::Rows => {
                let mut queue = VecDeque::from(items(width));
                for turn in 0..10 {
                    for _ in 0..2 {
                        queue.pop_front();
                    }
                    ctx.sleep(days(1)).await;
                    queue.push_back(Item(turn));
                    ctx.sleep(days(1)).await;
                    queue.pop_front();
                    queue.push_back(Item(turn));
                    ctx.sleep(days(1)).await;
                    queue.rotate_left(3);
                    ctx.sleep(days(1)).await;
                    let list: VecDeque<Item> = queue.iter().rev().cloned().collect();
                    queue = list;
                    queue.push_back(Item(turn));
                    ctx.sleep(days(1)).await;
                }
                sum += queue.iter().enumerate().map(|(place, item)| place as u64 * item.0).sum::<u64>();
            }
            Shape::Changes => {
                let mut list = items(width);
                for turn in 0..20 {
                    ctx.sleep(days(1)).await;
                    list.push(Item(turn));
                    ctx.sleep(days(1)).await;
                    list[3] = Item(turn);
                    list.push(Item(turn));
                    ctx.sleep(days(1)).await;
                    list.push(Item(turn));
                    if turn % 4 == 0 {
                        list.truncate(40);
                    }
                    if turn % 2 == 0 {
                        list[7] = Item(turn);
                    } else {
                        ctx.sleep(days(1)).await;
                    }
                    // In an arm of its own, behind either.
                    list.push(Item(turn));
                }
                sum += list.iter().enumerate().map(|(place, item)| place as u64 * item.0).sum::<u64>();
            }
            // One loop over long lists follows upon another, and is further than that was.
            Shape::Breaks => {
                for (from, more) in [(0, 0), (5, 10), (9, 20)] {
                    for item in items(width + more).into_iter().map(|item| Item(item.0 + more)) {
                        if item.0 < from + more {
                            continue;
                        }
                        if item.0 > from + more + 3 {
                            break;
                        }
                        ctx.sleep(days(1)).await;
                        sum += item.0;
                    }
                }
            }
            // What is only looked at through `&`, and changes.
            Shape::Cells => {
                let cells: Vec<Cell<u64>> = (0..width).map(|number| Cell::new(1_000_000 * number)).collect();
                for cell in &cells {
                    cell.set(cell.get() + 1);
                    ctx.sleep(days(1)).await;
                    cell.set(cell.get() + 1);
                }
                sum += cells.iter().map(Cell::get).sum::<u64>();
            }
            Shape::Locks => {
                let locks: Vec<Mutex<u64>> =
                    (0..width).map(|number| Mutex::new(1_000_000 * number)).collect();
                for lock in &locks {
                    ctx.sleep(days(1)).await;
                    *lock.lock().unwrap() += 1;
                }
                sum += locks.into_iter().map(|lock| lock.into_inner().unwrap()).sum::<u64>();
            }
        }
        Ok(sum)
    }
}

struct Run {
    value: Lists,
    machine: Process<Lists>,
    next_op: u64,
    /// The timers that were begun and have not fired.
    timers: Vec<OpId>,
}

impl Run {
    fn begin(shape: Shape, width: u64) -> Self {
        let machine = Process::start((shape, width));
        let mut run = Run { value: Lists::default(), machine, next_op: 0, timers: Vec::new() };
        run.step(None);
        run
    }

    /// As it is after a crash.
    fn reloaded(&self) -> Self {
        Run {
            value: decode(&encode(&self.value).unwrap()).unwrap(),
            machine: Process::stored(self.machine.encoded().into_owned()),
            next_op: self.next_op,
            timers: self.timers.clone(),
        }
    }

    /// The first timer fires; gives the output at the end.
    fn go_on(&mut self) -> Option<u64> {
        let op = self.timers.remove(0);
        self.step(Some(op))
    }

    fn step(&mut self, fired: Option<OpId>) -> Option<u64> {
        let resolutions =
            fired.into_iter().map(|op| (op, Resolution::TimerFired)).collect::<BTreeMap<_, _>>();
        let ctx =
            Context::new("run", Moment(0), Step { next_op: self.next_op, resolutions, ..Step::default() });
        let polled = self.machine.step(&mut self.value, &ctx);
        let step = ctx.into_step();
        assert!(step.fault.is_none(), "{:?}", step.fault);
        self.next_op = step.next_op;
        self.timers.extend(step.commands.iter().map(Command::op));
        match polled {
            Poll::Pending => None,
            Poll::Ready(longhaul::machine::Ended::Completed(sum)) => Some(sum),
            Poll::Ready(ended) => panic!("{ended:?}"),
        }
    }
}

#[test]
fn what_is_written_of_a_list_is_the_same_as_if_it_were_written_anew() {
    for shape in SHAPES {
        for width in [15, 90, 300] {
            let mut run = Run::begin(shape, width);
            for step in 0.. {
                let mut reloaded = run.reloaded();
                let (output, again) = (run.go_on(), reloaded.go_on());
                assert_eq!(output, again, "{shape:?}, {width}, step {step}");
                let (kept, anew) = (run.machine.encoded(), reloaded.machine.encoded());
                assert!(kept == anew, "{shape:?}, {width}, step {step}");
                assert_eq!(run.machine.armed(), reloaded.machine.armed(), "{shape:?}, {width}, step {step}");
                if output.is_some() {
                    break;
                }
            }
        }
    }
}

#[test]
fn ten_times_the_items_are_written_ten_times_as_often() {
    for shape in [
        Shape::Loop,
        Shape::LoopOverTasks,
        Shape::Loops,
        Shape::Grows,
        Shape::GrowsInBursts,
        Shape::Queue,
        Shape::Worklist,
        Shape::Borrowed,
    ] {
        let written = |width: u64| {
            let before = WRITTEN.get();
            let mut run = Run::begin(shape, width);
            while run.go_on().is_none() {}
            WRITTEN.get() - before
        };
        let (narrow, wide) = (written(200), written(2_000));
        assert!(wide <= 11 * narrow, "{shape:?}: {narrow} and {wide}");
        assert!(wide <= 14 * 2_000, "{shape:?}: {wide}");
    }
}
