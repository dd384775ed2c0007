//! Turns that follow each other while the batches of the first are still in flight.

use std::sync::{Arc, Mutex};

use super::*;
use crate::activity::Activity;
use crate::codec::{Payload, encode};
use crate::core::script::{Do, Script, Work as Call};
use crate::core::{Asker, AttemptEnd, Limits, Order, Registry, Starting, WorkflowType};
use crate::engine::recover::{Recovered, recover};
use crate::error::{QueryError, SignalError, StartError};
use crate::machine::OpId;
use crate::store::{MemoryDisk, MemoryStore, RunNo, TaskId};

/// An answer, once it is there.
struct Answer<A>(Arc<Mutex<Option<A>>>);

impl<A: Send> Asker<A> for Answer<A> {
    fn send(self: Box<Self>, answer: A) {
        *self.0.lock().expect("nothing panics under the lock") = Some(answer);
    }

    fn is_gone(&self) -> bool {
        false
    }
}

impl<A: Send + 'static> Answer<A> {
    fn new() -> (Self, Reply<A>) {
        let place = Arc::new(Mutex::new(None));
        (Answer(Arc::clone(&place)), Reply::new(Answer(place)))
    }

    fn take(&self) -> Option<A> {
        self.0.lock().expect("nothing panics under the lock").take()
    }
}

/// A driver and the store that it reads; batches are committed when a test says so.
struct Flying {
    driver: Driver,
    store: Arc<MemoryStore>,
    /// The calls that were started.
    started: Vec<TaskId>,
}

impl Flying {
    /// No run stays in memory behind its turn, so all that a turn goes on from is read.
    fn over(disk: &MemoryDisk) -> Self {
        let mut registry = Registry::default();
        registry.add_workflow(WorkflowType::of::<Script>());
        registry.add_activity(Call::NAME, Call::options());
        let limits = Limits { hot_runs: 0, near_timers: 2, attempts: 100, ..Limits::default() };
        let store = Arc::new(disk.store());
        let Recovered { driver, .. } =
            recover(store.clone(), registry, limits).expect("the store can be read");
        Flying { driver, store, started: Vec::new() }
    }

    fn turn(&mut self, now: u64, work: Work) -> Option<Arc<Batch>> {
        let batch = self.driver.turn(Moment(now), [work]).expect("the store can be read");
        self.let_out();
        batch
    }

    fn land(&mut self, batch: Option<Arc<Batch>>) {
        let batch = batch.expect("there is something to write");
        self.store.commit(&batch).expect("no fault is asked for");
        self.driver.landed();
        self.let_out();
    }

    fn let_out(&mut self) {
        for effect in self.driver.let_out() {
            match effect {
                Effect::Reply(send) => send(),
                Effect::Attempt(Order::Start { task, .. }) => self.started.push(task),
                _ => {}
            }
        }
    }
}

fn start(id: &str, script: &[Do]) -> (Answer<Result<RunNo, StartError>>, Work) {
    let (answer, reply) = Answer::new();
    let input = encode(&script).expect("a script can be encoded");
    let id = id.to_owned();
    let starting = Starting { workflow: "Script", id, input, seed: 1, reply, ending: None };
    (answer, Work::Input(Input::Start(starting)))
}

fn approve(by: &str) -> (Answer<Result<(), SignalError>>, Work) {
    let (answer, reply) = Answer::new();
    let args = encode(&(by,)).expect("a text can be encoded");
    (answer, Work::Input(Input::Signal { run: RunNo(0), name: "approve".to_owned(), args, reply }))
}

fn approvals() -> (Answer<Result<Payload, QueryError>>, Work) {
    let (answer, reply) = Answer::new();
    let args = encode(&()).expect("nothing can be encoded");
    (answer, Work::Input(Input::Query { run: RunNo(0), name: "approvals".to_owned(), args, reply }))
}

#[test]
fn g1_g2_a_turn_goes_on_from_what_is_in_flight_and_lets_nothing_out_before_it_is_durable() {
    let mut flying = Flying::over(&MemoryDisk::new());
    let (started, work) = start("a", &[Do::Call(1), Do::Approvals(2)]);
    let first = flying.turn(0, work);
    let (ann, work) = approve("ann");
    let second = flying.turn(1, work);
    let (bob, work) = approve("bob");
    let third = flying.turn(2, work);
    let (asked, work) = approvals();
    assert!(flying.turn(3, work).is_none(), "a question writes nothing");
    assert_eq!(flying.driver.in_flight(), 3);
    assert!(started.take().is_none() && ann.take().is_none() && asked.take().is_none());
    assert!(flying.started.is_empty());

    flying.land(first);
    assert!(matches!(started.take(), Some(Ok(RunNo(0)))));
    assert_eq!(flying.started, [TaskId { run: RunNo(0), op: OpId(0) }]);
    assert!(ann.take().is_none());
    flying.land(second);
    assert!(matches!(ann.take(), Some(Ok(()))) && bob.take().is_none());
    // It saw what the third turn wrote, so it is not told before that is durable.
    assert!(asked.take().is_none());
    flying.land(third);
    assert!(matches!(bob.take(), Some(Ok(()))));
    let seen = asked.take().expect("it is answered").expect("it has an answer");
    assert_eq!(seen, encode(&["ann", "bob"]).expect("texts can be encoded"));
}

#[test]
fn g5_a_crash_between_two_batches_in_flight_leaves_the_runs_as_the_first_left_them() {
    let disk = MemoryDisk::new();
    let mut flying = Flying::over(&disk);
    let (_, work) = start("a", &[Do::Call(1), Do::Call(2)]);
    let first = flying.turn(0, work);
    flying.land(first);
    let output = encode(&1u64).expect("a number can be encoded");
    let call = TaskId { run: RunNo(0), op: OpId(0) };
    let end = AttemptEnd::Completed(output);
    let second = flying.turn(1, Work::Input(Input::Attempted { task: call, attempt: 1, end, details: None }));
    let (_, work) = approve("ann");
    let third = flying.turn(2, work);
    assert!(second.is_some() && third.is_some());
    drop(flying);

    // Neither was committed: the call is made again, and the approval was never acknowledged.
    let mut again = Flying::over(&disk);
    let (asked, work) = approvals();
    assert!(again.turn(3, work).is_none());
    let seen = asked.take().expect("it is answered").expect("it has an answer");
    assert_eq!(seen, encode::<[&str; 0]>(&[]).expect("nothing can be encoded"));
    assert_eq!(again.started, [call]);
}

#[test]
fn g8_timers_beyond_those_in_memory_are_found_while_they_are_in_flight() {
    let mut flying = Flying::over(&MemoryDisk::new());
    let mut batches = Vec::new();
    for n in 0..9u64 {
        let (_, work) = start(&format!("run-{n}"), &[Do::Sleep(10 + n * 7 % 9)]);
        batches.push(flying.turn(0, work));
    }
    let mut fired = Vec::new();
    while let Some(next) = flying.driver.shard().next_deadline() {
        let (_answer, reply) = Answer::new();
        fired.push(next.0);
        batches.push(flying.turn(next.0, Work::Now(reply)));
    }
    assert_eq!(fired, (10..19).map(|millis| millis * 1_000).collect::<Vec<_>>());
    assert_eq!(flying.driver.shard().open_runs(), 0);
    for batch in batches {
        flying.land(batch);
    }
    assert!(flying.store.scan(Table::Timers, &[], 1).expect("it can be read").is_empty());
}
