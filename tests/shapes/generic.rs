//! Generic workflows: each of their instances is a workflow with a name of its own.

use longhaul::Engine;
use longhaul::prelude::*;

/// A way to pay.
trait Payment: Stored + Default {
    const LIMIT: u64;
    type Receipt: Stored + Clone;
    fn receipt(&self, cents: u64) -> Self::Receipt;
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Card {
    number: String,
}

impl Payment for Card {
    const LIMIT: u64 = 5_000;
    type Receipt = String;
    fn receipt(&self, cents: u64) -> String {
        format!("{cents} by card {}", self.number)
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Cash;

impl Payment for Cash {
    const LIMIT: u64 = 100;
    type Receipt = u64;
    fn receipt(&self, cents: u64) -> u64 {
        cents
    }
}

#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = "'de: 'static"))]
struct Checkout<P: Payment> {
    means: Option<P>,
    receipts: Vec<P::Receipt>,
}

impl<P: Payment> Default for Checkout<P> {
    fn default() -> Self {
        Checkout { means: None, receipts: Vec::new() }
    }
}

/// Charges nobody.
#[activity]
async fn charge(cents: u64) -> u64 {
    cents + 1
}

#[workflow(for = [Checkout<Card>, Checkout<Cash> as "cash-checkout"])]
impl<P: Payment> Checkout<P> {
    /// What is charged for the way itself.
    const FEE: u64 = 2;

    #[run]
    async fn run(&mut self, ctx: &Context, parts: Vec<u64>) -> Result<P::Receipt, Failure> {
        ctx.wait_until(|| self.means.is_some()).await;
        let mut sum = Self::FEE;
        for part in &parts {
            sum += self.pay(ctx, *part).await?;
        }
        let last = self.means.take().unwrap_or_default();
        let receipt = last.receipt(sum);
        ctx.sleep(std::time::Duration::from_millis(1)).await;
        self.receipts.push(receipt.clone());
        Ok(receipt)
    }

    async fn pay(&mut self, ctx: &Context, cents: u64) -> Result<u64, Failure> {
        if cents > P::LIMIT {
            return Err(Failure::msg(format!("{cents} is more than {}", P::LIMIT)));
        }
        ctx.sleep(std::time::Duration::from_millis(1)).await;
        Ok(charge(cents).await?)
    }

    /// Pays by `means`.
    #[signal]
    fn pay_by(&mut self, means: P) {
        self.means = Some(means);
    }

    #[query]
    fn receipts(&self) -> Vec<P::Receipt> {
        self.receipts.clone()
    }

    #[update]
    fn exchange(&mut self, means: P) -> Result<P, String> {
        self.means.replace(means).ok_or_else(|| "there was none".to_owned())
    }
}

/// Counts to a number that is part of the type.
#[derive(Default, Serialize, Deserialize)]
struct Countdown<const FROM: u32> {
    left: u32,
}

#[workflow(for = [Countdown<3>, Countdown<4>])]
impl<const FROM: u32> Countdown<FROM> {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u32 {
        let mut steps = 0;
        self.left = FROM;
        while self.left > 0 {
            ctx.sleep(std::time::Duration::from_millis(1)).await;
            self.left -= 1;
            steps += 1;
        }
        steps
    }
}

#[tokio::test]
async fn each_instance_is_a_workflow_with_a_typed_handle() {
    let builder =
        Engine::builder().workflow::<Checkout<Card>>().workflow::<Checkout<Cash>>().activity::<charge>();
    let engine = builder.open_in_memory().await.unwrap();
    let by_card: CheckoutHandle<Checkout<Card>> =
        engine.start::<Checkout<Card>>(vec![1_000, 2_000]).await.unwrap();
    let in_cash: CheckoutHandle<Checkout<Cash>> = engine.start::<Checkout<Cash>>(vec![50]).await.unwrap();
    by_card.pay_by(Card { number: "7".to_owned() }).await.unwrap();
    let too_much = engine.start::<Checkout<Cash>>(vec![1_000]).await.unwrap();
    assert!(too_much.exchange(Cash).await.unwrap_err().to_string().contains("there was none"));
    in_cash.pay_by(Cash).await.unwrap();
    assert_eq!(by_card.result().await.unwrap(), "3004 by card 7");
    assert_eq!(by_card.receipts().await.unwrap(), ["3004 by card 7"]);
    assert_eq!(in_cash.result().await.unwrap(), 53);
    assert!(too_much.result().await.unwrap_err().to_string().contains("1000 is more than 100"));
    engine.shutdown().await.unwrap();
}

#[tokio::test]
async fn const_parameters_make_instances_too() {
    let engine = Engine::builder()
        .workflow::<Countdown<3>>()
        .workflow::<Countdown<4>>()
        .open_in_memory()
        .await
        .unwrap();
    assert_eq!(engine.start::<Countdown<3>>(()).await.unwrap().result().await.unwrap(), 3);
    assert_eq!(engine.start::<Countdown<4>>(()).await.unwrap().result().await.unwrap(), 4);
    engine.shutdown().await.unwrap();
}

#[test]
fn instances_are_named_by_their_type_or_by_hand() {
    assert_eq!(Checkout::<Card>::NAME, "Checkout<Card>");
    assert_eq!(Checkout::<Cash>::NAME, "cash-checkout");
    assert_eq!(Countdown::<3>::NAME, "Countdown<3>");
    let machines = Checkout::<Cash>::describe();
    assert_eq!(machines[0].workflow, "cash-checkout");
    let sum = machines[0].slots.iter().find(|slot| slot.name == "receipt").unwrap();
    assert_eq!(sum.type_name, "u64");
}
