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
    #[cfg(unix)]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[cfg(unix)]
        num(1).await?;
        #[cfg(unix)]
        let x = num(2).await?;
        match n {
            #[cfg(unix)]
            1 => num(3).await?,
            _ => 0,
        };
        Ok(n)
    }

    #[cfg(unix)]
    #[tokio::main]
    async fn helper(&mut self) {}
}

fn main() {}
