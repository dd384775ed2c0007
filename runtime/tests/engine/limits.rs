//! What an engine takes at most: beyond it there are errors that say so, or its askers wait.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use longhaul::engine::{EngineBuilder, ListFilter, RunStatus};
use longhaul::prelude::*;
use longhaul::store::{
    Batch, CommitFault, MemoryDisk, MemoryStore, ParkReason, Row, RunNo, Store, StoreError, Table,
};
use longhaul::{
    CompletionError, Engine, EngineError, RunError, SignalError, StartError, TooLarge, UpdateError,
};

use crate::script::{Do, Script, Work, lower, raise};
use crate::support::{Notes, Run, approvals, approve, builder, find, open, start};

/// A store whose commits wait for leave.
struct Gated {
    store: MemoryStore,
    gate: Arc<Gate>,
}

#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// How many commits have leave although it is closed.
    leave: usize,
    waiting: bool,
    /// How many batches were committed together, at most.
    together: usize,
    /// How many rows of each table were in each batch.
    batches: Vec<BTreeMap<Table, usize>>,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, closed: bool) {
        self.state().closed = closed;
        self.changed.notify_all();
    }

    /// Lets one commit through.
    fn let_through(&self) {
        self.state().leave += 1;
        self.changed.notify_all();
    }

    /// Waits until a commit waits.
    fn wait(&self) {
        let until = |state: &mut State| !state.waiting;
        drop(self.changed.wait_while(self.state(), until).unwrap_or_else(PoisonError::into_inner));
    }

    fn most(&self, table: Table) -> usize {
        self.state().batches.iter().filter_map(|batch| batch.get(&table)).copied().max().unwrap_or_default()
    }
}

impl Store for Gated {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key)
    }

    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.store.scan(table, from, limit)
    }

    fn last_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.last_key(table)
    }

    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut state = self.gate.state();
        let mut rows = BTreeMap::new();
        for write in batch.writes() {
            *rows.entry(write.table).or_default() += 1;
        }
        state.batches.push(rows);
        state.waiting = true;
        self.gate.changed.notify_all();
        let no_leave = |state: &mut State| state.closed && state.leave == 0;
        let mut state = self.gate.changed.wait_while(state, no_leave).unwrap_or_else(PoisonError::into_inner);
        state.leave = state.leave.saturating_sub(1);
        state.waiting = false;
        drop(state);
        self.store.commit(batch)
    }

    fn commit_all(&self, batches: &[Arc<Batch>]) -> Result<(), StoreError> {
        let mut state = self.gate.state();
        state.together = batches.len().max(state.together);
        drop(state);
        batches.iter().try_for_each(|batch| self.commit(batch))
    }

    fn close(&self) -> Result<(), StoreError> {
        self.store.close()
    }
}

pub(crate) async fn gated(builder: EngineBuilder, disk: &MemoryDisk) -> (Engine, Arc<Gate>) {
    let gate = Arc::<Gate>::default();
    let store = Gated { store: disk.store(), gate: Arc::clone(&gate) };
    (builder.open_store(store).await.unwrap(), gate)
}

fn scripts() -> EngineBuilder {
    Engine::builder().workflow::<Script>().activity::<Work>()
}

fn asked_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn assert_too_large(error: &TooLarge, limit: usize) {
    assert!(error.bytes > limit && error.limit == limit, "{error}");
    let text = error.to_string();
    for part in [&error.bytes.to_string(), &limit.to_string(), "EngineBuilder::max_payload_bytes"] {
        assert!(text.contains(part), "{text}");
    }
}

/// A run that is changed by updates.
#[derive(Default, Serialize, Deserialize)]
struct Page {
    text: String,
}

#[workflow]
impl Page {
    #[run]
    async fn run(&mut self, ctx: &Context, text: String) -> Result<String, Failure> {
        self.text = text;
        ctx.wait_until(|| self.text == "done").await;
        Ok(std::mem::take(&mut self.text))
    }

    #[update]
    fn write(&mut self, text: String) -> usize {
        self.text = text;
        self.text.len()
    }

    #[signal]
    fn tell(&mut self, text: String) {
        self.text = text;
    }
}

