#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let Some(x) = self.find(n) else {
            num(0).await?;
            return Ok(0);
        };
        Ok(x)
    }
}
