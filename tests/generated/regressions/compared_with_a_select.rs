// What stands before a `select!` is read before it, also where a branch or a handler changes it.
#[workflow]
impl ComparedWithASelect {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let before = self.count <= (select! {
            _ = num(self.bump(n)) => 0i64,
            _ = num(0i64) => 0i64,
        });
        let behind = self.count <= m(select! {
            _ = num(0i64) => {
                self.count = 1000i64;
                n
            }
        });
        Ok(format!("{before} {behind}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by + 1i64);
        self.count
    }
}
