#[workflow]
impl Flow {
    #[run]
    #[tracing::instrument]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
        self.lines.push(line());
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
        self.wake_up();
    }

    #[tracing::instrument]
    fn wake_up(&mut self) {
        self.lines.push(line());
    }
}
