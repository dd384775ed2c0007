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
        select! {
            x = num(1) => {}
            num(2) => {}
        }
        select! {
            else => {}
            _ = num(2) => {}
        }
        Ok(n)
    }
}

fn main() {}
