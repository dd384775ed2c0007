//! The input: orders as JSON lines.

use std::io::BufRead;

use longhaul::prelude::*;

/// One order of the input file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub id: String,
    pub customer: String,
    pub items: Vec<Item>,
    pub card: Card,
    pub city: String,
    /// What the back office will say, should it be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub sku: String,
    pub quantity: u32,
    pub unit_cents: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Card {
    Valid,
    Declined,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Review {
    Approve,
    Reject,
    Ignore,
}

impl Order {
    /// From this sum on, a person has to approve.
    pub const APPROVAL_FROM_CENTS: u64 = 100_000;

    pub fn total_cents(&self) -> u64 {
        let cents = self.items.iter().map(|item| u64::from(item.quantity).saturating_mul(item.unit_cents));
        cents.fold(0, u64::saturating_add)
    }

    pub fn needs_approval(&self) -> bool {
        self.total_cents() >= Self::APPROVAL_FROM_CENTS
    }
}

/// A line that is no order.
#[derive(Debug)]
pub struct BrokenLine {
    pub number: usize,
    pub reason: String,
}

/// Reads all orders; what is broken is told apart and does not keep the rest from being read.
pub fn read(input: impl BufRead) -> std::io::Result<(Vec<Order>, Vec<BrokenLine>)> {
    let (mut orders, mut broken) = (Vec::new(), Vec::new());
    for (position, line) in input.split(b'\n').enumerate() {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(order) => orders.push(order),
            Err(error) => broken.push(BrokenLine { number: position + 1, reason: error.to_string() }),
        }
    }
    Ok((orders, broken))
}
