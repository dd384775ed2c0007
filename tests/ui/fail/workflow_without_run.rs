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
    async fn go(&mut self, ctx: &Context) {
        ctx.sleep(seconds(1)).await;
    }
}

fn main() {}
