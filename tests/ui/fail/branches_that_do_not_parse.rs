//! The input of `join!` and `select!` is the generator's to parse.
use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        join!(num(1) num(2));
        select! {
            _ = num(1) => ctx.sleep(days(1)),
            _ = num(2) -> {}
        }
        select! {
            _ = num(1) => +,
            _ = num(2) => {}
        }
    }
}

fn main() {}
