#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.step(n);
        Ok(n)
    }

    async fn step(&mut self, x: u32) -> Result<u32, Failure> {
        Ok(num(x).await?)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.step(n).await?;
        Ok(n)
    }

    async fn step(&mut self, x: u32) -> Result<u32, Failure> {
        Ok(num(x).await?)
    }
}
