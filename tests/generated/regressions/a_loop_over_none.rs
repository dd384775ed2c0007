// `None`, as the constant that its name looks like, is looked at anew in each turn.
#[workflow]
impl ALoopOverNone {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        for a in None::<i64>.map(|a| a + 1i64) {
            note(&format!("{:?}", num(a).await.unwrap_or(0i64)));
        }
        for a in Some(n).map(|a| a + 1i64) {
            note(&format!("{:?}", num(a).await?));
        }
        Ok(format!("{n}"))
    }
}
