// A task that is awaited on one way only was dropped on the others as soon as these were taken, and not with its variable.
#[workflow]
impl ATaskMovedOnOneWay {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let mut k = ctx.spawn(async move {
            let a = num(1i64).await.unwrap_or(0i64);
            note(&format!("{a}"));
            num(a).await.unwrap_or(0i64)
        });
        let k2 = ctx.spawn(async move {
            let a = num(3i64).await.unwrap_or(0i64);
            note(&format!("other {a}"));
        });
        if n > 6i64 {
            k2.cancel();
        }
        if n > 4i64 {
            select! {
                got = &mut k => note(&format!("{got:?}")),
                _ = num(5i64) => {}
            }
        }
        let Some(b) = maybe(n).await.unwrap_or(None::<i64>) else {
            return Ok(text("left".to_owned()).await?);
        };
        if n < 3i64 {
            return Ok(format!("{:?}", k.await));
        }
        let last = num(b).await? + num(4i64).await?;
        Ok(format!("{last}"))
    }
}
