#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[run]
    async fn remind(&mut self, ctx: &Context) {
        ctx.sleep(days(7)).await;
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
        self.remind(ctx).await;
    }

    async fn remind(&mut self, ctx: &Context) {
        ctx.sleep(days(7)).await;
    }
}