#[tokio::test]
async fn what_callers_hand_over_has_a_size_at_most_and_leaves_no_trace_beyond_it() {
    let disk = MemoryDisk::new();
    let engine =
        Engine::builder().workflow::<Page>().max_payload_bytes(100).open_store(disk.store()).await.unwrap();
    // Two bytes are the text's length.
    let fits = "x".repeat(98);
    let run = engine.start::<Page>(fits.clone()).id("a").await.unwrap();
    let rows = Table::ALL.map(|table| disk.rows(table));
    let Err(StartError::TooLarge(error)) = engine.start::<Page>("x".repeat(99)).await else { panic!() };
    assert_too_large(&error, 100);
    let Err(SignalError::TooLarge(error)) = run.tell("x".repeat(99)).await else { panic!() };
    assert_too_large(&error, 100);
    let Err(UpdateError::TooLarge(error)) = run.write("x".repeat(99)).await else { panic!() };
    assert_too_large(&error, 100);
    assert_eq!(Table::ALL.map(|table| disk.rows(table)), rows);
    // One byte is that there is one argument.
    run.tell("x".repeat(97)).await.unwrap();
    assert_eq!(run.write("x".repeat(97)).await.unwrap(), 97);
    run.write("done").await.unwrap();
    assert_eq!(run.result().await.unwrap(), "done");
}

#[tokio::test]
async fn a_result_that_is_too_large_parks_the_run_until_an_engine_takes_it() {
    for (name, n) in [("result", 1), ("error", 2), ("heartbeat", 3)] {
        let disk = MemoryDisk::new();
        let calls = Notes::new();
        let large = |calls: &Notes<u32>, limit| {
            let calls = calls.clone();
            let engine = Engine::builder().workflow::<shout>().max_payload_bytes(limit);
            engine.play::<say, _, _>(move |ctx, (n,)| {
                calls.add(ctx.attempt);
                async move {
                    match n {
                        1 => Ok("x".repeat(1_000)),
                        2 => Err(Failure::msg("x".repeat(1_000)).fatal()),
                        _ => {
                            ctx.heartbeat(&"x".repeat(1_000));
                            Ok("well".to_owned())
                        }
                    }
                }
            })
        };
        let engine = large(&calls, 999).open_store(disk.store()).await.unwrap();
        let run = engine.start::<shout>(n).id("a").await.unwrap();
        let reason = loop {
            let described = run.describe().await.unwrap();
            if described.status == RunStatus::Parked {
                break described.parked.unwrap();
            }
            tokio::task::yield_now().await;
        };
        assert!(matches!(&reason, ParkReason::BrokenActivity { activity, .. } if activity == "say"));
        let text = reason.to_string();
        assert!(text.contains("999") && text.contains("max_payload_bytes"), "{name}: {text}");
        assert!(disk.rows(Table::Log).iter().all(|(_, row)| row.len() < 1_000));
        engine.redrive("a").await.unwrap();
        while run.describe().await.unwrap().status != RunStatus::Parked {
            tokio::task::yield_now().await;
        }
        engine.shutdown().await.unwrap();

        let engine = large(&calls, 2_000).open_store(disk.store()).await.unwrap();
        engine.redrive("a").await.unwrap();
        let length = engine.handle::<shout>("a").await.unwrap().result().await.unwrap();
        assert_eq!(length, if n == 3 { 4 } else { 1_000 }, "{name}");
        assert_eq!(calls.all(), [1, 1, 1], "{name}");
    }
}

#[activity]
async fn say(n: u32) -> Result<String, Failure> {
    Err(Failure::msg(format!("{n} is played")))
}

#[workflow]
async fn shout(_ctx: &Context, n: u32) -> usize {
    match say(n).await {
        Ok(said) => said.len(),
        Err(longhaul::ActivityError::Failed(failure)) => failure.to_string().len(),
        Err(_) => 0,
    }
}

static TOKENS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test]
async fn what_is_told_of_an_attempt_from_outside_has_a_size_at_most() {
    let engine = builder()
        .workflow::<shout>()
        .max_payload_bytes(200)
        .play::<say, _, _>(|ctx, _| async move {
            TOKENS.lock().unwrap().push(ctx.token());
            ctx.complete_later().await
        })
        .open_in_memory()
        .await
        .unwrap();
    let run = engine.start::<shout>(1).await.unwrap();
    let token = loop {
        if let Some(token) = TOKENS.lock().unwrap().pop() {
            break token;
        }
        tokio::task::yield_now().await;
    };
    let large = "x".repeat(300);
    let Err(CompletionError::TooLarge(error)) = engine.heartbeat(&token, &large).await else { panic!() };
    assert_too_large(&error, 200);
    let Err(CompletionError::TooLarge(error)) = engine.complete::<say>(&token, &large).await else {
        panic!()
    };
    assert_too_large(&error, 200);
    let failure = Failure::msg(large);
    let Err(CompletionError::TooLarge(error)) = engine.fail::<say>(&token, &failure).await else { panic!() };
    assert_too_large(&error, 200);
    engine.complete::<say>(&token, &"well".to_owned()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 4);
}

