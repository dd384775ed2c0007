#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        Ok(n + num(self.count).await? * self.next(num(1).await?))
    }
}
