#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state(Asking)]
        let first = num(n).await?;
        #[state(Asking)]
        let second = num(first).await?;
        Ok(second)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state(Asking)]
        let first = num(n).await?;
        #[state(AskingAgain)]
        let second = num(first).await?;
        Ok(second)
    }
}
