#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.remind(ctx, 1).await;
    }

    #[cfg(feature = "mail")]
    async fn remind(&mut self, ctx: &Context, times: u32) {
        mail(self.address.clone(), times).await;
    }

    #[cfg(not(feature = "mail"))]
    async fn remind(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) {
        self.remind(ctx, 1).await;
    }

    #[cfg(feature = "mail")]
    async fn remind(&mut self, ctx: &Context, times: u32) {
        mail(self.address.clone(), times).await;
    }

    #[cfg(not(feature = "mail"))]
    async fn remind(&mut self, ctx: &Context, _times: u32) {
        ctx.sleep(days(1)).await;
    }
}
