// The parentheses around the first test of a condition were lost.
#[workflow]
impl ParenthesesInAChain {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let mut path = String::new();
        if (n > 100i64 || n >= 0i64) && let Some(a) = None::<i64> && flag(a).await? {
            path += "then";
        }
        if (n > 100i64 || n >= 0i64) && let Some(a) = Some(n) && flag(a + 1i64).await? {
            path += "second";
        }
        if (Point { x: n, y: 2i64, name: "o".to_owned() } == point(n).await?) {
            path += "third";
        }
        Ok(format!("{path}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }
}
