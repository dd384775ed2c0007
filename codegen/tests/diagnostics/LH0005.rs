#[workflow]
impl Flow {
    #[run]
    fn run(&mut self, ctx: &Context) {}
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {}
}
