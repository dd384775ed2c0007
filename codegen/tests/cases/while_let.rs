#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        while let Some(next) = self.queue.pop() {
            if next == n {
                continue;
            }
            num(next).await?;
        }
        Ok(n)
    }
}
