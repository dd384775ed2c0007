#[workflow]
async fn provision(&mut self, ctx: &Context) {
    ctx.sleep(minutes(5)).await;
}

// Instead:

#[workflow]
impl Setup {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.provision(ctx).await;
    }

    async fn provision(&mut self, ctx: &Context) {
        ctx.sleep(minutes(5)).await;
    }
}
