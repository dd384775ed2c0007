#[workflow]
impl Flow {
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}
