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
        let map = std::collections::HashMap::from([(1, 2)]);
        for (key, value) in map {
            num(key + value).await?;
        }
        Ok(n)
    }
}

fn main() {}
