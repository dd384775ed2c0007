#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        tokio::spawn(work);
        match n {
            x if num(x).await? > 1 => {}
            _ => dbg!(num(2).await?),
        }
        items.iter().map(|item| num(item).await);
        Ok(n)
    }
}
