#[workflow]
struct Checkout {
    paid: bool,
}

// Instead:

#[workflow]
impl Checkout {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.wait_until(|| self.paid).await;
    }
}
