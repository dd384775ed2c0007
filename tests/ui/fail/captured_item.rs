use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    done: bool,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, items: Vec<u32>) -> Result<(), Failure> {
        for (at, item) in items.iter().enumerate() {
            num(*item).await?;
            ctx.spawn(async move { num(*item).await.is_ok() && at > 0 }).detach();
        }
        Ok(())
    }
}

fn main() {}
