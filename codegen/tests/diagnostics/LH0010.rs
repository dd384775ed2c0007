#[workflow]
impl Flow {
    #[run]
    async fn run<T: Display>(&mut self, ctx: &Context, value: T) {
        ctx.sleep(days(1)).await;
        self.lines.push(value.to_string());
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, value: u32) {
        self.report(ctx, value).await;
    }

    async fn report<T: Stored + Display>(&mut self, ctx: &Context, value: T) {
        ctx.sleep(days(1)).await;
        self.lines.push(value.to_string());
    }
}
