#[workflow(for = [Checkout<eu::Card> as "card", Checkout<us::Card> as "card"])]
impl<P: Payment> Checkout<P> {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}

// Instead:

#[workflow(for = [Checkout<eu::Card>, Checkout<us::Card>])]
impl<P: Payment> Checkout<P> {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}
