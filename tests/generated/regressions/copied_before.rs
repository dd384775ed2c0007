// A receiver that is copied was read after the arguments had changed it.
#[workflow]
impl CopiedBefore {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let mut x = n;
        let least = x.min({ x += num(n).await?; x });
        let most = self.count.max(self.bump(num(1i64).await?));
        Ok(format!("{least} {most} {x}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }
}
