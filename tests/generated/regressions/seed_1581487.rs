// One of a million; made small in another file, where that was possible.
#[workflow]
impl Seed1581487 {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        if m(num({ self.count += m(n.min(join!(async {
            note(&format!("{z1}", z1 = 0i64));
            note(&format!("{:?}", 3i64));
            {
                4i64
            }
        }, num(1i64)).0)); self.count }).await?) % 4 == 1i64 {
            return Ok("k".to_owned());
        }
        select! {
            _ = num(0i64) => {}
            _ = num(0i64) => {}
            _ = num(0i64) => {}
        }
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", self.count <= (m((self.count <= self.items.clone().iter().map(|q| q + self.count).sum::<i64>()) as i64) * m(select! {
            _ = num(0i64) => {
                (self.count, self.title) = (m(0i64), "".to_owned());
                0i64
            }
            _ = num(0i64) => {
                0i64
            }
        }))));
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", 0i64));
        note(&format!("{:?}", 0i64));
        Ok(format!(""))
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
        self.count = m(timeout(seconds(0), async {
            0i64
        }).await.unwrap_or(0i64));
        note(&format!("{:?}", 0i64));
        let below = Box::pin(self.helper0(ctx, depth - 1i64)).await?;
        Ok::<i64, Fault>(0i64)
    }
}
