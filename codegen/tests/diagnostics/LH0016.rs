#[signal]
fn pay(&mut self, amount: u32) {
    self.paid += amount;
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[signal]
    fn pay(&mut self, amount: u32) {
        self.paid += amount;
    }
}
