#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.totals[slot()] += num(n).await?;
        Ok(n)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let value = num(n).await?;
        self.totals[slot()] += value;
        Ok(n)
    }
}
