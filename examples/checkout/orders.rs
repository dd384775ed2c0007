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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_is_told_by_its_number_and_the_rest_goes_on() {
        let good = r#"{"id":"a","customer":"Ann","items":[],"card":"valid","city":"Cork"}"#;
        let typo = r#"{"id":"b","customer":"Bo","items":[],"card":"gold","city":"Cork"}"#;
        let input =
            [good.as_bytes(), b"{\"id\": ", b"", typo.as_bytes(), b"\xff\xfe", good.as_bytes()].join(&b'\n');
        let (orders, broken) = read(&*input).unwrap();
        assert_eq!(orders.len(), 2);
        assert_eq!(broken.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 4, 5]);
        assert!(broken[1].reason.contains("gold"), "{}", broken[1].reason);
    }

    #[test]
    fn a_sum_too_large_to_count_needs_approval() {
        let item = Item { sku: "moon".to_owned(), quantity: u32::MAX, unit_cents: u64::MAX };
        let order = Order {
            id: "a".to_owned(),
            customer: "Ann".to_owned(),
            items: vec![item.clone(), item],
            card: Card::Valid,
            city: "Cork".to_owned(),
            review: None,
        };
        assert!(order.needs_approval());
    }
}
