// The item of a loop over `None` was taken for a borrow, which a block cannot capture.
#[workflow]
impl ABlockInALoopOverNone {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        for a in None::<i64> {
            let k = ctx.spawn(async move { a });
            note(&format!("{:?}", k.await));
        }
        Ok(format!("{n}"))
    }
}
