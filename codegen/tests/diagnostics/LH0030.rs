#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[update]
    fn pay(amount: u32) -> bool {
        amount > 10
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[update]
    fn pay(&mut self, amount: u32) -> bool {
        self.paid += amount;
        self.paid > 10
    }
}
