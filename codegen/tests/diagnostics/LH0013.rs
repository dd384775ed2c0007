#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, name: impl Into<String>) {
        self.greet(ctx, name).await;
    }

    async fn greet(&mut self, ctx: &Context, name: impl Into<String>) {
        ctx.sleep(days(1)).await;
        self.lines.push(name.into());
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, name: String) {
        self.greet(ctx, name).await;
    }

    async fn greet(&mut self, ctx: &Context, name: impl Into<String>) {
        ctx.sleep(days(1)).await;
        self.lines.push(name.into());
    }
}
