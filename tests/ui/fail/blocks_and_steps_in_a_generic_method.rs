use longhaul::prelude::*;

#[activity]
async fn num(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[derive(Default, Serialize, Deserialize)]
struct Flow {
    lines: Vec<String>,
}

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let stepped = self.stepped(ctx, n).await?;
        Ok(stepped + self.spawned(ctx, n).await?)
    }

    async fn stepped<T: Stored + Into<u32>>(&mut self, ctx: &Context, value: T) -> Result<u32, Failure> {
        let n = value.into();
        Ok(ctx.run("double", async move { Ok(n * 2) }).await?)
    }

    async fn spawned(&mut self, ctx: &Context, value: impl Into<u32> + Stored) -> Result<u32, Failure> {
        let n = value.into();
        let task = ctx.spawn(async move { num(n).await });
        let numbers = join_all((0..n).map(|n| async move { num(n).await })).await;
        Ok(task.await?? + numbers.len() as u32)
    }
}

fn main() {}
