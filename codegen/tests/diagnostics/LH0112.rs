#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let later = self.step(n);
        ctx.sleep(days(1)).await;
        later.await
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
        ctx.sleep(days(1)).await;
        self.step(n).await
    }

    async fn step(&mut self, x: u32) -> Result<u32, Failure> {
        Ok(num(x).await?)
    }
}
