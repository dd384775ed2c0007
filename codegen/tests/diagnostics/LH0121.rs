#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        Ok(self.charge(ctx, order).await?)
    }

    async fn charge<T: Stored + Into<u64>>(&self, ctx: &Context, order: T) -> Result<u32, Failure> {
        let number = order.into();
        Ok(ctx.run("charge", async move { charge(number).await }).await?)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        Ok(self.charge(ctx, order).await?)
    }

    async fn charge<T: Stored + Into<u64>>(&self, ctx: &Context, order: T) -> Result<u32, Failure> {
        self.charge_number(ctx, order.into()).await
    }

    async fn charge_number(&self, ctx: &Context, number: u64) -> Result<u32, Failure> {
        Ok(ctx.run("charge", async move { charge(number).await }).await?)
    }
}
