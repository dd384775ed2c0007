#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let started = std::time::SystemTime::now();
        num(n).await?;
        self.took = started.elapsed().unwrap_or_default();
        Ok(n)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let started = ctx.now();
        num(n).await?;
        self.took = ctx.now() - started;
        Ok(n)
    }
}
