#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.remind(ctx).await;
    }

    #[cfg(feature = "mail")]
    async fn remind(&mut self, ctx: &Context) {
        mail(self.address.clone()).await;
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.remind(ctx).await;
    }

    async fn remind(&mut self, ctx: &Context) {
        if cfg!(feature = "mail") {
            mail(self.address.clone()).await;
        }
    }
}
