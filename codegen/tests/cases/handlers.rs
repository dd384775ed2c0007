#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        ctx.wait_until(|| self.done).await;
        Ok(n)
    }

    /// Ends the run.
    #[signal]
    fn finish(&mut self, by: String, reason: Option<String>) {
        self.done = true;
    }

    /// Whether it has ended.
    #[query]
    fn done(&self) -> bool {
        self.done
    }
}
