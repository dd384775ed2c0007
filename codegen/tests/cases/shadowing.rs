#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let x = n;
        {
            let x = num(x).await?;
            num(x).await?;
        }
        num(1).await?;
        Ok(x)
    }
}
