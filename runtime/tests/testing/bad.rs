//! Workflows that do not replay, each in its own way: all must be caught, and the report must say what differed.

#![allow(clippy::disallowed_types, clippy::disallowed_methods)] // which is what makes them bad

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use longhaul::prelude::*;
use longhaul::testing::{Check, DifferenceKind, Divergence, ReplayCheck, ReplayError};

#[activity]
pub(crate) async fn note(text: String) -> String {
    text
}

/// The divergence that the check must find.
#[track_caller]
fn caught<W: Workflow>() -> Box<Divergence> {
    match ReplayCheck::<W>::new().run() {
        Err(ReplayError::Diverged(divergence)) => divergence,
        Err(other) => panic!("{other}"),
        Ok(report) => panic!("it was not caught: {report}"),
    }
}

/// Caught by `check`, with a difference at `path`; the likely cause mentions `hint`. Gives the report.
#[track_caller]
fn assert_caught<W: Workflow>(check: Check, path: &str, kind: DifferenceKind, hint: &str) -> Box<Divergence> {
    let divergence = caught::<W>();
    assert_eq!(divergence.check(), check, "{divergence}");
    let found = divergence.differences().iter().find(|difference| difference.path == path);
    assert_eq!(
        found.map(|difference| difference.kind),
        Some(kind),
        "no such difference at {path}: {divergence}"
    );
    assert!(divergence.likely_cause().contains(hint), "{divergence}");
    divergence
}

fn since_1970() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is past 1970");
    u64::try_from(since.as_nanos()).expect("it is before 2554")
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Clock {
    begun: u64,
}

#[workflow]
impl Clock {
    #[run]
    async fn run(&mut self, ctx: &Context, name: String) -> usize {
        ctx.sleep(seconds(1)).await;
        self.begun = since_1970();
        ctx.sleep(seconds(1)).await;
        name.len()
    }
}

