// What is spawned in the condition of an `if` with an await in its branches became a task in a task.
#[workflow]
impl ATaskInACondition {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let a = num(if {
            let k = ctx.spawn(async move { note("task") });
            k.detach();
            n > 3i64
        } {
            num(0i64).await?
        } else {
            0i64
        })
        .await?;
        while {
            ctx.spawn(Self::told(ctx, n)).detach();
            self.count < 2i64
        } {
            self.count += 1i64;
            num(self.count).await?;
        }
        Ok(format!("{a}"))
    }

    pub async fn told(ctx: &Context, a: i64) -> i64 {
        note(&format!("told {a}"));
        a
    }
}
