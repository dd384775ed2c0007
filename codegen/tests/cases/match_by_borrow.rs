#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        match &self.shape {
            Shape::Circle(radius) => Ok(num(1).await? + radius),
            _ => Ok(0),
        }
    }
}
