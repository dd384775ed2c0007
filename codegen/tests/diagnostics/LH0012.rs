#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.greet(ctx, &self.name.clone()).await;
    }

    async fn greet(&mut self, ctx: &Context, name: &str) {
        ctx.sleep(days(1)).await;
        self.lines.push(format!("hello {name}"));
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.greet(ctx, self.name.clone()).await;
    }

    async fn greet(&mut self, ctx: &Context, name: String) {
        ctx.sleep(days(1)).await;
        self.lines.push(format!("hello {name}"));
    }
}
