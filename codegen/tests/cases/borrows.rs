#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let name = &self.name;
        let literal = "text";
        num(n).await?;
        self.log(name, literal);
        Ok(n)
    }
}
