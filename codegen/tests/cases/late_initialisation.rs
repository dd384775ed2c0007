#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let x;
        if n > 1 {
            x = num(n).await?;
        } else {
            x = 0;
        }
        num(1).await?;
        Ok(x)
    }
}
