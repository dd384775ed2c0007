#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        for (key, value) in &self.map {
            num(*value).await?;
            self.seen.push(key.clone());
        }
        Ok(n)
    }
}
