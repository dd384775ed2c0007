#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        match n {
            x if allowed(x).await? => Ok(x),
            _ => Ok(0),
        }
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let allowed = allowed(n).await?;
        match n {
            x if allowed => Ok(x),
            _ => Ok(0),
        }
    }
}
