//! The crate is called something else here: each attribute says where it is.
#![allow(missing_docs)]

use lh::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Bakery {
    baked: Vec<String>,
}

#[derive(Debug, Clone)]
struct Ovens;

#[activities(crate = lh)]
impl Ovens {
    #[activity(start_to_close = "10s")]
    async fn bake(&self, name: String) -> Result<String, Failure> {
        Ok(format!("baked {name}"))
    }
}

#[activity(crate = lh, start_to_close = "5s")]
async fn sell(name: String) -> Result<u32, Failure> {
    u32::try_from(name.len()).map_err(Failure::msg)
}

#[workflow(crate = lh)]
impl Bakery {
    #[run]
    async fn run(&mut self, ctx: &Context, names: Vec<String>) -> Result<u32, Failure> {
        let mut sum = 0;
        for name in &names {
            let baked = Ovens::bake(name.clone()).await?;
            sum += sell(baked.clone()).await?;
            self.baked.push(baked);
        }
        select! {
            _ = ctx.sleep(days(1)), if sum > 100 => {}
            _ = self.clean(ctx) => {}
        }
        Ok(sum)
    }

    async fn clean(&mut self, ctx: &Context) {
        ctx.sleep(seconds(1)).await;
        self.baked.clear();
    }

    #[query]
    fn baked(&self) -> usize {
        self.baked.len()
    }
}

/// What a branch of the bakery does.
#[workflow(crate = lh)]
async fn weigh(ctx: &Context, name: &str, times: u32) -> Result<u32, Failure> {
    let mut sum = 0;
    for _ in 0..times {
        ctx.sleep(std::time::Duration::from_millis(1)).await;
        sum += sell(name.to_owned()).await?;
    }
    Ok(sum)
}

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    orders: Vec<String>,
    is_open: Option<Trigger<bool>>,
}

#[workflow(crate = lh)]
impl Counter {
    #[run]
    async fn run(&mut self, ctx: &Context) -> Result<u32, Failure> {
        let open = ctx.trigger::<bool>();
        self.is_open = Some(open.clone());
        while open.clone().await && self.orders.len() < 2 {
            let served = self.orders.len();
            ctx.wait_until(|| self.orders.len() > served).await;
        }
        let parts = try_join_all(self.orders.iter().cloned().map(|name| async move {
            let task = ctx.spawn(async move { weigh(ctx, &name, 2).await });
            let found = task.await.map_err(Failure::msg)?;
            found
        }));
        let weighed = ctx.scope(async { timeout(days(1), parts).await }).await.map_err(Failure::msg)?;
        let sum: u32 = weighed.map_err(Failure::msg)??.iter().sum();
        let words = ctx.run("words", async move { Ok(format!("{sum} sold")) }).await?;
        Ok(sum + shield(sell(words)).await?)
    }

    #[update]
    async fn order(&mut self, ctx: &Context, name: String) -> usize {
        ctx.sleep(std::time::Duration::from_millis(1)).await;
        self.orders.push(name);
        self.orders.len()
    }

    #[signal]
    fn open(&mut self) {
        if let Some(open) = self.is_open.take() {
            open.resolve(true);
        }
    }
}

#[test]
fn it_describes_itself() {
    assert_eq!(<Bakery as lh::Workflow>::NAME, "Bakery");
    let described = Bakery::describe();
    assert!(described[0].states.iter().any(|state| state.name == "AwaitBake"), "{described:?}");
}

#[tokio::test]
async fn it_runs() {
    let builder = lh::Engine::builder().workflow::<Bakery>().workflow::<Counter>();
    let engine = builder.activities(Ovens).activity::<sell>().open_in_memory().await.unwrap();
    let counter = engine.start::<Counter>(()).await.unwrap();
    counter.open().await.unwrap();
    for (name, place) in [("bun", 1), ("roll", 2)] {
        assert_eq!(counter.order(name.to_owned()).await.unwrap(), place);
    }
    assert_eq!(counter.result().await.unwrap(), 2 * 3 + 2 * 4 + 7);
    let bakery = engine.start::<Bakery>(vec!["bun".to_owned()]).await.unwrap();
    assert_eq!(bakery.result().await.unwrap(), 9);
    assert_eq!(bakery.baked().await.unwrap(), 0);
    engine.shutdown().await.unwrap();
}

lh::testing::replay_is_deterministic!(Bakery);
