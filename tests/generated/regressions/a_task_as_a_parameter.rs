// A task that a function or method is given, and does not name again, was dropped at the first await and not at the end.
#[workflow]
pub async fn keeps_it(ctx: &Context, k: Task<i64>, a: i64) -> i64 {
    num(a).await.unwrap_or(1i64) + text("w".to_owned()).await.unwrap_or(String::new()).len() as i64
}

#[workflow]
pub async fn keeps_them(ctx: &Context, mut all: Vec<Task<i64>>, a: i64) -> i64 {
    num(a).await.unwrap_or(1i64) + text("w".to_owned()).await.unwrap_or(String::new()).len() as i64
}

#[workflow]
impl ATaskAsAParameter {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let k = ctx.spawn(async move {
            num(1i64).await.unwrap_or(2i64);
            note("first");
            num(2i64).await.unwrap_or(2i64)
        });
        let a = keeps_it(ctx, k, n).await;
        let k = ctx.spawn(async move {
            num(3i64).await.unwrap_or(2i64);
            note("second");
            num(4i64).await.unwrap_or(2i64)
        });
        let b = keeps_them(ctx, vec![k], n).await;
        let k = ctx.spawn(async move {
            num(5i64).await.unwrap_or(2i64);
            note("third");
            num(6i64).await.unwrap_or(2i64)
        });
        let c = Self::method(ctx, k, n).await;
        Ok(format!("{a} {b} {c}"))
    }

    async fn method(ctx: &Context, k: Task<i64>, a: i64) -> i64 {
        num(a).await.unwrap_or(1i64) + text("w".to_owned()).await.unwrap_or(String::new()).len() as i64
    }
}
