//! Turns of a shard, without threads: what happens at once is put into one turn here.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::script::{Do, Script, Work};
use super::*;
use crate::activity::{Activity, Retry};
use crate::codec::{Payload, encode};
use crate::machine::OpId;
use crate::store::{
    self, HeartbeatRecord, MarkRecord, MemoryDisk, MemoryStore, RunNo, Store, Table, TaskId, TaskRecord,
};
use crate::time::Moment;

struct Turns {
    shard: Shard,
    store: MemoryStore,
    disk: MemoryDisk,
}

/// A shard of an engine over a store with so many runs.
fn shard(hot_runs: usize, runs: u64) -> Shard {
    let mut registry = Registry::default();
    registry.add_workflow(WorkflowType::of::<Script>());
    registry.add_activity(Work::NAME, Work::options());
    let limits = Limits { hot_runs, near_timers: 10, attempts: 100, ..Limits::default() };
    let mut shard = Shard::new(registry, limits, &MarkRecord::default(), RunNo(runs));
    shard.admit_timers(std::iter::empty(), &mut Output::default());
    shard
}

impl Turns {
    fn new() -> Self {
        let disk = MemoryDisk::new();
        Turns { shard: shard(10, 0), store: disk.store(), disk }
    }

    /// One turn; gives its effects, the replies being sent.
    fn turn(&mut self, now: u64, inputs: impl IntoIterator<Item = Input>) -> Vec<Effect> {
        let (now, mut out) = (Moment(now), Output::default());
        for input in inputs {
            while let Some(need) = self.shard.need(&input) {
                let (table, key) = need.place();
                self.shard.admit(need, self.store.get(table, &key));
            }
            self.shard.handle(now, input, &mut out);
        }
        self.shard.fire(now, &mut out);
        let touched = self.shard.touched_runs();
        assert!(touched.iter().all(|run| self.shard.need_run(*run).is_none()), "all runs are hot here");
        self.shard.settle(now, &mut out);
        if !out.batch.is_empty() {
            self.store.commit(&out.batch).expect("no fault is asked for");
        }
        self.shard.end_turn();
        let mut rest = Vec::new();
        for effect in out.effects {
            match effect {
                Effect::Reply(send) => send(),
                effect => rest.push(effect),
            }
        }
        rest
    }
}

/// Takes the answer, if somebody still wants it.
struct Caller<A>(Arc<Mutex<Option<A>>>);

impl<A: Send> Asker<A> for Caller<A> {
    fn send(self: Box<Self>, answer: A) {
        *self.0.lock().expect("nothing panics under the lock") = Some(answer);
    }

    fn is_gone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// A reply, and where its answer will be.
fn reply<A: Send + 'static>() -> (Reply<A>, Arc<Mutex<Option<A>>>) {
    let answer = Arc::new(Mutex::new(None));
    (Reply::new(Caller(Arc::clone(&answer))), answer)
}

fn start(script: impl IntoIterator<Item = Do>) -> Input {
    let script: Vec<Do> = script.into_iter().collect();
    Input::Start(Starting {
        workflow: "Script",
        id: "a".to_owned(),
        input: encode(&script).expect("a script can be encoded"),
        seed: 1,
        reply: reply().0,
        ending: None,
    })
}

fn approve(by: &str) -> Input {
    Input::Signal {
        run: RunNo(0),
        name: "approve".to_owned(),
        args: encode(&(by,)).expect("a text can be encoded"),
        reply: reply().0,
    }
}

const CALL: TaskId = TaskId { run: RunNo(0), op: OpId(0) };

fn attempted(end: AttemptEnd) -> Input {
    Input::Attempted { task: CALL, attempt: 1, end, details: None }
}

fn described(turns: &mut Turns, now: u64) -> RunDescription {
    let (reply, described) = reply();
    turns.turn(now, [Input::Describe { run: RunNo(0), reply }]);
    let described = described.lock().expect("nothing panics under the lock").take();
    described.expect("it is answered").expect("it is not damaged")
}

fn is_quiet(disk: &MemoryDisk) -> bool {
    disk.rows(Table::Tasks).is_empty() && disk.rows(Table::Timers).is_empty()
}

#[test]
fn a_run_is_loaded_with_one_read_unless_a_crash_may_have_left_it_ahead_of_its_state() {
    let mut turns = Turns { shard: shard(0, 0), ..Turns::new() };
    turns.turn(0, [start([Do::Approvals(2)])]);
    turns.turn(1, [approve("ann")]);
    let reads = |shard: &mut Shard| {
        let mut tables = Vec::new();
        while let Some(need) = shard.need(&Input::Describe { run: RunNo(0), reply: reply().0 }) {
            let (table, key) = need.place();
            tables.push(table);
            shard.admit(need, turns.store.get(table, &key));
        }
        assert_eq!(shard.describe(RunNo(0)).expect("it is not damaged").transitions, 2);
        tables
    };
    assert_eq!(reads(&mut turns.shard), [Table::Runs]);
    assert_eq!(reads(&mut shard(0, 1)), [Table::Runs, Table::Log]);
}

