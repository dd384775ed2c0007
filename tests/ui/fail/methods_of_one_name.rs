#![allow(unexpected_cfgs)]
use longhaul::prelude::*;

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    lines: Vec<String>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.remind(ctx, 1).await;
    }

    #[cfg(feature = "mail")]
    async fn remind(&mut self, ctx: &Context, times: u32) {
        ctx.sleep(seconds(times.into())).await;
    }

    #[cfg(not(feature = "mail"))]
    async fn remind(&mut self, ctx: &Context) {
        ctx.sleep(seconds(1)).await;
    }
}

#[derive(Serialize, Deserialize)]
struct Borrowing<'a> {
    line: &'a str,
}

#[workflow]
impl<'a> Borrowing<'a> {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(seconds(1)).await;
    }
}

fn main() {}
