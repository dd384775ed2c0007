#![deny(unused)]

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
    async fn run(&mut self, ctx: &Context, unused_argument: u32) -> u32 {
        let unused = 3;
        let unused_output = num(1).await;
        num(2).await;
        join!(num(3), num(4));
        let mut never_changed = 5;
        let twice = |n: u32, unused_too: u32| 2 * n;
        for item in &self.items {
            num(twice(never_changed, 1)).await;
        }
        let mut changed = num(6).await.unwrap_or(1);
        ctx.sleep(seconds(1)).await;
        changed += 1;
        ctx.sleep(seconds(changed.into())).await;
        changed = 3;
        if let Ok(unused_match) = num(7).await {
            ctx.sleep(seconds(1)).await;
        }
        let task = ctx.spawn(async move {
            let unused_within = 1;
            num(8).await
        });
        task.await;
        self.helper(ctx).await
    }

    async fn helper(&self, ctx: &Context) -> u32 {
        1
    }
}

fn main() {}