#[tokio::test]
async fn a_parked_run_takes_so_many_signals_and_loses_none_of_them() {
    let disk = MemoryDisk::new();
    let engine = builder().max_inbox(10).open_store(disk.store()).await.unwrap();
    raise("full");
    let run = start(&engine, "a", [Do::Approvals(1), Do::PanicWhile("full".into()), Do::Approvals(12)]).await;
    approve(&run, "0").await;
    // Some in turns of their own, the others in one.
    for n in 1..6 {
        approve(&run, &n.to_string()).await;
    }
    let mut all = tokio::task::JoinSet::new();
    for n in 6..30 {
        let run = run.clone();
        all.spawn(async move { run.signal("approve", (n.to_string(),)).await });
    }
    let answers = all.join_all().await;
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 30 - 10, "{refused:?}");
    for error in &refused {
        assert!(matches!(error, SignalError::InboxFull { id, limit: 10 } if id == "a"), "{error}");
    }
    let text = refused[0].to_string();
    assert!(text.contains("redrive") && text.contains("max_inbox"), "{text}");
    assert_eq!(run.describe().await.unwrap().unread, 10);
    // What it is waiting for gets in all the same, and so do requests to end it.
    run.cancel().await.unwrap();

    let engine = builder().max_inbox(10).open_store(disk.snapshot().store()).await.unwrap();
    let run = find(&engine, "a").await;
    assert!(matches!(run.signal("approve", ("11",)).await, Err(SignalError::InboxFull { .. })));
    lower("full");
    engine.redrive("a").await.unwrap();
    assert_eq!(approvals(&run).await.len(), 10);
    assert_eq!(approvals(&run).await[..6], ["0", "1", "2", "3", "4", "5"]);
    assert!(matches!(run.result().await, Err(RunError::Cancelled(_))));
}

#[tokio::test]
async fn a_run_that_is_not_parked_takes_any_number_of_signals() {
    let engine = builder().max_inbox(0).open_in_memory().await.unwrap();
    let run = start(&engine, "a", [Do::Approvals(100)]).await;
    let mut all = tokio::task::JoinSet::new();
    for n in 0..100 {
        let run = run.clone();
        all.spawn(async move { run.signal("approve", (n.to_string(),)).await.unwrap() });
    }
    all.join_all().await;
    run.result().await.unwrap();
}

#[tokio::test]
async fn batches_that_wait_for_a_commit_are_committed_together() {
    let disk = MemoryDisk::new();
    let (engine, gate) = gated(scripts().max_batch(1), &disk).await;
    let run = start(&engine, "a", [Do::Approvals(12)]).await;
    gate.set(true);
    let mut all = tokio::task::JoinSet::new();
    for n in 0..12 {
        let mut signal = {
            let run = run.clone();
            Box::pin(async move { run.signal("approve", (n.to_string(),)).await })
        };
        assert!(asked_once(signal.as_mut()).is_pending());
        all.spawn(signal);
        if n == 0 {
            gate.wait();
        }
    }
    // The engine's thread itself waits for the first commit. The second it hands over, and goes on.
    gate.let_through();
    while engine.queued_requests() > 4 {
        tokio::task::yield_now().await;
    }
    gate.set(false);
    for answer in all.join_all().await {
        answer.unwrap();
    }
    run.result().await.unwrap();
    assert!(gate.state().together > 1, "each had a commit of its own");
}

#[tokio::test]
async fn who_asks_a_busy_engine_waits_for_a_place_in_its_queue_and_all_are_answered() {
    let disk = MemoryDisk::new();
    let (engine, gate) = gated(scripts().max_queue(4), &disk).await;
    let run = start(&engine, "a", [Do::Approvals(50)]).await;
    gate.set(true);
    // Two commits are under way at most, with a request each; and the engine's thread waits for the first.
    let mut begun = Vec::new();
    for n in 0..50 {
        let run = run.clone();
        let mut signal = Box::pin(async move { run.signal("approve", (n.to_string(),)).await });
        assert!(asked_once(signal.as_mut()).is_pending());
        begun.push(signal);
        if n == 0 {
            gate.wait();
        }
        assert!(engine.queued_requests() <= 4);
    }
    let taken = || begun.len() - 4;
    assert_eq!((engine.queued_requests(), taken()), (4, 46), "the others are not sent");
    gate.set(false);
    let mut all = tokio::task::JoinSet::new();
    for signal in begun {
        all.spawn(signal);
    }
    for answer in all.join_all().await {
        answer.unwrap();
    }
    run.result().await.unwrap();
    assert_eq!(engine.queued_requests(), 0);
}

