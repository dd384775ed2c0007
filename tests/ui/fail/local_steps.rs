use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    limit: u32,
}

async fn charge(order: u32) -> Result<u32, Failure> {
    Ok(order)
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, orders: Vec<u32>, name: String) -> Result<u32, Failure> {
        let first = &orders[0];
        let future = ctx.run("future", charge(*first)).await?;
        let closure = ctx.run("closure", || async move { charge(1).await }).await?;
        let named = ctx.run(name, async move { charge(2).await }).await?;
        let odd = ctx.run("", async move { charge(3).await }).await?;
        let borrowed = ctx.run("borrowed", async move { charge(*first).await }).await?;
        let shared = ctx.run("shared", async { charge(orders.len() as u32).await }).await?;
        let own = ctx.run("own", async move { charge(self.limit).await }).await?;
        let waits = ctx.run("waits", async move { ctx.sleep(hours(1)).await; Ok(1) }).await?;
        let twice = ctx.run("own", async move { charge(4).await }).await?;
        ctx.run("forgotten", async move { charge(5).await }).start_to_close(minutes(1));
        Ok(future + closure + named + odd + borrowed + shared + own + waits + twice)
    }
}

fn main() {}
