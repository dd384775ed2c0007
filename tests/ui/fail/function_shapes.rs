#![deny(unused_must_use)]

use longhaul::prelude::*;

#[workflow]
fn not_async(ctx: &Context) {}

#[workflow]
async fn generic<T: Stored>(value: T) -> T {
    value
}

#[workflow]
async fn fails(ctx: &Context) -> Result<u32, Box<dyn std::error::Error>> {
    std::fs::read("file")?;
    Ok(1)
}

#[workflow]
async fn good(ctx: &Context, n: u32) -> u32 {
    ctx.sleep(seconds(1)).await;
    n
}

struct Site;

impl Site {
    #[workflow]
    async fn method(&self, ctx: &Context) {}
}

#[derive(Default, Serialize, Deserialize)]
struct Flow;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        not_async(ctx).await;
        let _ = fails(ctx).await;
        good(ctx, "text").await;
    }
}

fn main() {}
