#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let x: u32 = self.text.parse()?;
        for part in self.parts(x)? {
            if part == n {
                return Ok(part);
            }
        }
        num(x).await?;
        Ok(x)
    }
}
