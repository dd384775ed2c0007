#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.twice(ctx, n).await
    }

    async fn twice(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        ctx.sleep(seconds(1)).await;
        Ok(n * 2)
    }
}
