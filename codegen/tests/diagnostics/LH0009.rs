#[workflow]
impl<P: Payment> Checkout<P> {
    #[run]
    async fn run(&mut self, ctx: &Context, payment: P) {
        ctx.sleep(days(1)).await;
        self.paid += payment.amount();
    }
}

// Instead:

#[workflow(for = [Checkout<Card>, Checkout<Cash>])]
impl<P: Payment> Checkout<P> {
    #[run]
    async fn run(&mut self, ctx: &Context, payment: P) {
        ctx.sleep(days(1)).await;
        self.paid += payment.amount();
    }
}
