// What a function keeps in a shield, in itself and in tasks of it, is waited for when the run is cancelled.
#[workflow]
pub async fn kept_going(ctx: &Context, a: i64) -> i64 {
    let shielded = ctx.spawn(async move {
        let x = shield(async {
            let x = num(a).await.unwrap_or(1i64);
            note("in the shield");
            num(x).await.unwrap_or(2i64)
        }).await;
        note("behind the shield");
        ctx.sleep(seconds(9)).await;
        x
    });
    let scoped = ctx.scope(async {
        ctx.sleep(seconds(4)).await;
        1i64
    }).await;
    note(&format!("{scoped:?}"));
    shielded.await.unwrap_or(4i64)
}

#[workflow]
pub async fn around(ctx: &Context, a: i64) -> i64 {
    let other = ctx.spawn(kept_going(ctx, a));
    let all = join!(kept_going(ctx, a + 1i64), async {
        let told = timeout(seconds(3), ctx.cancelled()).await;
        note(&format!("{told:?}"));
        num(a).await.unwrap_or(7i64)
    });
    note(&format!("{all:?}"));
    other.await.unwrap_or(8i64)
}

#[workflow]
impl AFunctionInACancelledRun {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let x = around(ctx, n).await;
        Ok(format!("{x}"))
    }
}
