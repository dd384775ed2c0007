#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        let charged = ctx.run("charge", async move { charge(order, self.limit).await }).await?;
        Ok(charged)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        let limit = self.limit;
        let charged = ctx.run("charge", async move { charge(order, limit).await }).await?;
        Ok(charged)
    }
}
