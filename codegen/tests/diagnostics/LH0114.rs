#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order) -> Result<(), Failure> {
        let items = &order.items;
        let packing = ctx.spawn(async move {
            ctx.sleep(days(1)).await;
            items.len()
        });
        packing.await?;
        Ok(())
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order) -> Result<(), Failure> {
        let items = order.items.clone();
        let packing = ctx.spawn(async move {
            ctx.sleep(days(1)).await;
            items.len()
        });
        packing.await?;
        Ok(())
    }
}
