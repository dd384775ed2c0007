use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {}

struct Unstored(u32);

async fn charge(order: u32) -> Result<u32, Failure> {
    Ok(order)
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let plain = ctx.run("plain", async move { n + 1 }).await?;
        let unstored = Unstored(n);
        let captured = ctx.run("captured", async move { Ok(unstored.0) }).await?;
        let given = ctx.run("given", async move { Ok(Unstored(n)) }).await?;
        Ok(plain + captured + given.0)
    }
}

/// Not under `#[workflow]`.
async fn elsewhere(ctx: &Context) {
    let step = ctx.run("unseen", async move { charge(1).await });
}

fn main() {}
