// A call of a function could not be spawned, nor kept until later: rustc said that it cannot be stored.
#[workflow]
pub async fn doubled(ctx: &Context, a: i64) -> i64 {
    ctx.sleep(seconds(1)).await;
    num(a).await.unwrap_or(1i64) * 2
}

#[workflow]
impl AFunctionAsATask {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let task = ctx.spawn(doubled(ctx, n));
        let later = doubled(ctx, n + 1i64);
        let first = text("meanwhile".to_owned()).await?;
        let second = later.await;
        let third = task.await?;
        Ok(format!("{first} {second} {third}"))
    }
}
