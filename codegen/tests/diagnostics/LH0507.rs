#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.log(format!("{}", #[state(Asking)] num(n).await?));
        Ok(n)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state(Asking)]
        let answer = num(n).await?;
        self.log(format!("{answer}"));
        Ok(n)
    }
}
