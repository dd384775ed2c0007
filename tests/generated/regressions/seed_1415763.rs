// One of a million; made small in another file, where that was possible.
#[workflow]
impl Seed1415763 {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let (mut b, x) = (0i64, "".to_owned());
        let u1;
        if (!(text("".to_owned()).await.unwrap_or("".to_owned()) == text(x).await?)) {
            u1 = format!("{:?}/{:?}", Point { x: 0i64, y: 2i64, name: "o".to_owned() }, 0i64);
        } else {
            u1 = "".to_owned();
        }
        note(&format!("{:?}", 0i64));
        Ok(format!("{n:?} {b:?} {u1:?}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }

    pub async fn helper0(ctx: &Context, a: i64, mut s: String) -> i64 {
        let a = m(num(if false {
            0i64
        } else {
            0i64
        }).await.unwrap_or(0i64));
        0i64
    }

    pub async fn helper1(&mut self, ctx: &Context, a: i64) -> Option<i64> {
        if m(a) % 4 == 0i64 {
            return None::<i64>;
        }
        note(&format!("{:?}", 3i64));
        let Some(mut a) = None::<i64> else {
            return None::<i64>;
        };
        None::<i64>
    }

    pub async fn helper2(&mut self, ctx: &Context, a: i64) -> Result<i64, Fault> {
        let a = m(0i64);
        Ok::<i64, Fault>(0i64)
    }
}
