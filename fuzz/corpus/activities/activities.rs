#[activities]
impl Payments {
    #[activity(start_to_close = "30s")]
    async fn charge(&self, order: OrderId) -> Charge {
        self.api.charge(order).await
    }

    fn plain(&self) {}
}
