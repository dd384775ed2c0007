#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order) -> usize {
        let receipt = print(order.name).await;
        ctx.sleep(days(1)).await;
        order.items.len() + receipt
    }
}
