#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state(Asking)]
        let sum = num(n).await? + num(n + 1).await?;
        Ok(sum)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state(Asking)]
        let left = num(n).await?;
        let sum = left + num(n + 1).await?;
        Ok(sum)
    }
}
