// A variable that a branch uses, and that is assigned after the construct, was looked for in its slot.
#[workflow]
impl AssignedFromABranch {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let mut c = list(n).await?;
        c = vec![join!(async { c.len() as i64 + 1i64 }, num(1i64)).0, num(2i64).await?];
        Ok(format!("{c:?}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }
}
