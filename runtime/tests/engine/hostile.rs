//! What a hostile user or a bad disk does: the engine goes on, and tells what it cannot do.

#![allow(clippy::disallowed_types)] // an order that differs is what one test is about

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use longhaul::Engine;
use longhaul::engine::{Clock, HistoryError, ListFilter, RunStatus};
use longhaul::error::{EngineError, HandleError, RedriveError, StartError};
use longhaul::machine::OpId;
use longhaul::prelude::*;
use longhaul::store::{MemoryDisk, ParkReason, RunNo, Table, TaskId};
use serde::{Deserializer, Serializer};

use crate::script::{Do, Script, Work, lower, raise};
use crate::support::{START, approvals, approve, builder, find, open, record, start};

fn clock() -> Clock {
    Clock::virtual_from(START)
}

/// Whether [`Refuses`] panics when it is written.
static REFUSES: AtomicBool = AtomicBool::new(false);

#[derive(Default)]
pub(crate) struct Refuses;

impl Serialize for Refuses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!REFUSES.load(Ordering::SeqCst), "not to be written");
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Refuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Refuses)
    }
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct BadToWrite {
    refuses: Refuses,
}

#[workflow]
impl BadToWrite {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u8 {
        ctx.sleep(seconds(1)).await;
        1
    }
}

