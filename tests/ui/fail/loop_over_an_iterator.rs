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
        for x in numbers(n) {
            num(x).await?;
        }
        Ok(n)
    }
}

fn numbers(n: u32) -> impl Iterator<Item = u32> {
    (0..n).map(|x| x + 1)
}

fn main() {}
