//! Workflows that replay: each with many cases.

use std::collections::BTreeMap;

use longhaul::prelude::*;
use longhaul::testing::{ReplayCheck, replay_is_deterministic};

#[activity]
pub(crate) async fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Hello {
    reply: Option<String>,
}

#[workflow]
impl Hello {
    #[run]
    async fn run(&mut self, ctx: &Context, name: String) -> Result<String, Failure> {
        let greeting = greet(name).await?;
        if timeout(days(1), ctx.wait_until(|| self.reply.is_some())).await.is_err() {
            return Err(Failure::msg("nobody replied"));
        }
        let reply = self.reply.take().unwrap_or_default();
        Ok(format!("{greeting} {reply}"))
    }

    #[signal]
    fn reply(&mut self, text: String) {
        self.reply = Some(text);
    }

    #[query]
    fn is_answered(&self) -> bool {
        self.reply.is_some()
    }
}

replay_is_deterministic!(Hello);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    sku: String,
    quantity: u32,
    fragile: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum StockError {
    SoldOut { sku: String },
    Busy,
}

impl std::fmt::Display for StockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StockError::SoldOut { sku } => write!(f, "{sku} is sold out"),
            StockError::Busy => f.write_str("the stock is busy"),
        }
    }
}

impl std::error::Error for StockError {}

#[activity]
pub(crate) async fn reserve(items: Vec<Item>) -> Result<BTreeMap<String, u32>, StockError> {
    Err(StockError::SoldOut { sku: items[0].sku.clone() })
}

#[activity]
pub(crate) async fn pack(item: Item) -> Result<u64, StockError> {
    Ok(item.quantity.into())
}

#[activity]
pub(crate) async fn charge(amount: u64) -> Result<String, Failure> {
    Ok(amount.to_string())
}

#[activity]
pub(crate) async fn label(address: Option<String>) -> Result<u128, Failure> {
    Ok(address.unwrap_or_default().len() as u128)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Stage {
    #[default]
    New,
    Packing(u32),
    Done,
}

/// A bit of everything: joined and raced calls, loops, helpers, signals, time, randomness.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Checkout {
    stage: Stage,
    approved_by: Option<String>,
    address: Option<String>,
    notes: Vec<String>,
    nudges: u32,
}

#[workflow]
impl Checkout {
    #[run]
    async fn run(&mut self, ctx: &Context, items: Vec<Item>, budget: u32) -> Result<String, Failure> {
        let begun = ctx.now();
        let stock = reserve(items.clone()).await?;
        if timeout(days(3), ctx.wait_until(|| self.approved_by.is_some())).await.is_err() {
            return Err(Failure::msg("nobody approved"));
        }
        let mut parcels = Vec::new();
        for item in &items {
            self.stage = Stage::Packing(item.quantity);
            parcels.push(pack(item.clone()).await?);
            if item.fragile {
                self.rest(ctx, 2).await;
            }
        }
        let total = parcels.iter().sum::<u64>().wrapping_add(u64::from(budget));
        let (charged, labelled) = join!(charge(total), label(self.address.clone()));
        let lucky = ctx.random::<bool>();
        let note = select! {
            done = charge(labelled? as u64) => done?,
            _ = ctx.sleep(hours(24)) => format!("{:?} {lucky}", ctx.uuid()),
        };
        self.notes.push(note);
        while self.nudges < 2 {
            let seen = self.nudges;
            ctx.wait_until(|| self.nudges > seen).await;
        }
        self.stage = Stage::Done;
        let took = ctx.now().as_microsecond() - begun.as_microsecond();
        Ok(format!("{} {} {took} {:?}", charged?, stock.len(), self.notes))
    }

    async fn rest(&mut self, ctx: &Context, times: u32) {
        for time in 0..times {
            ctx.sleep(minutes(5)).await;
            self.notes.push(format!("rested {time}"));
        }
    }

    #[signal]
    fn approve(&mut self, by: String) {
        self.approved_by = Some(by);
    }

    #[signal]
    fn move_to(&mut self, address: Option<String>, note: String) {
        self.address = address;
        self.notes.push(note);
    }

    #[signal]
    fn nudge(&mut self) {
        self.nudges = self.nudges.saturating_add(1);
    }

    #[query]
    fn stage(&self) -> Stage {
        self.stage
    }

    #[query]
    fn notes(&self, from: usize) -> Vec<String> {
        self.notes.iter().skip(from).cloned().collect()
    }
}

replay_is_deterministic!(g6_a_checkout_folds_to_its_stored_state_byte_for_byte: Checkout, cases = 400);
replay_is_deterministic!(
    checkouts_of_few_items_replay: Checkout,
    cases = 200,
    transitions = 80,
    input = |choices| {
        let items = (0..choices.choose(3)).map(|_| choices.value()).collect::<Result<_, _>>()?;
        Ok((items, 7))
    },
);

#[test]
fn the_cases_reach_every_state_and_many_ends() {
    let report = ReplayCheck::<Checkout>::new().cases(400).run().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.cases(), 400);
    assert!(report.transitions() > 1_500, "{report}");
    assert!(report.ended() > 100, "{report}");
    assert_eq!(report.unreached(), [""; 0], "{report}");
    assert_eq!((report.panicked(), report.unsent_signals().len()), (0, 0), "{report}");
}

/// A panic is the same each time, so it is no divergence; the report tells of it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Panics;

#[workflow]
impl Panics {
    #[run]
    async fn run(&mut self, ctx: &Context, items: Vec<u8>) -> u8 {
        ctx.sleep(seconds(1)).await;
        items[1]
    }
}

#[test]
fn a_panic_of_workflow_code_is_counted_and_told() {
    let report = ReplayCheck::<Panics>::new().cases(60).run().unwrap_or_else(|error| panic!("{error}"));
    assert!(report.panicked() > 0 && report.ended() > 0, "{report}");
    assert!(report.to_string().contains("first with: index out of bounds"), "{report}");
}

/// No value of this type can be read.
#[derive(Debug, Serialize)]
pub(crate) struct Refusing;

impl<'de> Deserialize<'de> for Refusing {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("none will do"))
    }
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct NoInput;

#[workflow]
impl NoInput {
    #[run]
    async fn run(&mut self, ctx: &Context, _refusing: Refusing) -> u8 {
        ctx.sleep(seconds(1)).await;
        1
    }
}

#[test]
fn an_input_that_cannot_be_made_up_is_an_error_that_says_what_to_do() {
    let error = ReplayCheck::<NoInput>::new().run().unwrap_err().to_string();
    assert!(error.contains("`NoInput`") && error.contains("none will do"), "{error}");
    assert!(error.contains("make one with `input = "), "{error}");
}

#[test]
fn the_same_seed_gives_the_same_cases_and_another_gives_others() {
    let run = |seed| ReplayCheck::<Checkout>::new().cases(50).seed(seed).run().expect("it replays");
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).transitions(), run(2).transitions());
}
