#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let first = num(n).await?;
        #[state(AwaitNum)]
        let mut second = num(first).await?;
        #[state(Assigned)]
        second = num(second).await?;
        if n > 2 {
            #[state(Approved)]
            ctx.wait_until(|| self.done).await;
        }
        match n {
            1 => #[state(One)] num(1).await?,
            _ => 2,
        };
        #[state(Deciding)]
        select! {
            _ = #[state(Answering)] num(second) => {}
            _ = async {
                #[state(Early)]
                ctx.sleep(seconds(1)).await;
                ctx.sleep(seconds(1)).await;
            } => #[state(TooLate)] num(3).await?,
        };
        #[longhaul::state(Last)]
        num(second).await
    }
}
