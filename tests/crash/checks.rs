//! What must hold when a job that was killed again and again has ended, by guarantee.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use longhaul::{Engine, ListFilter, RunError, RunStatus};

use super::checkout::audit::Seen;
use super::checkout::orders::{Card, Order, Review};
use super::checkout::shop::{self, Entry, EntryKind, Receipt};
use super::checkout::workflow::{Checkout, CheckoutHandle, Refusal};
use super::{Round, text};

type Outcome = Result<Receipt, Refusal>;

/// All that is known of one round.
struct Evidence {
    seen: Vec<Seen>,
    ledger: Vec<Entry>,
    /// By the order's id: its result, the notes it has.
    runs: BTreeMap<String, (Outcome, Vec<u32>)>,
    /// The ids of the orders about which their runs know a decision.
    decided: BTreeSet<String>,
}

pub(super) fn check(round: &Round) -> Result<(), String> {
    let tokio = tokio::runtime::Runtime::new().map_err(text)?;
    let evidence = tokio.block_on(gather(round))?;
    for order in &round.orders {
        let (outcome, notes) = &evidence.runs[&order.id];
        right_outcome(order, outcome)?;
        g7_signals_are_handled_once_in_order(&order.id, notes, &evidence.seen)?;
        g8_timers_never_fire_early(&order.id, outcome, round)?;
    }
    g1_what_was_acknowledged_is_there(&evidence)?;
    g2_no_effect_without_a_durable_cause(&evidence)?;
    g3_a_completed_activity_is_never_run_again(&evidence)?;
    each_order_is_charged_once(&evidence)
}

/// Opens what the child has left, without its activities: nothing may be left to do.
async fn gather(round: &Round) -> Result<Evidence, String> {
    let engine = Engine::builder().workflow::<Checkout>();
    let engine = engine
        .activity::<shop::reserve>()
        .activity::<shop::release>()
        .activity::<shop::print_label>()
        .open(round.path("data/engine"))
        .await
        .map_err(text)?;
    if engine.recovered() != 0 {
        return Err(format!("G5: {} runs are open after the end", engine.recovered()));
    }
    for status in [RunStatus::Open, RunStatus::Parked] {
        let filter = ListFilter { status: Some(status), ..ListFilter::default() };
        let page = engine.list(filter).await.map_err(text)?;
        if let Some(run) = page.runs.first() {
            return Err(format!("G5: {run:?} has not ended"));
        }
        if let Some(damage) = page.damaged.first() {
            return Err(format!("G10: {damage}"));
        }
    }
    let (mut runs, mut decided) = (BTreeMap::new(), BTreeSet::new());
    for order in &round.orders {
        let handle: CheckoutHandle = engine.handle::<Checkout>(&order.id).await.map_err(text)?;
        let outcome = match handle.result().await {
            Ok(receipt) => Ok(receipt),
            Err(RunError::Failed(refusal)) => Err(refusal),
            Err(error) => return Err(format!("{}: {error}", order.id)),
        };
        // G6: folding the run's events from the first gives what is stored.
        engine.verify(&order.id).await.map_err(|error| format!("G6: {}: {error}", order.id))?;
        runs.insert(order.id.clone(), (outcome, handle.notes().await.map_err(text)?));
        if handle.decision().await.map_err(text)?.is_some() {
            decided.insert(order.id.clone());
        }
    }
    engine.shutdown().await.map_err(text)?;
    let open = |name: &str| File::open(round.path(name)).map_err(text);
    Ok(Evidence {
        seen: audit(&mut open("audit.jsonl")?)?,
        ledger: shop::lines(&mut open("data/ledger.jsonl")?).map_err(text)?,
        runs,
        decided,
    })
}

