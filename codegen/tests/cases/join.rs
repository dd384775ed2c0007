#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let (a, b) = join!(num(1), async {
            let x = num(2).await;
            self.count += 1;
            x
        });
        Ok(a? + b?)
    }
}
