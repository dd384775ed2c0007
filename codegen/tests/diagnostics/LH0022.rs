#[workflow(for = [Card])]
impl<P: Payment> Checkout<P> {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}

// Instead:

#[workflow(for = [Checkout<Card>])]
impl<P: Payment> Checkout<P> {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}
