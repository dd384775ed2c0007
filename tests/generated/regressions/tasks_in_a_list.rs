// Tasks in a list that nobody names again were dropped at once, and not with the list.
#[workflow]
impl TasksInAList {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let mut tasks = Vec::new();
        for number in list(3i64).await? {
            tasks.push(ctx.spawn(async move {
                let a = num(number).await.unwrap_or(0i64);
                note(&format!("{a}"));
            }));
        }
        let all = list(2i64).await?.into_iter().map(|q| ctx.spawn(async move {
            let a = num(q + 5i64).await.unwrap_or(0i64);
            note(&format!("mapped {a}"));
        })).collect::<Vec<_>>();
        let pair = (ctx.spawn(async move {
            let a = num(7i64).await.unwrap_or(0i64);
            note(&format!("in a pair {a}"));
        }), n);
        let mut last = ctx.spawn(async move { note("never told"); });
        last = ctx.spawn(async move {
            let a = num(8i64).await.unwrap_or(0i64);
            note(&format!("put in again {a}"));
        });
        let a = num(num(n).await?).await?;
        Ok(format!("{a}"))
    }
}
