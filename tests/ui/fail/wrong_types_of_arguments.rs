use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
    done: bool,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        num("one").await?;
        num(1, 2).await?;
        Ok(self.helper(ctx, "two").await)
    }

    async fn helper(&mut self, ctx: &Context, n: u32) -> u32 {
        ctx.sleep(seconds(1)).await;
        n
    }

    #[signal]
    fn set(&mut self, n: u32) {}
}

async fn use_it(handle: FlowHandle) {
    handle.set("three").await.unwrap();
    handle.unset().await.unwrap();
}

fn main() {}
