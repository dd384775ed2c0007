#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        Ok(format!("{n} {}", num(n).await?))
    }
}
