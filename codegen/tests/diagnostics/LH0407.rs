#[activities]
impl<C: Client> Payments<C> {
    #[activity]
    async fn charge(&self, order: u64) -> Result<u32, Declined> {
        self.client.charge(order).await
    }
}

// Instead:

#[activities]
impl Payments {
    #[activity]
    async fn charge(&self, order: u64) -> Result<u32, Declined> {
        self.client.charge(order).await
    }
}
