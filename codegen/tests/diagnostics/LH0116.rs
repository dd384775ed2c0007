#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) {
        let task = ctx.spawn(self.pack(ctx, n));
        let _ = task.await;
    }

    async fn pack<T: Stored + Display>(&mut self, ctx: &Context, item: T) {
        ctx.sleep(days(1)).await;
        self.lines.push(item.to_string());
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) {
        let task = ctx.spawn(async move { self.pack(ctx, n).await });
        let _ = task.await;
    }

    async fn pack<T: Stored + Display>(&mut self, ctx: &Context, item: T) {
        ctx.sleep(days(1)).await;
        self.lines.push(item.to_string());
    }
}
