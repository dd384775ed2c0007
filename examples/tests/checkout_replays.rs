//! The checkout of the example, through the replay check; and what it stores, held against its schema.

#[allow(dead_code)] // the program itself
#[path = "../checkout/main.rs"]
mod checkout;

use checkout::workflow::Checkout;

longhaul::testing::replay_is_deterministic!(g6_checkouts_replay: Checkout, cases = 300);
longhaul::testing::schema_is_compatible!(checkouts_can_go_on: Checkout);
