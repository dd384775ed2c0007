use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state("quoted")]
        num(1).await?;
        #[state(Done)]
        num(1).await?;
        #[state(Same)]
        num(1).await?;
        #[state(Same)]
        num(1).await?;
        #[state(Nothing)]
        let x = n + 1;
        #[state(Sum)]
        let y = num(1).await? + num(2).await?;
        #[state(One)]
        #[state(Another)]
        num(1).await?;
        println!("{}", #[state(Printed)] num(1).await?);
        ctx.sleep(seconds(1)).await;
        Ok(x + y)
    }
}

fn main() {}
