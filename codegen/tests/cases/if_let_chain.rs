#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if let Some(x) = self.find(n) && num(x).await? > 1 {
            self.count = x;
        }
        Ok(n)
    }
}
