#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[cfg(feature = "mail")]
        mail(n).await?;
        Ok(n)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if cfg!(feature = "mail") {
            mail(n).await?;
        }
        Ok(n)
    }
}
