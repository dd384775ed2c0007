#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<(), Failure> {
        ctx.run("charge", async move { charge(order).await });
        Ok(())
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<(), Failure> {
        ctx.run("charge", async move { charge(order).await }).await?;
        Ok(())
    }
}
