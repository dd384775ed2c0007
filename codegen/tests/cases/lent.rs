#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order) -> Result<u32, Failure> {
        self.pack(ctx, &order.items, &order.name).await
    }

    async fn pack(&mut self, ctx: &Context, items: &[Item], name: &str) -> Result<u32, Failure> {
        let mut packed = 0;
        for item in items {
            packed += weigh(item.clone(), name.to_owned()).await?;
        }
        Ok(packed)
    }
}
