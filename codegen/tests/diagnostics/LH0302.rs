#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        select! {
            num(n) => Ok(n),
            _ = ctx.sleep(days(1)) => Ok(0),
        }
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        select! {
            _ = num(n) => Ok(n),
            _ = ctx.sleep(days(1)) => Ok(0),
        }
    }
}
