// A task that is never named, begun behind a `timeout` in the same block, was to be kept while that waited.
#[workflow]
impl ATaskAfterATimeout {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        for t in 0..2 {
            let late = timeout(seconds(1), num(t)).await.is_err();
            let k = ctx.spawn(async move {
                note(&format!("{late} {t}"));
                num(num(n).await?).await
            });
            let more = num(t).await?;
            note(&format!("{more}"));
        }
        Ok(format!("{n}"))
    }
}
