#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let step = async |x: u32| num(x).await;
        step(n).await
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.step(n).await
    }

    async fn step(&mut self, x: u32) -> Result<u32, Failure> {
        Ok(num(x).await?)
    }
}
