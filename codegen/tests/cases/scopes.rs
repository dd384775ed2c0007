#[workflow]
impl Charging {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<(), Failure> {
        let charged = ctx.scope(async { charge(order).await }).await;
        if charged.is_err() {
            shield(refund(order)).await?;
        }
        Ok(())
    }

    #[update(validate = is_open)]
    async fn raise(&mut self, ctx: &Context, by: u32) -> Result<u32, Refused> {
        ctx.sleep(seconds(1)).await;
        self.limit += by;
        Ok(self.limit)
    }

    fn is_open(&self, by: &u32) -> Result<(), Refused> {
        if self.open && *by > 0 { Ok(()) } else { Err(Refused) }
    }
}