/// Two handles append to the audit, and a kill may tear a line: what is whole counts.
fn audit(file: &mut File) -> Result<Vec<Seen>, String> {
    let text = std::io::read_to_string(file).map_err(text)?;
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// What the order says must have happened.
fn right_outcome(order: &Order, outcome: &Outcome) -> Result<(), String> {
    let sold_out = order.items.iter().any(|item| item.sku.starts_with("sold-out"));
    let right = match outcome {
        _ if sold_out => matches!(outcome, Err(Refusal::OutOfStock { .. })),
        // Where all is slow, a decision may come, and be acknowledged, after the end of the time, while the reservation is
        // given back. Whether each is there, G1 tells.
        Err(Refusal::Expired { .. }) => order.needs_approval(),
        _ if order.needs_approval() && order.review == Some(Review::Ignore) => false,
        Err(Refusal::Rejected { .. }) => order.review == Some(Review::Reject),
        _ if order.needs_approval() && order.review == Some(Review::Reject) => false,
        Err(Refusal::CardDeclined) => order.card == Card::Declined,
        _ if order.card == Card::Declined => false,
        Err(Refusal::NotDelivered { .. }) => order.city.starts_with("Unreachable"),
        Err(_) => false,
        Ok(receipt) => {
            !order.city.starts_with("Unreachable")
                && receipt.charge.cents == order.total_cents()
                && receipt.approved_by.is_some() == order.needs_approval()
        }
    };
    if right { Ok(()) } else { Err(format!("{}: {outcome:?} for {order:?}", order.id)) }
}

/// G1: each acknowledged start, decision and note is there. (A run that is missing was an error before.)
fn g1_what_was_acknowledged_is_there(evidence: &Evidence) -> Result<(), String> {
    for seen in &evidence.seen {
        let there = match seen {
            Seen::Started { id } => evidence.runs.contains_key(id),
            Seen::Noted { id, number } => evidence.runs[id].1.contains(number),
            Seen::Decided { id } => evidence.decided.contains(id),
            Seen::Activity { .. } => true,
        };
        if !there {
            return Err(format!("G1: {seen:?} was acknowledged and is not there"));
        }
    }
    Ok(())
}

/// G2: an effect whose cause was lost would be begun anew under the same key with another input, because the
/// workflow draws a reference for each charge; or its run would not exist.
fn g2_no_effect_without_a_durable_cause(evidence: &Evidence) -> Result<(), String> {
    let mut known: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for seen in &evidence.seen {
        let Seen::Activity { name, key, input } = seen else { continue };
        let run = key.split('/').next().unwrap_or_default();
        if !evidence.runs.contains_key(run) {
            return Err(format!("G2: {name} {key} was run for a run that does not exist"));
        }
        let first = *known.entry(key).or_insert((name, input));
        if first != (name.as_str(), input.as_str()) {
            return Err(format!("G2: {key} was {} {} first, then {name} {input}", first.0, first.1));
        }
    }
    Ok(())
}

/// G3: when a later step of a run has begun, the step before it was complete, and is never run again.
fn g3_a_completed_activity_is_never_run_again(evidence: &Evidence) -> Result<(), String> {
    let mut latest: BTreeMap<&str, u64> = BTreeMap::new();
    let mut charged = BTreeSet::new();
    for seen in &evidence.seen {
        let Seen::Activity { name, key, .. } = seen else { continue };
        let Some((run, op)) = key.split_once('/') else { return Err(format!("what is the key {key}?")) };
        let op: u64 = op.parse().map_err(text)?;
        let last = latest.entry(run).or_default();
        if op < *last {
            return Err(format!("G3: {name} {key} ran again after step {last} had begun"));
        }
        *last = op;
        if name == "charge" {
            charged.insert(run);
        }
    }
    // At least once: what was charged was run.
    for entry in evidence.ledger.iter().filter(|entry| entry.kind == EntryKind::Charge) {
        if !charged.contains(entry.charge.order.as_str()) {
            return Err(format!("G3: {} was charged without an attempt", entry.charge.order));
        }
    }
    Ok(())
}

fn g7_signals_are_handled_once_in_order(id: &str, notes: &[u32], seen: &[Seen]) -> Result<(), String> {
    let acknowledged =
        seen.iter().filter(|seen| matches!(seen, Seen::Noted { id: noted, .. } if noted == id));
    let in_order = notes.iter().zip(1..).all(|(note, number)| *note == number);
    if in_order && notes.len() >= acknowledged.count() {
        return Ok(());
    }
    Err(format!("G7: {id} has the notes {notes:?}"))
}

fn g8_timers_never_fire_early(id: &str, outcome: &Outcome, round: &Round) -> Result<(), String> {
    match outcome {
        Err(Refusal::Expired { waited }) if *waited < round.window => {
            Err(format!("G8: {id} was given up after {waited:?}, before {:?}", round.window))
        }
        _ => Ok(()),
    }
}

fn each_order_is_charged_once(evidence: &Evidence) -> Result<(), String> {
    let mut keys = BTreeSet::new();
    let mut orders = BTreeSet::new();
    for entry in &evidence.ledger {
        if !keys.insert(&entry.key) {
            return Err(format!("the key {} stands twice in the ledger", entry.key));
        }
        if entry.kind == EntryKind::Charge && !orders.insert(&entry.charge.order) {
            return Err(format!("{} was charged twice", entry.charge.order));
        }
    }
    for (id, (outcome, _)) in &evidence.runs {
        let paid = matches!(outcome, Ok(_) | Err(Refusal::NotDelivered { .. }));
        if paid != orders.contains(id) {
            return Err(format!("{id} ended with {outcome:?}; charged: {}", orders.contains(id)));
        }
    }
    Ok(())
}
