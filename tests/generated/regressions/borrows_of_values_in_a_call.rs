// What is borrowed of a value that is made in the call was kept as a borrow, across the await of a later argument.
#[workflow]
pub async fn measured(ctx: &Context, s: &String, w: &str, v: &[i64]) -> i64 {
    ctx.sleep(seconds(1)).await;
    note(s);
    num(w.len() as i64 + v.len() as i64).await.unwrap_or(1i64)
}

#[workflow]
impl BorrowsOfValuesInACall {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let a = measured(ctx, &(n, "pair".to_owned()).1, &text("w".to_owned()).await?, &list(2i64).await?).await;
        let b = measured(ctx, &cut("cut"), &text("w".to_owned()).await?, &list(3i64).await?).await;
        let c = measured(ctx, &vec!["one".to_owned(), "two".to_owned()][ix(n, 2)], &text("w".to_owned()).await?, &[a, b]).await;
        Ok(format!("{a} {b} {c}"))
    }
}
