//! The workflow: reserve, have it approved, charge and label side by side, ship; undo what was done when a
//! later step refuses.

use std::time::Duration;

use longhaul::prelude::*;

use super::orders::Order;
use super::shop::{
    ChargeRequest, CourierError, Payment, Receipt, Shop, Stock, print_label, release, reserve,
};

/// What handlers see of a checkout.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Checkout {
    stage: Stage,
    decision: Option<Decision>,
    notes: Vec<u32>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    #[default]
    Reserving,
    AwaitingApproval,
    Paying,
    Shipping,
    Undoing,
    Done,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    Approved { by: String },
    Rejected { by: String },
}

/// Why an order was not shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    OutOfStock { sku: String },
    Rejected { by: String },
    Expired { waited: Duration },
    CardDeclined,
    NotDelivered { reason: String },
    Failed(Failure),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::OutOfStock { sku } => write!(f, "{sku} is out of stock"),
            Refusal::Rejected { by } => write!(f, "rejected by {by}"),
            Refusal::Expired { .. } => f.write_str("not approved in time"),
            Refusal::CardDeclined => f.write_str("the card was declined"),
            Refusal::NotDelivered { reason } => write!(f, "not delivered: {reason}"),
            Refusal::Failed(failure) => failure.fmt(f),
        }
    }
}

impl<E: Into<Failure>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Refusal::Failed(error.into())
    }
}

#[workflow]
impl Checkout {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order, window: Duration) -> Result<Receipt, Refusal> {
        let reservation = match reserve(order.id.clone(), order.items.clone()).await? {
            Stock::Reserved(reservation) => reservation,
            Stock::Missing { sku } => return Err(Refusal::OutOfStock { sku }),
        };

        let mut approved_by = None;
        if order.needs_approval() {
            match self.approval(ctx, window).await {
                Ok(by) => approved_by = Some(by),
                Err(refusal) => {
                    release(reservation).await?;
                    return Err(refusal);
                }
            }
        }

        self.stage = Stage::Paying;
        let request = ChargeRequest {
            order: order.id.clone(),
            card: order.card,
            cents: order.total_cents(),
            reference: ctx.uuid(),
        };
        let (payment, label) =
            join!(Shop::charge(request), print_label(order.customer.clone(), order.city.clone()));
        let charge = match payment? {
            Payment::Charged(charge) => charge,
            Payment::Declined => {
                self.stage = Stage::Undoing;
                release(reservation).await?;
                return Err(Refusal::CardDeclined);
            }
        };

        self.stage = Stage::Shipping;
        match Shop::ship(label?, order.city.clone()).await {
            Ok(parcel) => {
                self.stage = Stage::Done;
                Ok(Receipt { charge, parcel, approved_by })
            }
            Err(ActivityError::Failed(CourierError { reason })) => {
                self.stage = Stage::Undoing;
                join!(Shop::refund(charge), release(reservation)).0?;
                Err(Refusal::NotDelivered { reason })
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Waits for a person to decide, for at most `window`.
    async fn approval(&mut self, ctx: &Context, window: Duration) -> Result<String, Refusal> {
        self.stage = Stage::AwaitingApproval;
        let asked = ctx.now();
        let decided = timeout(window, ctx.wait_until(|| self.decision.is_some())).await;
        match (decided, &self.decision) {
            (Ok(()), Some(Decision::Approved { by })) => Ok(by.clone()),
            (Ok(()), Some(Decision::Rejected { by })) => Err(Refusal::Rejected { by: by.clone() }),
            _ => Err(Refusal::Expired { waited: ctx.now().duration_since(asked).unsigned_abs() }),
        }
    }

    /// The back office agrees.
    #[signal]
    fn approve(&mut self, by: String) {
        self.decision.get_or_insert(Decision::Approved { by });
    }

    /// The back office does not agree.
    #[signal]
    fn reject(&mut self, by: String) {
        self.decision.get_or_insert(Decision::Rejected { by });
    }

    /// A remark for the record, numbered by who makes it.
    #[signal]
    fn note(&mut self, number: u32) {
        self.notes.push(number);
    }

    /// What the back office decided, in time or not.
    #[query]
    fn decision(&self) -> Option<Decision> {
        self.decision.clone()
    }

    /// How far the order is.
    #[query]
    fn stage(&self) -> Stage {
        self.stage
    }

    /// All remarks, in the order they came.
    #[query]
    fn notes(&self) -> Vec<u32> {
        self.notes.clone()
    }
}
