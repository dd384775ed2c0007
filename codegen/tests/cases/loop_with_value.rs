#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut i = 0;
        let found = loop {
            i += 1;
            if num(i).await? > n {
                break i;
            }
        };
        Ok(found)
    }
}
