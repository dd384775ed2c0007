// What a `&` of a pattern had copied was taken for a borrow, which a block that is a value cannot take along.
#[workflow]
impl ACopyInABlock {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let values = list(n + 2i64).await?;
        let mut sum = 0i64;
        for &a in &values {
            sum += ctx.spawn(async move { num(a).await.unwrap_or(0i64) + a }).await.unwrap_or(0i64) + a;
        }
        if let Some(&a) = values.first() {
            let block = async move { num(a).await.unwrap_or(0i64) + a };
            sum += num(a).await? + block.await + a;
        }
        for (i, &a) in values.iter().enumerate().rev() {
            let k = ctx.run("step", async move { Ok::<i64, Failure>(a + 1i64) }).await.unwrap_or(0i64);
            sum += k + num(i as i64).await? + a;
        }
        Ok(format!("{sum}"))
    }
}
