// A `join!` in a macro that has no `.await` of its own was taken for code that does not wait.
#[workflow]
impl BranchesInAMacro {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        note(&format!("{:?}", join!(async { 1i64 }, async { loop { break 2i64; } })));
        note(&format!("{:?}", select! { _ = num(1i64) => 3i64, _ = num(2i64) => 4i64, }));
        Ok(format!("{n}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }
}
