//! The checkout of the example, through the replay check.

#[allow(dead_code)] // the program itself
#[path = "../checkout/main.rs"]
mod checkout;

use checkout::workflow::Checkout;

longhaul::testing::replay_is_deterministic!(g6_checkouts_replay: Checkout, cases = 300);
