#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let x = if n > 1 { num(n).await? } else { 0 };
        Ok(x)
    }
}
