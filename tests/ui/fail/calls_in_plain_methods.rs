use std::pin::Pin;

use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    items: Vec<u32>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.later(ctx, n).await
    }

    fn later(&mut self, ctx: &Context, n: u32) -> impl Future<Output = Result<u32, Failure>> {
        self.step(ctx, n)
    }

    fn boxed<'a>(&'a mut self, ctx: &'a Context) -> Pin<Box<dyn Future<Output = Result<u32, Failure>> + 'a>> {
        Box::pin(async move { Ok(self.step(ctx, 1).await? + Self::free(2).await?) })
    }

    #[signal]
    fn add(&mut self, n: u32) {
        if n > 1 {
            let _ = Flow::free(n);
        }
        self.items.push(n);
    }

    async fn step(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        ctx.sleep(seconds(1)).await;
        Self::free(n).await
    }

    async fn free(n: u32) -> Result<u32, Failure> {
        Ok(num(n).await?)
    }
}

fn main() {}
