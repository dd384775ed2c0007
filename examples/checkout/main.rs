//! Runs a file of orders through a checkout workflow, and goes on where it was when it is killed.
//!
//! ```text
//! cargo run --release --example checkout -- examples/data/orders.jsonl
//! ```
//!
//! Kill it at any moment and start it again with the same command.

#![allow(unreachable_pub)] // the modules are shared with the crash test

pub(crate) mod audit;
pub(crate) mod orders;
pub(crate) mod shop;
pub(crate) mod workflow;

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use longhaul::prelude::*;
use longhaul::{Engine, ListFilter, RunError, RunStatus, SignalError};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use audit::{Audit, Seen};
use orders::{Order, Review};
use shop::{EntryKind, Ledger, Shop};
use workflow::{Checkout, CheckoutHandle, Refusal};

const USAGE: &str =
    "usage: checkout ORDERS.jsonl [--data DIR] [--window SECONDS] [--parallel N] [--audit FILE]
  --data DIR        where the engine and the ledger are kept (default: data/checkout)
  --window SECONDS  how long an approval may take (default: 3)
  --parallel N      how many orders are in work at a time (default: 64)
  --audit FILE      write down each acknowledgement and each attempt at an activity";

#[derive(Debug)]
struct Options {
    orders: PathBuf,
    data: PathBuf,
    window: Duration,
    parallel: usize,
    audit: Option<PathBuf>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Options {
            orders: PathBuf::new(),
            data: PathBuf::from("data/checkout"),
            window: Duration::from_secs(3),
            parallel: 64,
            audit: None,
        };
        while let Some(arg) = args.next() {
            let mut value =
                || args.next().ok_or_else(|| Failure::msg(format!("{arg} wants a value\n{USAGE}")));
            match arg.as_str() {
                "--data" => options.data = value()?.into(),
                "--window" => options.window = Duration::try_from_secs_f64(value()?.parse()?)?,
                "--parallel" => options.parallel = value()?.parse::<usize>()?.max(1),
                "--audit" => options.audit = Some(value()?.into()),
                _ if arg.starts_with('-') => {
                    return Err(Failure::msg(format!("unknown option {arg}\n{USAGE}")));
                }
                _ => options.orders = arg.into(),
            }
        }
        if options.orders.as_os_str().is_empty() {
            return Err(Failure::msg(USAGE));
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    execute(std::env::args().skip(1))
}

/// The whole program; the crash test runs it in processes that it kills.
pub fn execute(args: impl Iterator<Item = String>) -> ExitCode {
    match Options::parse(args).and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(failure) => {
            eprintln!("checkout: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all orders; whether the books are right at the end.
fn run(options: &Options) -> Result<bool, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(check_out_all(options))
}

async fn check_out_all(options: &Options) -> Result<bool, Failure> {
    let file = File::open(&options.orders)
        .map_err(|error| Failure::msg(format!("{}: {error}", options.orders.display())))?;
    let (orders, broken) = orders::read(BufReader::new(file))?;
    for line in &broken {
        eprintln!("{}:{}: {}", options.orders.display(), line.number, line.reason);
    }

    std::fs::create_dir_all(&options.data)
        .map_err(|error| Failure::msg(format!("{}: {error}", options.data.display())))?;
    let audit = || options.audit.as_deref().map_or_else(|| Ok(Audit::default()), Audit::open);
    let ledger = options.data.join("ledger.jsonl");
    let engine = Engine::builder()
        .workflow::<Checkout>()
        .activity::<shop::reserve>()
        .activity::<shop::release>()
        .activity::<shop::print_label>()
        .activities(Shop { ledger: Ledger::open(&ledger)?, audit: audit()? })
        .open(options.data.join("engine"))
        .await?;
    match engine.recovered() {
        0 => {}
        count => println!("recovered {count} open checkouts"),
    }

    let bar = ProgressBar::new(orders.len() as u64)
        .with_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} orders, {per_sec}, {eta} left")?);
    let (slots, audit) = (Arc::new(Semaphore::new(options.parallel)), Arc::new(audit()?));
    let mut work = JoinSet::new();
    for order in &orders {
        let slot = Arc::clone(&slots).acquire_owned().await?;
        let (engine, audit) = (engine.clone(), Arc::clone(&audit));
        let (order, window, bar) = (order.clone(), options.window, bar.clone());
        work.spawn(async move {
            let outcome = check_out(&engine, &audit, order, window).await;
            bar.inc(1);
            drop(slot);
            outcome
        });
    }
    let mut summary = Summary::default();
    while let Some(outcome) = work.join_next().await {
        summary.count(&outcome??);
    }
    bar.finish_and_clear();

    let open =
        engine.list(ListFilter { status: Some(RunStatus::Open), ..ListFilter::default() }).await?.runs.len();
    engine.shutdown().await?;
    summary.print(orders.len(), broken.len());
    check_books(&ledger, &summary, open)
}

/// One order, from its start to its end.
async fn check_out(
    engine: &Engine,
    audit: &Audit,
    order: Order,
    window: Duration,
) -> Result<Outcome, Failure> {
    let (id, review, asked) = (order.id.clone(), order.review, order.needs_approval());
    let checkout = engine.start::<Checkout>((order, window)).id(&id).await?;
    audit.see(&Seen::Started { id: id.clone() })?;
    if audit.is_on() {
        take_notes(&checkout, audit, &id).await?;
    }
    if asked {
        let decided = match review {
            Some(Review::Approve) => Some(checkout.approve("the back office").await),
            Some(Review::Reject) => Some(checkout.reject("the back office").await),
            Some(Review::Ignore) | None => None,
        };
        match decided {
            Some(Ok(())) => audit.see(&Seen::Decided { id })?,
            // It was decided before a crash, or its time was up.
            Some(Err(SignalError::Closed { .. })) | None => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
    match checkout.result().await {
        Ok(receipt) => Ok(Ok(receipt.charge.cents)),
        Err(RunError::Failed(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(Failure::msg(error)),
    }
}

/// Makes three numbered remarks; after a crash, those that the run does not have yet.
async fn take_notes(checkout: &CheckoutHandle, audit: &Audit, id: &str) -> Result<(), Failure> {
    let first = u32::try_from(checkout.notes().await?.len())? + 1;
    for number in first..=3 {
        match checkout.note(number).await {
            Ok(()) => audit.see(&Seen::Noted { id: id.to_owned(), number })?,
            Err(SignalError::Closed { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What was charged, or why not.
type Outcome = Result<u64, Refusal>;

#[derive(Default)]
struct Summary {
    shipped: usize,
    cents: u64,
    refused: BTreeMap<&'static str, usize>,
}

impl Summary {
    fn count(&mut self, outcome: &Outcome) {
        let why = match outcome {
            Ok(cents) => {
                self.shipped += 1;
                self.cents += cents;
                return;
            }
            Err(Refusal::OutOfStock { .. }) => "out of stock",
            Err(Refusal::Rejected { .. }) => "rejected",
            Err(Refusal::Expired { .. }) => "not approved in time",
            Err(Refusal::CardDeclined) => "card declined",
            Err(Refusal::NotDelivered { .. }) => "not delivered, refunded",
            Err(Refusal::Failed(_)) => "failed",
        };
        *self.refused.entry(why).or_default() += 1;
    }

    fn print(&self, orders: usize, broken: usize) {
        println!("{orders} orders, {broken} broken lines");
        println!("{:>6} shipped, {}.{:02} charged", self.shipped, self.cents / 100, self.cents % 100);
        for (why, count) in &self.refused {
            println!("{count:>6} {why}");
        }
    }
}

/// Each order charged exactly once, refunds taken off, nothing open.
fn check_books(ledger: &Path, summary: &Summary, open: usize) -> Result<bool, Failure> {
    let entries: Vec<shop::Entry> = shop::lines(&mut File::open(ledger)?)?;
    let keys: HashSet<_> = entries.iter().map(|entry| &entry.key).collect();
    let charged: HashSet<_> = entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Charge)
        .map(|entry| &entry.charge.order)
        .collect();
    let charges = entries.iter().filter(|entry| entry.kind == EntryKind::Charge).count();
    let sum: i128 = entries
        .iter()
        .map(|entry| match entry.kind {
            EntryKind::Charge => i128::from(entry.charge.cents),
            EntryKind::Refund => -i128::from(entry.charge.cents),
        })
        .sum();
    let right = keys.len() == entries.len()
        && charged.len() == charges
        && sum == i128::from(summary.cents)
        && open == 0;
    println!(
        "ledger: {charges} charges for {} orders, {} refunds, {} keys, {open} checkouts open: {}",
        charged.len(),
        entries.len() - charges,
        keys.len(),
        if right { "the books are right" } else { "THE BOOKS ARE WRONG" },
    );
    Ok(right)
}
