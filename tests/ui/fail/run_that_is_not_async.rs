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
    fn run(&mut self, ctx: &Context) {}
}

fn main() {}
