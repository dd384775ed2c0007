#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order) {
        ctx.spawn(pack(order.items));
        ctx.sleep(days(1)).await;
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order) {
        ctx.spawn(pack(order.items)).detach();
        ctx.sleep(days(1)).await;
    }
}