#[tokio::test]
async fn who_waits_for_a_place_is_answered_when_the_engine_ends_or_its_store_fails() {
    for fails in [false, true] {
        let disk = MemoryDisk::new();
        let (engine, gate) = gated(scripts().max_queue(2), &disk).await;
        let run = start(&engine, "a", [Do::Approvals(50)]).await;
        if fails {
            disk.fail_commit(0, CommitFault::Lost);
        }
        gate.set(true);
        let mut all = tokio::task::JoinSet::new();
        for n in 0..20 {
            let run = run.clone();
            all.spawn(async move { run.signal("approve", (n.to_string(),)).await });
        }
        while engine.queued_requests() < 2 {
            tokio::task::yield_now().await;
        }
        let mut ending = pin!(engine.clone().shutdown());
        assert!(asked_once(ending.as_mut()).is_pending());
        gate.set(false);
        let answers = all.join_all().await;
        let errors = answers.iter().filter_map(|answer| answer.as_ref().err());
        for error in errors.clone() {
            match error {
                SignalError::Engine(EngineError::Closed) if !fails => {}
                SignalError::Engine(EngineError::Poisoned(_)) if fails => {}
                other => panic!("{other}"),
            }
        }
        assert!(errors.count() > 0);
        assert_eq!(ending.await.is_err(), fails);
        let acknowledged = answers.iter().filter(|answer| answer.is_ok()).count();
        let engine = open(&disk).await;
        let handled = approvals(&find(&engine, "a").await).await.len();
        assert!(handled >= acknowledged && handled < 50, "{handled} {acknowledged}");
    }
}

/// Fills the queue with one signal to each of some runs, and gives the most transitions that were in a batch.
async fn most_in_a_batch(builder: EngineBuilder, text: &str) -> usize {
    let disk = MemoryDisk::new();
    let (engine, gate) = gated(builder, &disk).await;
    let mut runs: Vec<Run> = Vec::new();
    for n in 0..40 {
        runs.push(start(&engine, &n.to_string(), [Do::Approvals(1)]).await);
    }
    gate.set(true);
    let mut all = tokio::task::JoinSet::new();
    for (n, run) in runs.iter().enumerate() {
        let (run, text) = (run.clone(), text.to_owned());
        all.spawn(async move { run.signal("approve", (text,)).await.unwrap() });
        if n == 0 {
            // The engine commits it, and takes up nothing else meanwhile.
            tokio::task::yield_now().await;
            gate.wait();
        }
    }
    while engine.queued_requests() < 39 {
        tokio::task::yield_now().await;
    }
    gate.set(false);
    all.join_all().await;
    for run in &runs {
        run.result().await.unwrap();
    }
    gate.most(Table::Log)
}

#[tokio::test]
async fn a_batch_has_so_many_requests_or_bytes_at_most() {
    assert!(most_in_a_batch(scripts(), "x").await > 10);
    assert_eq!(most_in_a_batch(scripts().max_batch(3), "x").await, 3);
    let text = "x".repeat(1_000);
    assert_eq!(most_in_a_batch(scripts().max_batch_bytes(2_500), &text).await, 3);
    // One that is larger by itself gets through.
    assert_eq!(most_in_a_batch(scripts().max_batch_bytes(10), &text).await, 1);
}

#[tokio::test]
async fn calls_that_are_due_at_once_are_taken_up_in_several_turns() {
    let disk = MemoryDisk::new();
    let never = builder().play::<Work, _, _>(|ctx, _| async move {
        ctx.sleep(Duration::from_hours(1)).await;
        Ok(0)
    });
    let (engine, gate) = gated(never, &disk).await;
    let run = start(&engine, "a", [Do::CallAll((0..3_000).collect())]).await;
    gate.state().batches.clear();
    // All attempts time out, three times.
    assert_eq!(run.result().await.unwrap().len(), 3_000);
    assert!(gate.most(Table::Tasks) <= 1_024, "{}", gate.most(Table::Tasks));
}

#[tokio::test]
async fn timers_due_at_once_fire_in_bounded_batches() {
    let disk = MemoryDisk::new();
    let (engine, gate) = gated(builder().hot_runs(10), &disk).await;
    let mut all = tokio::task::JoinSet::new();
    for n in 0..2_500 {
        let engine = engine.clone();
        all.spawn(async move { drop(start(&engine, &n.to_string(), [Do::Sleep(1_000)]).await) });
    }
    all.join_all().await;
    gate.state().batches.clear();
    engine.advance(Duration::from_secs(1)).await.unwrap();
    assert!(gate.most(Table::Timers) <= 1_024, "{}", gate.most(Table::Timers));
    assert!(engine.hot_runs() <= 10);
    let open = ListFilter { status: Some(RunStatus::Open), ..ListFilter::default() };
    assert!(engine.list(open).await.unwrap().runs.is_empty());
    assert_eq!(disk.rows(Table::Runs).len(), 2_500);
    assert!(disk.read(Table::Runs, &RunNo(2_499).key()).is_some());
}
