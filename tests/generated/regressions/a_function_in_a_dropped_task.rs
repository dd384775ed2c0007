// The tasks of a function were told of a cancellation where the task that awaits the function is dropped, and not told itself.
#[workflow]
pub async fn with_tasks(ctx: &Context, a: i64) -> i64 {
    let told = ctx.spawn(async move {
        ctx.cancelled().await;
        note("told");
        1i64
    });
    let shielded = ctx.spawn(async move {
        let x = shield(async {
            let x = num(a).await.unwrap_or(1i64);
            note("in the shield");
            num(x).await.unwrap_or(2i64)
        }).await;
        note("behind the shield");
        x
    });
    let x = text("meanwhile".to_owned()).await.unwrap_or("cancelled".to_owned());
    note(&x);
    told.await.unwrap_or(3i64) + shielded.await.unwrap_or(4i64)
}

#[workflow]
impl AFunctionInADroppedTask {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let first = ctx.spawn(async move { with_tasks(ctx, n).await });
        num(n).await?;
        drop(first);
        num(n + 1i64).await?;
        note("after the drop");
        num(n + 2i64).await?;
        let second = ctx.spawn(async move { with_tasks(ctx, n).await });
        num(n + 3i64).await?;
        second.cancel();
        note(&format!("{:?}", second.await));
        Ok(String::new())
    }
}
