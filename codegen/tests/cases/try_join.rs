#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let (a, b) = try_join!(num(1), num(n))?;
        Ok(a + b)
    }
}
