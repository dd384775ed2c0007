#[workflow]
impl<T> Checkout<T> {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}

// Instead:

#[workflow]
impl Checkout<Card> {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}
