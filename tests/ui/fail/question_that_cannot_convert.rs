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

#[derive(Serialize, Deserialize)]
struct MyError;

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, MyError> {
        let x: u32 = "1".parse()?;
        let y = num(x).await?;
        Ok(y)
    }
}

fn main() {}
