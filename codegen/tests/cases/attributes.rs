#[workflow]
impl Flow {
    /// Waits, and says so.
    #[run]
    #[allow(clippy::todo)]
    async fn run(&mut self, ctx: &Context) {
        self.remind(ctx).await;
    }

    #[cfg(unix)]
    #[deprecated = "nobody reads it"]
    async fn remind(&mut self, ctx: &Context) {
        ctx.sleep(days(1)).await;
    }

    /// Stops it.
    #[cfg(unix)]
    #[signal]
    pub(crate) fn stop(&mut self, other: Self) {
        *self = other;
    }
}
