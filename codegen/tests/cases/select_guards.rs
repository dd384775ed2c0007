#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> u32 {
        select! {
            Ok(Some(x)) = find(n), if n > 1 => x,
            _ = ctx.sleep(limit()), if n > 2 => 1,
            else => 2,
        }
    }
}
