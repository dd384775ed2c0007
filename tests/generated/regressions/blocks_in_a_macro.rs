// A block that is a value, or a call, among the arguments of a macro was left as it is, and rustc refused it.
#[workflow]
impl BlocksInAMacro {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        note(&format!("{:?}", {
            let k = ctx.spawn(async move {
                let got = num(n).await.unwrap_or(1i64);
                note(&format!("{got}"));
            });
            k.detach();
            0i64
        }));
        let all = vec![
            {
                ctx.spawn(Self::twice(ctx, n)).detach();
                ctx.spawn(ctx.sleep(seconds(1))).detach();
                1i64
            },
            2i64,
        ];
        let more = num(num(n).await?).await?;
        Ok(format!("{all:?} {more}"))
    }

    pub async fn twice(ctx: &Context, a: i64) -> i64 {
        add(a, a).await.unwrap_or(0i64)
    }
}
