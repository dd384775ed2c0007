#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[query]
    fn take(&mut self) -> Vec<Item> {
        std::mem::take(&mut self.items)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    #[query]
    fn items(&self) -> Vec<Item> {
        self.items.clone()
    }

    #[signal]
    fn clear(&mut self) {
        self.items.clear();
    }
}
