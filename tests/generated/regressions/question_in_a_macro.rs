// A `?` behind a type in a macro was not seen.
#[workflow]
impl QuestionInAMacro {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        Ok(format!("{:?}", self.helper0(ctx, n).await))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }

    pub async fn helper0(&mut self, ctx: &Context, a: i64) -> Option<i64> {
        vec![None::<i64>?; 2].first().copied()
    }
}
