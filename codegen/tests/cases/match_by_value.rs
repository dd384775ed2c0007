#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        match self.shape.clone() {
            Shape::Circle(radius) if radius > n => num(radius).await.map_err(Failure::from),
            Shape::Square { side } => Ok(side),
            _ => Ok(0),
        }
    }
}
