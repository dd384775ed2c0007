#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        let first = ctx.run("charge", async move { charge(order).await }).await?;
        let second = ctx.run("charge", async move { charge(order + 1).await }).await?;
        Ok(first + second)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        Ok(self.charge(ctx, order).await? + self.charge(ctx, order + 1).await?)
    }

    async fn charge(&self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        Ok(ctx.run("charge", async move { charge(order).await }).await?)
    }
}
