#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.report(ctx, 1_u32).await;
    }

    async fn report<T: Display>(&mut self, ctx: &Context, value: T) {
        ctx.sleep(days(1)).await;
        self.lines.push(value.to_string());
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.report(ctx, line(1_u32)).await;
    }

    async fn report(&mut self, ctx: &Context, line: String) {
        ctx.sleep(days(1)).await;
        self.lines.push(line);
    }
}
