#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state(Asking)]
        if n > 0 {
            num(n).await?;
        }
        Ok(n)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if n > 0 {
            #[state(Asking)]
            num(n).await?;
        }
        Ok(n)
    }
}
