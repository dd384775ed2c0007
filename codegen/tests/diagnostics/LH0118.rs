#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        let charged = ctx.run("charge: card", async move { charge(order).await }).await?;
        Ok(charged)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        let charged = ctx.run("charge card", async move { charge(order).await }).await?;
        Ok(charged)
    }
}
