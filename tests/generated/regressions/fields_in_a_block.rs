// The name of a field within a `try_join!` in a block was taken for the variable of that name, which the block then took away.
#[workflow]
impl FieldsInABlock {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let (x, y) = ("kept".to_owned(), "too".to_owned());
        let k = ctx.spawn(async move {
            let both = try_join!(async { Ok::<Point, Fault>(Point { x: 3i64, y: 2i64, name: "o".to_owned() }) }, async {
                Ok::<i64, Fault>(num(1i64).await?)
            });
            select! {
                y = num(2i64) => note(&format!("{y:?}", y = y.is_ok())),
                _ = num(3i64) => note("other"),
            }
            note(&format!("{both:?}"));
            0i64
        });
        let j = k.await.unwrap_or(0i64);
        Ok(format!("{n} {x} {y} {j}"))
    }
}
