//! The outside world: a warehouse, a payment provider with a ledger, a courier. All of it is played here, but
//! the ledger is a real file, and the provider does what real ones do: it knows a key that it has seen.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use longhaul::prelude::*;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::audit::Audit;
use super::orders::{Card, Item};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reservation {
    pub order: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Stock {
    Reserved(Reservation),
    Missing { sku: String },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChargeRequest {
    pub order: String,
    pub card: Card,
    pub cents: u64,
    /// Our own reference, drawn by the workflow: the same for each attempt.
    pub reference: Uuid,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub key: String,
    pub order: String,
    pub cents: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Payment {
    Charged(Charge),
    Declined,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Label {
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub charge: Charge,
    pub parcel: String,
    pub approved_by: Option<String>,
}

/// The courier could not take the parcel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CourierError {
    pub reason: String,
}

impl std::fmt::Display for CourierError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for CourierError {}

/// The warehouse's system is busy for the first attempt at every seventh order, so that retries are seen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Busy;

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the warehouse is busy")
    }
}

impl std::error::Error for Busy {}

async fn work() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

#[activity(start_to_close = "10s", retry(initial = "20ms"))]
pub async fn reserve(ctx: ActivityContext, order: String, items: Vec<Item>) -> Result<Stock, Busy> {
    work().await;
    if ctx.attempt == 1 && order.ends_with(['0', '7']) {
        return Err(Busy);
    }
    let missing = items.into_iter().find(|item| item.sku.starts_with("sold-out"));
    Ok(match missing {
        Some(item) => Stock::Missing { sku: item.sku },
        None => Stock::Reserved(Reservation { order }),
    })
}

#[activity]
pub async fn release(reservation: Reservation) {
    work().await;
    drop(reservation);
}

#[activity]
pub async fn print_label(customer: String, city: String) -> Label {
    work().await;
    Label { text: format!("{customer}, {city}") }
}

/// A shop with a ledger.
pub struct Shop {
    pub ledger: Ledger,
    pub audit: Audit,
}

#[activities]
impl Shop {
    /// Charges the card: at most once per idempotency key, however often it is called.
    #[activity(start_to_close = "30s", retry(initial = "50ms"))]
    pub async fn charge(&self, ctx: ActivityContext, request: ChargeRequest) -> Result<Payment, Failure> {
        let key = ctx.idempotency_key();
        self.audit.activity("charge", &key, &request)?;
        work().await;
        if request.card == Card::Declined {
            return Ok(Payment::Declined);
        }
        let charge = Charge { key: key.clone(), order: request.order, cents: request.cents };
        self.ledger.post(Entry { key, kind: EntryKind::Charge, charge: charge.clone() })?;
        Ok(Payment::Charged(charge))
    }

    #[activity(start_to_close = "30s", retry(initial = "50ms"))]
    pub async fn refund(&self, ctx: ActivityContext, charge: Charge) -> Result<(), Failure> {
        let key = ctx.idempotency_key();
        self.audit.activity("refund", &key, &charge)?;
        work().await;
        self.ledger.post(Entry { key, kind: EntryKind::Refund, charge })
    }

    #[activity(start_to_close = "30s", retry(initial = "20ms", max_attempts = 3))]
    pub async fn ship(
        &self,
        ctx: ActivityContext,
        label: Label,
        city: String,
    ) -> Result<String, CourierError> {
        let key = ctx.idempotency_key();
        let noted = self.audit.activity("ship", &key, &label.text);
        noted.map_err(|failure| CourierError { reason: failure.to_string() })?;
        work().await;
        if city.starts_with("Unreachable") {
            return Err(CourierError { reason: format!("no boat goes to {city}") });
        }
        Ok(format!("parcel-{key}"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    Charge,
    Refund,
}

/// A line of the ledger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    pub key: String,
    pub kind: EntryKind,
    pub charge: Charge,
}

/// The payment provider's book: a file of JSON lines, appended to and synced.
pub struct Ledger {
    inner: Mutex<(File, HashMap<String, Entry>)>,
}

impl Ledger {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let mut file = open_lines(path)?;
        let mut seen = HashMap::new();
        for entry in lines::<Entry>(&mut file)? {
            seen.insert(entry.key.clone(), entry);
        }
        Ok(Ledger { inner: Mutex::new((file, seen)) })
    }

    /// Appends the entry, unless its key is in the book already.
    fn post(&self, entry: Entry) -> Result<(), Failure> {
        let mut inner = self.inner.lock().map_err(|_| Failure::msg("the ledger's lock is poisoned"))?;
        let (file, seen) = &mut *inner;
        if !seen.contains_key(&entry.key) {
            let mut line = serde_json::to_vec(&entry)?;
            line.push(b'\n');
            file.write_all(&line)?;
            file.sync_data()?;
            seen.insert(entry.key.clone(), entry);
        }
        Ok(())
    }
}

/// Opens a file of lines for appending. A last line without its end was torn by a crash: it is cut off.
pub fn open_lines(path: &Path) -> Result<File, Failure> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if whole < bytes.len() {
        file.set_len(whole as u64)?;
    }
    Ok(file)
}

/// All lines of a file, from its beginning.
pub fn lines<T: DeserializeOwned>(file: &mut File) -> Result<Vec<T>, Failure> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_string(&mut text)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
