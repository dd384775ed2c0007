//! Several kinds of mistakes in one workflow: each is told once, and nothing that follows from them.
use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> u32 {
    n
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    totals: Vec<u32>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, names: &[String]) -> Result<u32, Box<dyn std::error::Error>> {
        let started = std::time::Instant::now();
        let all: Vec<u32> = (0..3).map(|i| num(i).await).collect();
        let later = self.helper(ctx);
        self.totals[0] += num(1).await?;
        match num(2).await? {
            x if num(x).await? > 1 => dbg!(num(x).await?),
            _ => 0,
        };
        let (a, b) = join!(num(1));
        Ok(all.len() as u32 + later.await + a + b + started.elapsed().as_secs() as u32)
    }

    async fn helper(self, ctx: &Context) -> u32 {
        ctx.sleep(days(1)).await;
        1
    }

    #[signal]
    async fn signal(&mut self) -> Result<u32, Failure> {
        Ok(num(1).await?)
    }

    #[query]
    fn query(&mut self) -> u32 {
        1
    }
}

fn main() {}
