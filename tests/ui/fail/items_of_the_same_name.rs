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
    async fn run(&mut self, _ctx: &Context, n: u32) -> Result<u32, Failure> {
        {
            struct Step(u32);
            num(Step(1).0).await?;
        }
        {
            struct Step(u32);
            num(Step(2).0).await?;
        }
        Ok(n)
    }
}

fn main() {}
