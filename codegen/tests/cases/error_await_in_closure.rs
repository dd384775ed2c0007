#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let all: Vec<u32> = (0..n).map(|i| num(i).await).collect();
        Ok(n)
    }
}
