#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        for i in 0..n {
            num(i).await?;
        }
        Ok(n)
    }
}
