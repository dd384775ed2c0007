#[workflow]
impl Shipping {
    #[run]
    async fn run(&mut self, ctx: &Context, parcels: Vec<String>) -> Result<u32, Failure> {
        let limit = self.limit;
        let mut report = ctx.spawn(async move {
            ctx.sleep(days(limit)).await;
            summary(limit).await
        });
        let shipped = join_all(parcels.into_iter().map(|parcel| self.ship(ctx, parcel))).await;
        select! {
            done = &mut report => Ok(done??),
            () = ctx.sleep(hours(1)) => Ok(shipped.len() as u32),
        }
    }

    async fn ship(&mut self, ctx: &Context, parcel: String) -> bool {
        carry(parcel).await.is_ok()
    }
}
