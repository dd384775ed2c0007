//! Nanoseconds to write a value as CBOR, and to read it back.

use std::error::Error;
use std::fmt::Debug;
use std::hint::black_box;
use std::time::{Duration, Instant};

use longhaul::codec::{decode, encode};
use longhaul::prelude::*;
use serde::de::DeserializeOwned;

const ROUNDS: u32 = 100_000;
const TIMES: usize = 7;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    run_id: String,
    sequence: u64,
    at_millis: i64,
    attempt: u32,
    payload: Received,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Received {
    Order(Order),
    Cancelled { by: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    customer: String,
    note: Option<String>,
    express: bool,
    items: Vec<Item>,
    weight_kg: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    sku: String,
    count: u32,
    price_cents: i64,
}

fn order() -> Order {
    let item = |sku: &str, count, price_cents| Item { sku: sku.to_owned(), count, price_cents };
    Order {
        id: 4_711,
        customer: "Ann of the Harbour".to_owned(),
        note: None,
        express: true,
        items: vec![item("rope-12mm", 3, 1_250), item("anchor-8kg", 1, 18_900), item("lamp", 2, 4_500)],
        weight_kg: 17.25,
    }
}

/// A value as a workflow may keep it.
pub(crate) fn event() -> Event {
    Event {
        run_id: "order-4711".to_owned(),
        sequence: 12,
        at_millis: 1_790_000_000_000,
        attempt: 1,
        payload: Received::Order(order()),
    }
}

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    let event = event();
    println!("{:<26} {:>6} {:>9} {:>9}", "", "bytes", "write ns", "read ns");
    compare("a number", &42_u64)?;
    compare("a text", &"Ann of the Harbour".to_owned())?;
    compare("a result", &Ok::<String, Failure>("done".to_owned()))?;
    compare("an event with an order", &event)?;
    compare("100 events", &vec![event; 100])
}

fn compare<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    what: &str,
    value: &T,
) -> Result<(), Box<dyn Error>> {
    let encoded = encode(value)?;
    assert_eq!(decode::<T>(&encoded)?, *value);
    let size = encoded.as_bytes().len();
    let rounds = (ROUNDS / u32::try_from(size.div_ceil(256))?).max(1);
    let write = median(rounds, || drop(black_box(encode(black_box(value)))));
    let read = median(rounds, || drop(black_box(decode::<T>(black_box(&encoded)))));
    println!("{what:<26} {size:>6} {write:>9.0} {read:>9.0}");
    Ok(())
}

/// The median time of one call, in nanoseconds.
fn median(rounds: u32, mut call: impl FnMut()) -> f64 {
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..rounds {
                call();
            }
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[TIMES / 2].as_secs_f64() * 1e9 / f64::from(rounds)
}
