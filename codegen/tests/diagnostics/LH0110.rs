#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let place = &raw const self.slots[num(n).await?];
        Ok(read(place))
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let slot = num(n).await?;
        let place = &raw const self.slots[slot];
        Ok(read(place))
    }
}
