// One of a million; made small in another file, where that was possible.
#[workflow]
impl Seed1732029 {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let Some(mut a) = ({
        let mut i1 = 0i64;
        loop {
            i1 += 1;
            if i1 > 0 {
                break self.items.pop();
            }
            'l2: while let Some(mut y) = self.items.pop() {
                note(&format!("{z3}/{y:?}", z3 = 0i64 + 0i64));
            }
        }
        }) else {
            if (self.title.clone() == text(self.title.clone()).await?) && m(num(num(2i64).await?).await?) % 4 == 3i64 {
                return Ok(text(self.title.clone()).await?);
            }
            return Ok(timeout(seconds(2), async {
                let mut y = Vec::<i64>::new();
                let mut v = y;
                match maybe(num(None::<i64>.unwrap_or(0i64)).await.unwrap_or(0i64)).await.unwrap_or(None::<i64>) {
                    Some(a) => {}
                    None => {}
                }
                format!("{z4}/{n:?}", z4 = (Point { x: 0i64, y: 2i64, name: "o".to_owned() }).x)
            }).await.unwrap_or("".to_owned()));
        };
        Ok(format!("{n:?} {a:?}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }

    pub async fn helper0(&mut self, ctx: &Context, depth: i64) -> Result<i64, Fault> {
        if depth <= 0 {
            return Ok(1i64);
        }
        let Point { x, name: mut a, .. } = Point { name: text(match (Point { x: 4i64, y: 2i64, name: "o".to_owned() }) {
            Point { x: 0..=3, .. } => {
                "".to_owned()
            }
            Point { name: x, .. } if false => {
                "".to_owned()
            }
            Point { name: x, .. } => {
                "".to_owned()
            }
        }).await.unwrap_or("".to_owned()), y: 0i64, x: 0i64 };
        let below = Box::pin(self.helper0(ctx, depth - 1i64)).await?;
        Ok::<i64, Fault>(0i64)
    }
}
