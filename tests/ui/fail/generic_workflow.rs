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

#[derive(Default, Serialize, Deserialize)]
struct Generic<T>(T);

#[workflow]
impl<T> Generic<T> {
    #[run]
    async fn run(&mut self) {}
}

fn main() {}
