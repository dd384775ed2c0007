//! Checkouts in an engine of which anything may fail: whatever they say has come of an order is what the world outside has in its books.

#[allow(dead_code)] // the program itself
#[path = "../checkout/main.rs"]
mod checkout;

use std::collections::BTreeSet;

use checkout::orders::Card;
use checkout::shop::{
    Busy, Charge, CourierError, Label, Payment, Reservation, Shop_charge, Shop_refund, Shop_ship, Stock,
    print_label, release, reserve,
};
use checkout::workflow::{Checkout, Refusal};
use longhaul::testing::simulation::{Ended, Simulation};

/// What is wrong with the books of a checkout that has ended.
fn audit(run: &Ended<'_, Checkout>) -> Result<(), String> {
    let told = |error: longhaul::codec::CodecError| error.to_string();
    let charges = run.deeds::<Shop_charge>().map_err(told)?;
    let keys: BTreeSet<_> = charges.iter().map(|deed| &deed.key).collect();
    let charged: Vec<&Charge> = charges
        .iter()
        .filter_map(|deed| match &deed.output {
            Payment::Charged(charge) => Some(charge),
            Payment::Declined => None,
        })
        .collect();
    let refunds = run.deeds::<Shop_refund>().map_err(told)?;
    let shipped = run.deeds::<Shop_ship>().map_err(told)?;
    let released = !run.deeds::<release>().map_err(told)?.is_empty();
    let must = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    must(keys.len() <= 1, "it charged under two keys")?;
    must(refunds.iter().all(|deed| charged.contains(&&deed.input.0)), "it refunded what it had not charged")?;
    match run.outcome().map_err(told)? {
        Some(Ok(receipt)) => {
            must(charged.contains(&&receipt.charge), "it is paid for, and was not charged")?;
            must(shipped.iter().any(|deed| deed.output == receipt.parcel), "it has no parcel")?;
            must(refunds.is_empty() && !released, "it was shipped, and undone")
        }
        Some(Err(Refusal::OutOfStock { .. })) => must(charges.is_empty(), "it was charged for nothing"),
        Some(Err(Refusal::Rejected { .. } | Refusal::Expired { .. })) => {
            must(charges.is_empty(), "it was charged without approval")?;
            must(released, "what was reserved is reserved for ever")
        }
        Some(Err(Refusal::CardDeclined)) => {
            must(charged.is_empty(), "a declined card was charged")?;
            must(released, "what was reserved is reserved for ever")
        }
        Some(Err(Refusal::NotDelivered { .. })) => must(!refunds.is_empty(), "it was not refunded"),
        // It was ended by what is not its own; what it had done then is what it had done.
        Some(Err(Refusal::Failed(_))) | None => Ok(()),
    }
}

fn shop() -> Simulation {
    Simulation::new()
        .workflow::<Checkout>()
        .play::<reserve>(|attempt, (order, items)| {
            if attempt == 1 && order.len() % 2 == 1 {
                return Err(Busy);
            }
            let missing = items.into_iter().find(|item| item.quantity == 7);
            Ok(missing
                .map_or(Stock::Reserved(Reservation { order }), |item| Stock::Missing { sku: item.sku }))
        })
        .play::<release>(|_, _| Ok(()))
        .play::<print_label>(|_, (customer, city)| Ok(Label { text: format!("{customer}, {city}") }))
        .play::<Shop_charge>(|_, (request,)| {
            if request.card == Card::Declined {
                return Ok(Payment::Declined);
            }
            let (key, order, cents) = (request.reference.to_string(), request.order, request.cents);
            Ok(Payment::Charged(Charge { key, order, cents }))
        })
        .play::<Shop_refund>(|_, _| Ok(()))
        .play::<Shop_ship>(|_, (label, city)| match city.len() {
            0 => Err(CourierError { reason: "no boat goes to nowhere".to_owned() }),
            _ => Ok(format!("parcel for {}", label.text)),
        })
        .ended::<Checkout>(audit)
}

#[test]
fn whatever_fails_the_books_are_right() {
    let report = shop().seeds(150).run().unwrap_or_else(|error| panic!("{error}"));
    assert!(report.transitions::<Checkout>() > 150, "{report}");
    assert_eq!(report, shop().seeds(150).run().unwrap_or_else(|error| panic!("{error}")), "the same seeds");
    println!("{report}\n{}", report.diagram::<Checkout>());
}
