#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        let last = self.last(ctx).await.len();
        self.lines.push(last.to_string());
    }

    async fn last(&self, ctx: &Context) -> &str {
        ctx.sleep(days(1)).await;
        &self.lines[0]
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        let last = self.last(ctx).await.len();
        self.lines.push(last.to_string());
    }

    async fn last(&self, ctx: &Context) -> String {
        ctx.sleep(days(1)).await;
        self.lines[0].clone()
    }
}
