// A number of a range with adapters was taken for a borrow, which a block that is a value cannot take along.
#[workflow]
impl ANumberOfARangeInABlock {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let mut sum = 0i64;
        for a in (0..m(n) % 4).rev() {
            let k = ctx.spawn(async move { num(a).await.unwrap_or(0i64) + a });
            sum += k.await.unwrap_or(0i64) + a;
        }
        for (b, a) in (2..9).step_by(3).enumerate() {
            let block = async move { num(a + b as i64).await.unwrap_or(0i64) + a };
            sum += block.await + a;
        }
        for a in (0..9).filter(|q| q % 2 == 0) {
            sum += ctx.spawn(async move { num(a).await.unwrap_or(0i64) }).await.unwrap_or(0i64) + a;
        }
        Ok(format!("{sum}"))
    }
}
