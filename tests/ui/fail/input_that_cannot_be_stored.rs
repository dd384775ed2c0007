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

struct Plain;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, plain: Plain) -> Plain {
        ctx.sleep(seconds(1)).await;
        plain
    }
}

fn main() {}
