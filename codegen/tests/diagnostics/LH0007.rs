#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[signal]
    fn pay(&mut self, amount: u32) -> bool {
        self.paid += amount;
        self.paid >= self.price
    }
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

    #[query]
    fn is_paid(&self) -> bool {
        self.paid >= self.price
    }
}
