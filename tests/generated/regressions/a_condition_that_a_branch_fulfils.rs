// shares
// A condition that came to hold by what another branch did was looked at again only when something else happened to the run.
#[workflow]
impl ConditionThatABranchFulfils {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        join!(
            async {
                ctx.wait_until(|| self.count > 3i64).await;
                note("it holds");
                num(n).await.unwrap_or(1i64)
            },
            async {
                num(1i64).await.unwrap_or(1i64);
                self.count = 5i64;
                text("after".to_owned()).await.unwrap_or(String::new())
            }
        );
        Ok(String::new())
    }
}
