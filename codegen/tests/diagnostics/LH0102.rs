#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let later = async { num(1).await };
        ctx.sleep(days(1)).await;
        later.await
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        ctx.sleep(days(1)).await;
        let sum = num(1).await?;
        Ok(sum)
    }
}