#[test]
fn a_clock_that_a_helper_reads_is_caught_in_its_first_transition() {
    let divergence = assert_caught::<Clock>(Check::Twice, "self.begun", DifferenceKind::Times, "`ctx.now()`");
    assert_eq!(divergence.transitions().len(), 2, "the case is not the smallest: {divergence}");
    let report = divergence.to_string();
    assert!(report.contains("input \"\""), "{report}");
    assert!(report.contains("timer #0 fires → AwaitSleep2"), "{report}");
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct StoredMap {
    prices: HashMap<String, u32>,
}

#[workflow]
impl StoredMap {
    #[run]
    async fn run(&mut self, ctx: &Context, names: Vec<u8>) -> usize {
        for name in &names {
            self.prices.insert(format!("item {name}"), 1);
        }
        ctx.sleep(seconds(1)).await;
        self.prices.len()
    }
}

/// It is stored in the order of its bytes.
#[test]
fn a_hash_map_that_is_stored_and_decides_nothing_is_fine() {
    ReplayCheck::<StoredMap>::new().run().unwrap();
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct ListOfMap {
    items: Vec<String>,
}

#[workflow]
impl ListOfMap {
    #[run]
    async fn run(&mut self, ctx: &Context, names: Vec<u8>) -> usize {
        let prices: HashMap<String, u32> = names.iter().map(|name| (format!("item {name}"), 1)).collect();
        self.items = prices.into_keys().collect();
        ctx.sleep(seconds(1)).await;
        self.items.len()
    }
}

#[test]
fn a_list_in_the_order_of_a_hash_map_is_caught() {
    assert_caught::<ListOfMap>(Check::Twice, "self.items", DifferenceKind::Order, "`BTreeMap`");
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct CallOrder;

#[workflow]
impl CallOrder {
    #[run]
    async fn run(&mut self, _ctx: &Context, names: Vec<u8>) -> usize {
        let distinct: HashSet<String> = names.iter().map(|name| format!("item {name}")).collect();
        let ordered: Vec<String> = distinct.into_iter().collect();
        let mut length = 0;
        for name in &ordered {
            length += note(name.clone()).await.unwrap_or_default().len();
        }
        length
    }
}

#[test]
fn a_hash_set_that_decides_the_order_of_calls_is_caught() {
    let divergence =
        assert_caught::<CallOrder>(Check::Twice, "run.ordered", DifferenceKind::Order, "`HashMap`");
    let calls =
        divergence.differences().iter().any(|difference| difference.path == "commands[0].arguments[0]");
    assert!(calls, "{divergence}");
}

static RUNS: AtomicU64 = AtomicU64::new(0);

fn next_number() -> u64 {
    RUNS.fetch_add(1, Ordering::Relaxed)
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Counter;

#[workflow]
impl Counter {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u64 {
        let number = next_number();
        ctx.sleep(seconds(1)).await;
        number
    }
}

#[test]
fn a_global_counter_is_caught() {
    assert_caught::<Counter>(Check::Twice, "run.number", DifferenceKind::NearNumbers, "`static`");
}

thread_local! {
    static DEPTH: Cell<u64> = const { Cell::new(0) };
}

fn deeper() -> u64 {
    DEPTH.with(|depth| depth.replace(depth.get() + 1))
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct ThreadLocal;

#[workflow]
impl ThreadLocal {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u64 {
        ctx.sleep(seconds(1)).await;
        deeper()
    }
}

#[test]
fn a_thread_local_that_gets_into_the_output_is_caught() {
    assert_caught::<ThreadLocal>(Check::Twice, "output", DifferenceKind::NearNumbers, "`thread_local!`");
}

fn address_of<T>(value: &T) -> usize {
    std::ptr::from_ref(value).addr()
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Address {
    seen: usize,
}

#[workflow]
impl Address {
    #[run]
    async fn run(&mut self, ctx: &Context) -> usize {
        self.seen = address_of(&*self);
        ctx.sleep(seconds(1)).await;
        self.seen
    }
}

#[test]
fn an_address_in_memory_is_caught() {
    let divergence = caught::<Address>();
    assert_eq!(divergence.check(), Check::Twice, "{divergence}");
    assert_eq!(divergence.differences()[0].path, "self.seen", "{divergence}");
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Skipped {
    #[serde(skip)]
    approvals: u64,
}

#[workflow]
impl Skipped {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u64 {
        ctx.sleep(seconds(1)).await;
        self.approvals += 5;
        ctx.sleep(seconds(1)).await;
        self.approvals
    }
}

#[test]
fn a_field_that_is_not_stored_and_used_later_is_caught() {
    let divergence =
        assert_caught::<Skipped>(Check::Reload, "output", DifferenceKind::NearNumbers, "`#[serde(skip)]`");
    assert_eq!(without_counts(&divergence), REPORT);
}

/// The whole report, but for how often it was simplified.
fn without_counts(divergence: &Divergence) -> String {
    let report = divergence.to_string();
    let (before, rest) = report.split_once(", simplified ").expect("the report counts");
    let (_, after) = rest.split_once(" times").expect("the report counts");
    format!("{before}{after}")
}

const REPORT: &str = "\
`Skipped` does not replay: a run that was reloaded from its stored state went on otherwise than one that stayed in memory.

The smallest case (seed 0, case 1):
  input []
    1. 2026-01-01T00:00:00Z  started (seed 0) → AwaitSleep
       sets timer #0 to 2026-01-01T00:00:01Z
    2. 2026-01-01T00:00:01Z  timer #0 fires → AwaitSleep2
       sets timer #1 to 2026-01-01T00:00:02Z
    3. 2026-01-01T00:00:02Z  timer #1 fires → Done

What differs after transition 3, in memory and reloaded:
  - output
      5
      0

Likely cause: a value is lost on its way through storage: does its type have a `#[serde(skip)]` field that is used \
later, an `Option<Option<_>>` (`Some(None)` reads back as `None`), a `Serialize` that `Deserialize` does not undo, \
or something shared (`Rc`, `Cell`)? Else a `static` may have been changed in between.";

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct NestedOption {
    #[allow(clippy::option_option)] // it is what this is about
    answer: Option<Option<u8>>,
}

#[workflow]
impl NestedOption {
    #[run]
    async fn run(&mut self, ctx: &Context) -> bool {
        self.answer = Some(None);
        ctx.sleep(seconds(1)).await;
        self.answer.is_some()
    }
}

#[test]
fn an_option_of_an_option_is_caught() {
    assert_caught::<NestedOption>(Check::Reload, "output", DifferenceKind::Value, "`Option<Option<_>>`");
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct ForgetfulQuery {
    #[serde(skip)]
    asked: u64,
}

#[workflow]
impl ForgetfulQuery {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u8 {
        ctx.wait_until(|| self.asked > 1_000_000).await;
        1
    }

    #[signal]
    fn set(&mut self) {
        self.asked = 7;
    }

    #[query]
    fn asked(&self) -> u64 {
        self.asked
    }
}

#[test]
fn a_query_that_sees_what_is_not_stored_is_caught() {
    let divergence = caught::<ForgetfulQuery>();
    assert_eq!(divergence.check(), Check::Query("asked"), "{divergence}");
    assert_eq!(divergence.differences()[0].path, "asked", "{divergence}");
}

/// Writes itself as a number and reads only texts.
#[derive(Default)]
pub(crate) struct OneWay;

impl Serialize for OneWay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for OneWay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| OneWay)
    }
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Unreadable {
    value: OneWay,
}

#[workflow]
impl Unreadable {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u8 {
        ctx.sleep(seconds(1)).await;
        2
    }
}

#[test]
fn a_value_that_does_not_read_back_is_caught() {
    let divergence = caught::<Unreadable>();
    assert_eq!(divergence.check(), Check::Reload, "{divergence}");
    let [difference] = divergence.differences() else { panic!("{divergence}") };
    assert_eq!((difference.path.as_str(), difference.one.as_str()), ("outcome", "\"stepped\""));
    assert!(difference.other.contains("its stored value cannot be read"), "{divergence}");
}
