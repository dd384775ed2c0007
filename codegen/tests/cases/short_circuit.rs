#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<bool, Failure> {
        Ok(flag(1).await? && n > 1 || flag(2).await?)
    }
}
