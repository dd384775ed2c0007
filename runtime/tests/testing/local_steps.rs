//! Local steps, in an engine: where they may stand, how they are tried, and that they are run once.

use std::sync::atomic::{AtomicU32, Ordering};

use longhaul::prelude::*;
use longhaul::testing::TestEngine;

/// What the steps have done.
static DONE: AtomicU32 = AtomicU32::new(0);

async fn price(sku: &str) -> Result<u64, std::num::ParseIntError> {
    tokio::task::yield_now().await;
    sku.parse()
}

#[derive(Default, Serialize, Deserialize)]
struct Order {
    limit: u64,
}

#[workflow]
impl Order {
    #[run]
    async fn run(&mut self, ctx: &Context, skus: Vec<String>) -> Result<u64, Failure> {
        let first = skus[0].clone();
        let limit = self.limit;
        let one = ctx
            .run("first price", async move {
                DONE.fetch_add(1, Ordering::SeqCst);
                let price = price(&first).await?;
                if price < limit {
                    return Err(Failure::msg("too cheap").fatal());
                }
                Ok(price)
            })
            .await?;
        let prices = try_join_all(skus.iter().map(|sku| {
            let sku = sku.clone();
            ctx.run("price", async move { Ok(price(&sku).await?) })
        }))
        .await?;
        let (a, b) = join!(ctx.run("a", async { Ok(1u64) }), async {
            ctx.sleep(hours(1)).await;
            let n = one + 1;
            ctx.run("b", async move { Ok(n) }).retry(longhaul::RetryPolicy::never()).await
        },);
        let task = ctx.spawn(ctx.run("spawned", async move { Ok(one * 2) }));
        let block = ctx.spawn(async move {
            ctx.sleep(hours(1)).await;
            ctx.run("in a block", async move { Ok(one * 3) }).await
        });
        let kept = ctx.run("kept", async { Ok::<u64, Failure>(5) });
        ctx.sleep(days(1)).await;
        let kept = kept.await?;
        let helped = self.help(ctx, 3).await?;
        let called = taxed(ctx, 100).await?;
        Ok(one + prices.iter().sum::<u64>() + a? + b? + task.await?? + block.await?? + kept + helped + called)
    }

    async fn help(&self, ctx: &Context, n: u64) -> Result<u64, Failure> {
        let mut sum = 0;
        for i in 0..n {
            sum += ctx.run("part", async move { Ok(i) }).await?;
        }
        Ok(sum)
    }
}

#[workflow]
async fn taxed(ctx: &Context, price: u64) -> Result<u64, Failure> {
    let tax = ctx.spawn(async move {
        ctx.sleep(seconds(1)).await;
        ctx.run("tax", async move { Ok(price / 10) }).await
    });
    Ok(price + tax.await??)
}

#[tokio::test]
async fn steps_stand_wherever_an_operation_does() {
    let engine = TestEngine::builder().workflow::<Order>().build().await.unwrap();
    let order = engine.start::<Order>(vec!["3".to_owned(), "4".to_owned()]).await.unwrap();
    assert_eq!(order.result().await.unwrap(), 3 + 7 + 1 + 4 + 6 + 9 + 5 + 3 + 110);
    assert_eq!(DONE.load(Ordering::SeqCst), 1);
}
