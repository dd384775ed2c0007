#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        select! {
            x = num(n) => Ok(x?),
            _ = ctx.sleep(seconds(1)) => {
                num(0).await?;
                Ok(0)
            }
        }
    }
}
