#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let (a, b) = join!(num(1), num(2) num(3));
        Ok(a + b)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let (a, b, c) = join!(num(1), num(2), num(3));
        Ok(a + b + c)
    }
}
