#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state(Asking)]
        #[state(Waiting)]
        let answer = num(n).await?;
        Ok(answer)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state(Asking)]
        let answer = num(n).await?;
        Ok(answer)
    }
}
