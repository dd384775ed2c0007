// Of two names in one chain of `let`s, the second was borrowed for the first, which it hides.
#[workflow]
impl ANameThatHidesAnother {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        self.items = list(n).await?;
        let mut sum = 0i64;
        if let Some(mut a) = list(n).await?.first().copied() && let Some(b) = maybe(n).await? && let Some(a) = self.items.get_mut(1) && m(b) > 0i64 {
            *a += num(b).await?;
            sum += *a;
        }
        if let Some(mut a) = maybe(n).await? && let Some(a) = self.items.first_mut() && m(n) > 3i64 {
            return Ok(format!("{a}"));
        }
        Ok(format!("{sum}"))
    }
}