#[test]
fn a_failed_attempt_at_a_call_that_is_disarmed_in_the_same_turn_leaves_no_row() {
    let mut turns = Turns::new();
    turns.turn(0, [start([Do::Race(1, 1), Do::Approvals(1)])]);
    let error = encode("no").expect("a text can be encoded");
    let effects = turns.turn(
        1_000,
        [attempted(AttemptEnd::Failed { error, display: "no".to_owned(), retry: Retry::ByPolicy })],
    );
    assert!(effects.is_empty(), "what has ended is not cancelled");
    assert!(is_quiet(&turns.disk));
    assert_eq!(described(&mut turns, 1_000).state, "AwaitApprovals");
    assert_eq!(turns.shard.next_deadline(), None);
}

#[test]
fn a_result_and_a_timer_in_one_turn_are_one_transition_and_the_first_branch_wins() {
    let mut turns = Turns::new();
    turns.turn(0, [start([Do::Race(1, 1), Do::Approvals(1)])]);
    let output = encode(&7u64).expect("a number can be encoded");
    turns.turn(1_000, [attempted(AttemptEnd::Completed(output))]);
    assert!(is_quiet(&turns.disk));
    let description = described(&mut turns, 1_000);
    assert_eq!((description.state.as_str(), description.transitions), ("AwaitApprovals", 2));
    assert_eq!(description.unread, 0);
}

#[test]
fn an_attempt_that_is_dropped_is_held_and_what_it_last_told_is_stored() {
    let mut turns = Turns::new();
    turns.turn(0, [start([Do::Call(1)])]);
    let details = encode("half").expect("a text can be encoded");
    let dropped =
        Input::Attempted { task: CALL, attempt: 1, end: AttemptEnd::Dropped, details: Some(details.clone()) };
    assert!(turns.turn(1_000, [dropped]).is_empty());
    let rows = turns.disk.rows(Table::Tasks);
    let [(key, row)] = &rows[..] else { panic!("{rows:?}") };
    let record: TaskRecord = store::open(Table::Tasks, key, row).expect("it is not damaged");
    assert_eq!(record.heartbeat, Some(Box::new(HeartbeatRecord { at: Moment(1_000), details })));
    // Nothing runs that could be late.
    assert_eq!(turns.shard.next_deadline(), None);
    assert!(turns.turn(1_000_000_000, []).is_empty());
    assert_eq!(turns.disk.rows(Table::Tasks), rows);
}

#[test]
fn a_late_result_of_a_cancelled_call_is_ignored() {
    let mut turns = Turns::new();
    turns.turn(0, [start([Do::Race(1, 1), Do::Approvals(1)])]);
    let effects = turns.turn(1_000, []);
    assert!(matches!(
        effects[..],
        [Effect::Attempt(Order::Stop { task: CALL, attempt: 1, how: Stop::Cancel })]
    ));
    let commits = turns.disk.commits();
    turns.turn(2_000, [attempted(AttemptEnd::Completed(Payload::default()))]);
    assert_eq!(described(&mut turns, 2_000).transitions, 2);
    assert_eq!(turns.disk.commits(), commits);
}

#[test]
fn a_signal_in_the_turn_of_the_start_is_handled_before_the_first_step() {
    let mut turns = Turns::new();
    turns.turn(0, [start([Do::Approvals(1), Do::Call(1)]), approve("ann")]);
    let description = described(&mut turns, 0);
    assert_eq!((description.state.as_str(), description.transitions), ("AwaitWork", 1));
}

#[test]
fn g2_an_attempt_that_falls_due_in_the_turn_in_which_its_run_ends_is_not_begun() {
    let mut turns = Turns::new();
    turns.turn(0, [start([Do::Call(1)])]);
    let error = encode("no").expect("a text can be encoded");
    turns
        .turn(0, [attempted(AttemptEnd::Failed { error, display: "no".to_owned(), retry: Retry::ByPolicy })]);
    let due = turns.shard.next_deadline().expect("it is tried again");
    let (target, reason) = (Target::Run(RunNo(0)), "enough".to_owned());
    let effects = turns.turn(due.0, [Input::Terminate { target, reason, reply: reply().0 }]);
    assert!(effects.is_empty(), "nothing is begun, so nothing is stopped");
}

#[test]
fn a_timer_is_due_at_its_deadline_and_not_before() {
    let mut turns = Turns::new();
    turns.turn(10, [start([Do::Sleep(1), Do::Approvals(1)])]);
    assert_eq!(turns.shard.next_deadline(), Some(Moment(10).after(Duration::from_millis(1))));
    turns.turn(1_009, []);
    assert_eq!(described(&mut turns, 1_009).state, "AwaitSleep");
    turns.turn(1_010, []);
    assert_eq!(described(&mut turns, 1_010).state, "AwaitApprovals");
}

#[test]
fn those_who_no_longer_wait_for_a_run_do_not_count_and_do_not_pile_up() {
    let mut turns = Turns::new();
    turns.turn(0, [start([Do::Approvals(1)])]);
    let wait = |turns: &mut Turns| {
        let (reply, ending) = reply();
        turns.turn(0, [Input::Wait { run: RunNo(0), reply }]);
        ending
    };
    for _ in 0..1_000 {
        drop(wait(&mut turns));
    }
    assert!(!turns.shard.is_awaited());
    assert!(turns.shard.waiters[&RunNo(0)].len() <= 4);
    let ending = wait(&mut turns);
    assert!(turns.shard.is_awaited());
    turns.turn(1, [approve("ann")]);
    assert!(matches!(ending.lock().unwrap().take(), Some(Ok(Ending::Completed(_)))));
    assert!(!turns.shard.is_awaited());
}
