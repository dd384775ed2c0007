#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.wait_until(|| self.lines.len() > 3).await;
    }

    #[query]
    fn first(&self) -> Option<&String> {
        self.lines.first()
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.wait_until(|| self.lines.len() > 3).await;
    }

    #[query]
    fn first(&self) -> Option<String> {
        self.lines.first().cloned()
    }
}
