#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        select! {
            num(1) => {}
            _ = num(2) => {}
        }
        Ok(n)
    }
}
