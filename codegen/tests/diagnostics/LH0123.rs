#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        Ok(Self::packed(ctx, order).await?)
    }

    async fn packed<T: Stored + Into<u64>>(ctx: &Context, order: T) -> Result<u32, Failure> {
        let number = order.into();
        let reminder = ctx.spawn(async move { remind(number).await });
        let parcel = pack(number).await?;
        reminder.cancel();
        Ok(parcel)
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: u32) -> Result<u32, Failure> {
        Ok(Self::packed(ctx, order).await?)
    }

    async fn packed<T: Stored + Into<u64>>(ctx: &Context, order: T) -> Result<u32, Failure> {
        Self::packed_number(ctx, order.into()).await
    }

    async fn packed_number(ctx: &Context, number: u64) -> Result<u32, Failure> {
        let reminder = ctx.spawn(async move { remind(number).await });
        let parcel = pack(number).await?;
        reminder.cancel();
        Ok(parcel)
    }
}
