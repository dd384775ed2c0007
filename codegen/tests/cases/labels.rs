#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        'outer: for i in 0..n {
            loop {
                if num(i).await? == 1 {
                    continue 'outer;
                }
                break 'outer;
            }
        }
        Ok(n)
    }
}