#[tokio::test]
async fn a_value_that_panics_when_it_is_written_refuses_the_start_and_the_engine_goes_on() {
    let engine = builder().workflow::<BadToWrite>().open_in_memory().await.unwrap();
    REFUSES.store(true, Ordering::SeqCst);
    let error = engine.start::<BadToWrite>(()).id("bad").await.map(drop).unwrap_err();
    assert!(matches!(error, StartError::Input(_)), "{error}");
    assert!(error.to_string().contains("not to be written"), "{error}");
    REFUSES.store(false, Ordering::SeqCst);
    let run = start(&engine, "good", [Do::Call(1)]).await;
    assert_eq!(run.result().await.unwrap(), [10]);
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct BadToDrop {
    armed: bool,
}

impl Drop for BadToDrop {
    fn drop(&mut self) {
        assert!(!self.armed || std::thread::panicking(), "not to be dropped");
    }
}

#[workflow]
impl BadToDrop {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u8 {
        self.armed = true;
        ctx.sleep(seconds(1)).await;
        ctx.sleep(seconds(1)).await;
        1
    }

    #[query]
    fn is_armed(&self) -> bool {
        self.armed
    }
}

#[tokio::test]
async fn a_value_that_panics_when_it_is_dropped_harms_no_other_run() {
    let engine = builder().hot_runs(0).workflow::<BadToDrop>().open_in_memory().await.unwrap();
    let bad = engine.start::<BadToDrop>(()).id("bad").await.unwrap();
    assert!(bad.is_armed().await.unwrap());
    assert_eq!(bad.result().await.unwrap(), 1);
    let run = start(&engine, "good", [Do::Call(1)]).await;
    assert_eq!(run.result().await.unwrap(), [10]);
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct HalfWay {
    done: Vec<String>,
}

#[workflow]
impl HalfWay {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.wait_until(|| self.done.len() > 10).await;
    }

    #[signal]
    fn add(&mut self, text: String) {
        self.done.push(format!("half of {text}"));
        assert!(text != "bad", "a bad one");
        self.done.push(text);
    }

    #[query]
    fn done(&self) -> Vec<String> {
        self.done.clone()
    }
}

#[tokio::test]
async fn a_query_on_a_parked_run_shows_nothing_of_the_signal_that_panicked() {
    let engine = builder().workflow::<HalfWay>().open_in_memory().await.unwrap();
    let run = engine.start::<HalfWay>(()).id("a").await.unwrap();
    run.add("one".to_owned()).await.unwrap();
    run.add("bad".to_owned()).await.unwrap();
    run.add("two".to_owned()).await.unwrap();
    assert_eq!(run.done().await.unwrap(), ["half of one", "one"]);
}

#[tokio::test]
async fn a_list_behind_the_last_possible_run_is_empty() {
    let engine = open(&MemoryDisk::new()).await;
    start(&engine, "a", []).await;
    let filter = ListFilter { after: Some(RunNo(u64::MAX)), ..ListFilter::default() };
    let page = engine.list(filter).await.unwrap();
    assert!(page.runs.is_empty() && page.next.is_none());
    // The engine is alive.
    assert_eq!(engine.list(ListFilter::default()).await.unwrap().runs.len(), 1);
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Mapped;

#[workflow]
impl Mapped {
    #[run]
    async fn run(&mut self, ctx: &Context, prices: HashMap<String, u32>) -> u32 {
        ctx.sleep(seconds(1)).await;
        prices.values().sum()
    }
}

#[tokio::test]
async fn a_repeated_start_with_an_equal_map_attaches_whatever_the_order_of_its_entries() {
    let engine = builder().workflow::<Mapped>().open_in_memory().await.unwrap();
    let input = || (0..40).map(|n| (format!("sku-{n}"), n)).collect::<HashMap<_, _>>();
    let first = engine.start::<Mapped>(input()).id("a").await.unwrap();
    for _ in 0..3 {
        let again = engine.start::<Mapped>(input()).id("a").await.unwrap();
        assert_eq!(again.result().await.unwrap(), 780);
    }
    let mut other = input();
    other.insert("sku-7".to_owned(), 8);
    let error = engine.start::<Mapped>(other).id("a").await.map(drop).unwrap_err();
    assert!(matches!(error, StartError::IdInUse { difference: "another input", .. }), "{error}");
    drop(first);
}

#[tokio::test]
async fn timers_behind_a_damaged_key_still_fire() {
    let disk = MemoryDisk::new();
    let engine = builder().near_timers(1).open_store(disk.store()).await.unwrap();
    start(&engine, "a", [Do::Sleep(5_000)]).await;
    start(&engine, "b", [Do::Sleep(6_000)]).await;
    engine.shutdown().await.unwrap();
    disk.write(Table::Timers, &[0, 0, 0, 0, 0x3b, 0xf0], Some(&[]));
    let engine = builder().near_timers(1).open_store(disk.store()).await.unwrap();
    for id in ["a", "b"] {
        let run = find(&engine, id).await;
        engine.advance(seconds(10)).await.unwrap();
        assert_eq!(run.describe().await.unwrap().status, RunStatus::Completed, "{id}");
    }
}

#[tokio::test]
async fn a_stray_activity_row_does_not_touch_a_run_that_has_ended() {
    let disk = MemoryDisk::new();
    let pending = || {
        builder().play::<Work, _, _>(|_, (n,)| async move {
            if n == 7 { std::future::pending().await } else { Ok(n * 10) }
        })
    };
    let engine = pending().open_store(disk.store()).await.unwrap();
    start(&engine, "before", [Do::Call(7)]).await;
    let run = start(&engine, "a", []).await;
    assert!(run.result().await.unwrap().is_empty());
    let no = run.run();
    engine.shutdown().await.unwrap();
    drop(run);
    let before = record(&disk, no);
    disk.write(Table::Tasks, &TaskId { run: no, op: OpId(0) }.key(), Some(&[1, 2, 3]));
    let engine = pending().open_store(disk.store()).await.unwrap();
    let run = find(&engine, "a").await;
    assert_eq!(run.describe().await.unwrap().status, RunStatus::Completed);
    assert!(run.result().await.unwrap().is_empty());
    assert_eq!(record(&disk, no), before);
}

#[tokio::test]
async fn ids_that_cannot_be_are_answered_on_disk_too() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::builder()
        .workflow::<Script>()
        .activity::<Work>()
        .open(dir.path().join("data"))
        .await
        .unwrap();
    for id in [String::new(), "x".repeat(70_000), "x".repeat(1_025)] {
        let error = engine.start::<Script>([].into()).id(id.clone()).await.map(drop).unwrap_err();
        assert!(matches!(error, StartError::BadId { .. }), "{error}");
        let error = engine.handle::<Script>(id.clone()).await.map(drop).unwrap_err();
        assert!(matches!(error, HandleError::NotFound { .. }), "{error}");
        let error = engine.redrive(id.clone()).await.unwrap_err();
        assert!(matches!(error, RedriveError::NotFound { .. }), "{error}");
        let error = engine.history(id).await.unwrap_err();
        assert!(matches!(error, HistoryError::NotFound { .. }), "{error}");
    }
    let weird = "\0\n../../etc/passwd \u{1F980}";
    let run = engine.start::<Script>([Do::Call(1)].into()).id(weird).await.unwrap();
    assert_eq!(run.result().await.unwrap(), [10]);
    engine.shutdown().await.unwrap();
}

/// Each stored row is in turn damaged in four ways: the other runs end as ever, nothing panics, nothing hangs.
#[tokio::test]
async fn g9_g10_any_one_damaged_row_harms_at_most_its_own_run() {
    raise("fuzz");
    let disk = MemoryDisk::new();
    let engine = builder()
        .play::<Work, _, _>(|_, (n,)| async move {
            if n == 7 { std::future::pending().await } else { Ok(n * 10) }
        })
        .open_store(disk.store())
        .await
        .unwrap();
    let ids = ["sleeping", "calling", "waiting", "parked", "racing", "ended"];
    start(&engine, "sleeping", [Do::Sleep(5_000), Do::Call(1)]).await;
    start(&engine, "calling", [Do::Call(7)]).await;
    let waiting = start(&engine, "waiting", [Do::Approvals(2)]).await;
    approve(&waiting, "ann").await;
    start(&engine, "parked", [Do::PanicWhile("fuzz".into())]).await;
    start(&engine, "racing", [Do::Race(7, 9_000)]).await;
    start(&engine, "ended", []).await;
    for id in ids {
        find(&engine, id).await.describe().await.unwrap();
    }
    let disk = disk.snapshot();
    drop(engine);
    lower("fuzz");

    for table in Table::ALL {
        for (key, value) in disk.rows(table) {
            for way in 0..4 {
                let damaged = disk.snapshot();
                let mut bad = value.clone();
                match way {
                    0 | 2 if bad.is_empty() => continue,
                    0 => *bad.last_mut().unwrap() ^= 1,
                    1 => bad.truncate(3),
                    2 => bad[0] = 200,
                    _ => {}
                }
                damaged.write(table, &key, (way < 3).then_some(bad.as_slice()));
                let what = format!("{table} {key:?} way {way}");
                let engine = match builder().open_store(damaged.store()).await {
                    Ok(engine) => engine,
                    Err(error) => {
                        assert_eq!(table, Table::Meta, "{what}: {error}");
                        continue;
                    }
                };
                let mut bad_runs = 0;
                for id in ids {
                    let Ok(run) = engine.handle::<Script>(id).await else {
                        bad_runs += 1;
                        continue;
                    };
                    let described = run.describe().await;
                    assert!(!is_dead(described.as_ref().err()), "{what}: {described:?}");
                    let _ = run.query::<Vec<String>>("approvals", ()).await;
                    let _ = run.signal("approve", ("bob",)).await;
                    let _ = engine.redrive(id).await;
                    let _ = engine.history(id).await;
                    let _ = engine.verify(id).await;
                    engine.advance(std::time::Duration::from_secs(20)).await.unwrap();
                    let status = run.describe().await.map(|description| description.status);
                    bad_runs += usize::from(!matches!(status, Ok(RunStatus::Completed)));
                }
                assert!(bad_runs <= 1, "{what}: {bad_runs}");
                let page = engine.list(ListFilter::default()).await.unwrap();
                assert!(page.runs.len() + page.damaged.len() >= ids.len() - 1, "{what}");
                engine.shutdown().await.unwrap_or_else(|error| panic!("{what}: {error}"));
            }
        }
    }
}

fn is_dead(error: Option<&EngineError>) -> bool {
    matches!(error, Some(EngineError::Closed | EngineError::Poisoned(_)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_signal_and_query_one_run_and_every_query_sees_what_was_acknowledged() {
    for hot_runs in [0, 1, 100] {
        let disk = MemoryDisk::new();
        let engine = builder().hot_runs(hot_runs).open_store(disk.store()).await.unwrap();
        let other = start(&engine, "other", [Do::Approvals(1)]).await;
        let run = start(&engine, "a", [Do::Approvals(800)]).await;
        let mut tasks = Vec::new();
        for task in 0..8 {
            let (run, other) = (run.clone(), other.clone());
            tasks.push(tokio::spawn(async move {
                for n in 0..100 {
                    let name = format!("{task}-{n}");
                    approve(&run, &name).await;
                    let seen = approvals(&run).await;
                    assert!(seen.contains(&name));
                    let own: Vec<_> =
                        seen.iter().filter(|seen| seen.starts_with(&format!("{task}-"))).collect();
                    assert_eq!(own.len(), n + 1);
                    other.describe().await.unwrap();
                    // A future dropped midway.
                    let mut query = Box::pin(run.query::<Vec<String>>("approvals", ()));
                    let polled =
                        std::future::poll_fn(|cx| std::task::Poll::Ready(query.as_mut().poll(cx))).await;
                    drop((polled, query));
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        run.result().await.unwrap();
        engine.verify("a").await.unwrap();
    }
}

#[tokio::test]
async fn two_starts_race_and_one_run_comes_of_it() {
    for (first, second) in [(1, 1), (1, 2)] {
        let engine = open(&MemoryDisk::new()).await;
        let begin = |n| engine.start::<Script>([Do::Call(n)].into()).id("a").into_future();
        let (one, two) = tokio::join!(begin(first), begin(second));
        let one = one.unwrap();
        assert_eq!(two.is_ok(), first == second);
        assert_eq!(one.result().await.unwrap(), [10]);
        assert_eq!(engine.list(ListFilter::default()).await.unwrap().runs.len(), 1);
    }
}

/// A workflow of one name in two binaries.
mod before {
    use super::*;
    #[derive(Default, Serialize, Deserialize)]
    pub(crate) struct Changing {
        stage: String,
    }
    #[workflow]
    impl Changing {
        #[run]
        async fn run(&mut self, ctx: &Context, first: u64) -> u64 {
            self.stage = "one".to_owned();
            let kept = first + 1;
            ctx.sleep(seconds(1)).await;
            if kept == 8 {
                panic!("a bug of the first binary");
            }
            let more = kept + 1;
            ctx.sleep(seconds(5)).await;
            more
        }
    }
}

mod after {
    use super::*;
    #[derive(Default, Serialize, Deserialize)]
    pub(crate) struct Changing {
        stage: String,
        #[serde(default)]
        note: Option<String>,
    }
    #[workflow]
    impl Changing {
        #[run]
        async fn run(&mut self, ctx: &Context, first: u64) -> u64 {
            self.stage = "one".to_owned();
            let kept = first + 1;
            ctx.sleep(seconds(1)).await;
            let total = kept + 1;
            self.note = Some("fixed".to_owned());
            ctx.sleep(seconds(5)).await;
            total
        }
    }
}

#[tokio::test]
async fn a_fixed_binary_drives_on_what_the_first_parked_and_parks_what_it_does_not_know() {
    let disk = MemoryDisk::new();
    let old = || Engine::builder().workflow::<before::Changing>().clock(clock());
    let new = || Engine::builder().workflow::<after::Changing>().clock(clock());
    let engine = old().open_store(disk.store()).await.unwrap();
    let parked = engine.start::<before::Changing>(7).id("parked").await.unwrap();
    let second = engine.start::<before::Changing>(1).id("second").await.unwrap();
    engine.advance(seconds(2)).await.unwrap();
    assert!(matches!(parked.describe().await.unwrap().parked, Some(ParkReason::Panic { .. })));
    assert_eq!(second.describe().await.unwrap().state, "AwaitSleep2");
    engine.shutdown().await.unwrap();
    let engine = new().open_store(disk.store()).await.unwrap();
    engine.redrive("parked").await.unwrap();
    engine.advance(seconds(20)).await.unwrap();
    assert_eq!(engine.handle::<after::Changing>("parked").await.unwrap().result().await.unwrap(), 9);
    // Slot `more` is called `total` now: the run is parked, and an old binary finishes it.
    let second = engine.handle::<after::Changing>("second").await.unwrap();
    let description = second.describe().await.unwrap();
    assert!(matches!(description.parked, Some(ParkReason::Fault(_))), "{description:?}");
    engine.shutdown().await.unwrap();
    let engine = old().open_store(disk.store()).await.unwrap();
    engine.redrive("second").await.unwrap();
    assert_eq!(engine.handle::<before::Changing>("second").await.unwrap().result().await.unwrap(), 3);
    engine.verify("second").await.unwrap();
}

#[tokio::test]
async fn what_a_crash_left_of_a_store_that_was_being_made_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    std::fs::create_dir_all(path.join("store.new/keyspaces")).unwrap();
    std::fs::write(path.join("store.new/0.jnl"), [0; 64]).unwrap();
    std::fs::write(path.join("FORMAT"), "longhaul data directory, format 1\n").unwrap();
    for life in 0..2 {
        let engine = Engine::builder().workflow::<Script>().activity::<Work>().open(&path).await.unwrap();
        assert_eq!(engine.recovered(), 0, "life {life}");
        let run = engine.start::<Script>([Do::Call(1)].into()).id("a").await.unwrap();
        assert_eq!(run.result().await.unwrap(), [10]);
        engine.shutdown().await.unwrap();
    }
    assert!(!path.join("store.new").exists());
}
