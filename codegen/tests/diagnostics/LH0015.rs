#[workflow]
impl Flow {
    #[run]
    #[cfg(feature = "mail")]
    async fn run(&mut self, ctx: &Context) {
        self.remind(ctx).await;
    }

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

    #[cfg(feature = "mail")]
    async fn remind(&mut self, ctx: &Context) {
        mail(self.address.clone()).await;
    }

    #[cfg(not(feature = "mail"))]
    async fn remind(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}
