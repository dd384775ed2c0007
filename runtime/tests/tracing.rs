//! What an engine tells `tracing`: spans with the ids of runs and activities, and events.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use longhaul::engine::Clock;
use longhaul::prelude::*;
use longhaul::store::{MemoryDisk, Seq};
use longhaul::{Engine, Moment};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

type Fields = BTreeMap<String, String>;

/// Keeps each event with the spans around it, and each span that was made.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    spans: Vec<(String, Fields)>,
    events: Vec<(String, Fields, Vec<u64>)>,
}

thread_local! {
    static WITHIN: std::cell::RefCell<Vec<u64>> = const { std::cell::RefCell::new(Vec::new()) };
}

struct Take<'a>(&'a mut Fields);

impl Visit for Take<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Seen {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events of a target with this message, each with the fields of the innermost span around it.
    fn events(&self, target: &str, message: &str) -> Vec<(Fields, Option<Fields>)> {
        let book = self.book();
        let matching = book.events.iter().filter(|(of, fields, _)| {
            of == target && fields.get("message").is_some_and(|text| text.starts_with(message))
        });
        let span = |id: &u64| book.spans[usize::try_from(*id).unwrap() - 1].1.clone();
        matching.map(|(_, fields, within)| (fields.clone(), within.last().map(span))).collect()
    }
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("longhaul") || metadata.target().starts_with("tracing")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Take(&mut fields));
        let mut book = self.book();
        book.spans.push((span.metadata().target().to_owned(), fields));
        Id::from_u64(book.spans.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Take(&mut fields));
        fields.insert("level".to_owned(), event.metadata().level().to_string());
        let within = WITHIN.with_borrow(Clone::clone);
        self.book().events.push((event.metadata().target().to_owned(), fields, within));
    }

    fn enter(&self, span: &Id) {
        WITHIN.with_borrow_mut(|within| within.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        WITHIN.with_borrow_mut(|within| assert_eq!(within.pop(), Some(span.into_u64())));
    }
}

#[activity(start_to_close = "1s", retry(max_attempts = 3))]
async fn charge(ctx: ActivityContext, cents: u64) -> Result<u64, Failure> {
    tracing::info!(cents, "charging");
    match ctx.attempt {
        1 => Err(Failure::msg("the card reader is off")),
        2 => {
            ctx.sleep(minutes(1)).await;
            Ok(0)
        }
        _ => Ok(cents),
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Checkout {
    go: bool,
}

#[workflow]
impl Checkout {
    #[run]
    async fn run(&mut self, ctx: &Context, cents: u64) -> Result<u64, Failure> {
        tracing::info!("checking out");
        let charged = charge(cents).await?;
        ctx.wait_until(|| self.go).await;
        assert!(charged != 13, "an unlucky sum");
        Ok(charged)
    }

    #[signal]
    fn go(&mut self) {
        self.go = true;
    }
}

fn has(fields: &Fields, wanted: &[(&str, &str)]) {
    for (name, value) in wanted {
        assert_eq!(fields.get(*name).map(String::as_str), Some(*value), "{fields:?}");
    }
}

async fn open(disk: &MemoryDisk) -> Engine {
    let engine = Engine::builder().workflow::<Checkout>().activity::<charge>();
    engine.clock(Clock::virtual_from(Moment(1_000_000))).open_store(disk.store()).await.unwrap()
}

/// One test, for there is one subscriber for all threads.
#[tokio::test]
async fn spans_and_events_carry_the_ids_of_runs_and_activities() {
    let seen = Seen::default();
    tracing::subscriber::set_global_default(seen.clone()).unwrap();
    let disk = MemoryDisk::new();
    let engine = open(&disk).await;
    let run = engine.start::<Checkout>(1_300).id("order-1").await.unwrap();
    engine.advance(Duration::from_mins(1)).await.unwrap();
    run.go().await.unwrap();
    assert_eq!(run.result().await.unwrap(), 1_300);

    // The user's own events are within the span of their attempt,
    let charging = seen.events("tracing", "charging");
    assert_eq!(charging.len(), 3);
    for (attempt, (event, span)) in (1..).zip(&charging) {
        has(event, &[("cents", "1300")]);
        let attempt = format!("{attempt}");
        let wanted = [("workflow", "Checkout"), ("run", "order-1"), ("activity", "charge"), ("op", "0")];
        has(span.as_ref().expect("it is in a span"), &wanted);
        has(span.as_ref().unwrap(), &[("attempt", &attempt)]);
    }
    // or of their run.
    let [(_, Some(span))] = &seen.events("tracing", "checking out")[..] else { panic!() };
    has(span, &[("workflow", "Checkout"), ("run", "order-1")]);

    let [(failed, Some(span))] = &seen.events("longhaul::activity", "attempt failed")[..] else { panic!() };
    has(failed, &[("level", "WARN"), ("error", "the card reader is off")]);
    has(span, &[("run", "order-1"), ("attempt", "1")]);
    let [(timed_out, _)] = &seen.events("longhaul::activity", "attempt did not end within 1s")[..] else {
        panic!()
    };
    has(timed_out, &[("level", "WARN"), ("run", "order-1"), ("activity", "charge"), ("attempt", "2")]);
    let [(_, Some(span))] = &seen.events("longhaul::activity", "attempt completed")[..] else { panic!() };
    has(span, &[("attempt", "3")]);

    let transitions = seen.events("longhaul::transition", "transition");
    let description = run.describe().await.unwrap();
    assert_eq!(transitions.len() as u64, description.transitions);
    let states: Vec<_> = transitions.iter().map(|(event, _)| event["state"].clone()).collect();
    assert_eq!(states, ["AwaitCharge", "AwaitCondition", "Done"]);
    has(&transitions[2].0, &[("run", "order-1"), ("seq", "2"), ("status", "Completed"), ("level", "DEBUG")]);
    assert_eq!(seen.events("longhaul::commit", "commit").len() as u64, disk.commits());

    // To look at the past is not to say it again.
    let before = seen.book().events.len();
    run.at(Seq(0)).await.unwrap();
    assert_eq!(engine.verify("order-1").await.unwrap(), 3);
    assert_eq!(seen.book().events.len(), before);

    // A parked run says so, with its id.
    let unlucky = engine.start::<Checkout>(13).id("order-2").await.unwrap();
    engine.advance(Duration::from_mins(1)).await.unwrap();
    unlucky.go().await.unwrap();
    unlucky.describe().await.unwrap();
    let [(parked, _)] = &seen.events("longhaul::engine::shell", "run parked")[..] else { panic!() };
    has(parked, &[("level", "WARN"), ("run", "order-2")]);
    assert!(parked["reason"].contains("an unlucky sum"), "{parked:?}");

    // An attempt that is made again after a restart knows its workflow.
    engine.start::<Checkout>(7).id("order-3").await.unwrap();
    engine.shutdown().await.unwrap();
    let engine = open(&disk).await;
    engine.advance(Duration::from_mins(1)).await.unwrap();
    let charging = seen.events("tracing", "charging");
    let span = charging.last().unwrap().1.as_ref().unwrap();
    has(span, &[("run", "order-3"), ("workflow", "Checkout"), ("attempt", "3")]);
}
