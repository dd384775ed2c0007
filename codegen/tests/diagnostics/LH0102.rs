#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let later = async { num(n).await };
        ctx.sleep(days(1)).await;
        Ok(later.await?)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let later = async move { num(n).await };
        ctx.sleep(days(1)).await;
        Ok(later.await?)
    }
}
