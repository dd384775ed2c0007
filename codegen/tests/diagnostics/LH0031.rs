#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[update(check_it)]
    fn pay(&mut self, amount: u32) -> Result<(), String> {
        self.paid += amount;
        Ok(())
    }

    fn check_it(&self, amount: &u32) -> Result<(), String> {
        if *amount > 0 { Ok(()) } else { Err("nothing to pay".to_owned()) }
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[update(validate = check_it)]
    fn pay(&mut self, amount: u32) -> Result<(), String> {
        self.paid += amount;
        Ok(())
    }

    fn check_it(&self, amount: &u32) -> Result<(), String> {
        if *amount > 0 { Ok(()) } else { Err("nothing to pay".to_owned()) }
    }
}
