#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        let mut lines = Vec::new();
        self.greet(ctx, "Ada", &mut lines).await;
        self.lines = lines;
    }

    async fn greet(&mut self, ctx: &Context, name: &str, lines: &mut Vec<String>) {
        ctx.sleep(days(1)).await;
        lines.push(format!("hello {name}"));
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        let mut lines = Vec::new();
        lines = self.greet(ctx, "Ada", lines).await;
        self.lines = lines;
    }

    async fn greet(&mut self, ctx: &Context, name: &str, mut lines: Vec<String>) -> Vec<String> {
        ctx.sleep(days(1)).await;
        lines.push(format!("hello {name}"));
        lines
    }
}
