// One of a million; made small in another file, where that was possible.
#[workflow]
impl Seed1256808 {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", n));
        let a = self.count <= (select! {
            _ = num(vec![3i64, self.bump(n)].len() as i64) => {
                0i64
            }
            _ = num(0i64) => {
                0i64
            }
        });
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", 0i64));
        Ok(format!("{n:?} {a:?}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }

    pub async fn helper0(&mut self, ctx: &Context, a: i64) -> Option<i64> {
        note(&format!("{:?}/{:?}/{:?}", 0i64, num(if false {
            0i64
        } else {
            0i64
        }).await.unwrap_or(0i64), 0i64));
        note(&format!("{:?}", 0i64));
        None::<i64>
    }

    pub async fn helper1(&mut self, ctx: &Context, a: i64) -> Result<i64, Fault> {
        let a = "".to_owned();
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", 0i64));
        Ok::<i64, Fault>(0i64)
    }

    pub async fn helper2(&mut self, ctx: &Context, a: i64) -> Result<i64, Fault> {
        Ok::<i64, Fault>(0i64)
    }
}
