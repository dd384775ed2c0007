#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[update(validate = is_positive)]
    fn pay(&mut self, amount: u32) -> u32 {
        self.paid += amount;
        self.paid
    }

    fn is_positive(&self, amount: &u32) -> Result<(), Refused> {
        if *amount > 0 { Ok(()) } else { Err(Refused) }
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[update(validate = is_positive)]
    fn pay(&mut self, amount: u32) -> Result<u32, Refused> {
        self.paid += amount;
        Ok(self.paid)
    }

    fn is_positive(&self, amount: &u32) -> Result<(), Refused> {
        if *amount > 0 { Ok(()) } else { Err(Refused) }
    }
}
