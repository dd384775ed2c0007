use longhaul::prelude::*;

struct Bare;

#[workflow]
impl Bare {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(seconds(1)).await;
    }
}

fn main() {}
