#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        select! {
            answer = num(n), if n > 0 => answer,
            _ = ctx.sleep(days(1)) => Ok(0),
        }
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if n > 0 {
            select! {
                answer = num(n) => answer,
                _ = ctx.sleep(days(1)) => Ok(0),
            }
        } else {
            ctx.sleep(days(1)).await;
            Ok(0)
        }
    }
}
