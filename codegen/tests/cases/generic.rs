#[workflow(for = [Checkout<Card>, Checkout<Cash> as "cash"])]
impl<P: Payment> Checkout<P> {
    #[run]
    async fn run(&mut self, ctx: &Context, payment: P) -> Result<P::Receipt, Failure> {
        ctx.wait_until(|| self.approved).await;
        self.settle(payment).await
    }

    async fn settle(&mut self, payment: P) -> Result<P::Receipt, Failure> {
        charge(P::amount(&payment)).await?;
        Ok(payment.receipt())
    }

    #[signal]
    fn approve(&mut self, kind: P::Kind) {
        self.approved = true;
    }
}
