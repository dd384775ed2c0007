// The left side of a comparison was read after the right side had changed it.
#[workflow]
impl ComparedBefore {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let mut x = n;
        let less = x >= ({ x += num(n).await?; x });
        let own = self.count < self.bump(num(1i64).await?);
        Ok(format!("{less} {own} {x}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }
}
