// One of a million; made small in another file, where that was possible.
#[workflow]
impl Seed1001992 {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        if (match num(add(num(num(2i64).await?).await.unwrap_or(0i64), 0i64).await.unwrap_or(0i64)).await.unwrap_or(0i64) {
            0 | 1 => {
                false
            }
            2..=99 => {
                false
            }
            _ => {
                false
            }
        }) {}
        note(&format!("{:?}", 2i64));
        let mut b = Some(5i64);
        let b: Point = Point { x: 5i64, y: 2i64, name: "o".to_owned() };
        let r1 = &self.count;
        if let Some(mut a) = (Some(({
            note(&format!("{:?}", maybe(7i64).await?));
            let Point { x, name: mut t, .. } = b;
            num(x).await?.min(num(x).await.unwrap_or(0i64))
        }) + 0i64)) {
            let mut c = self.items.clone();
        }
        note(&format!("{:?}/{z2}", Some(5i64), z2 = 'b3: {
            if false && let Some(b) = None::<i64> && false {
                break 'b3 0i64;
            }
            0i64
        }));
        Ok(format!("{n:?} {r1:?}"))
    }

    fn bump(&mut self, by: i64) -> i64 {
        self.count = m(self.count + by);
        note(&format!("bump {}", self.count));
        self.count
    }

    pub async fn helper0(ctx: &Context, a: i64, mut s: String) -> i64 {
        if m((Point { y: 0i64, ..(Point { x: 0i64, y: 2i64, name: "o".to_owned() }) }).x) % 4 == 3i64 {
            return a;
        }
        a
    }

    pub async fn helper1(ctx: &Context, a: i64, mut s: String) -> i64 {
        if m(add(num(if false {
            num(num(a).await.unwrap_or(0i64)).await.unwrap_or(0i64)
        } else {
            0i64
        }).await.unwrap_or(0i64), 0i64).await.unwrap_or(0i64)) % 4 == 0i64 {
            return 6i64;
        }
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}/{:?}", s, (0i64, "".to_owned())));
        0i64 + a
    }
}
