#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        Ok(self.later(ctx, n).await?)
    }

    fn later(&mut self, ctx: &Context, n: u32) -> impl Future<Output = Result<u32, Failure>> {
        self.step(ctx, n + 1)
    }

    async fn step(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        ctx.sleep(days(1)).await;
        Ok(num(n).await?)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        Ok(self.later(ctx, n).await?)
    }

    async fn later(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.step(ctx, n + 1).await
    }

    async fn step(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        ctx.sleep(days(1)).await;
        Ok(num(n).await?)
    }
}
