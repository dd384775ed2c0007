/// Charges a card.
#[activity(start_to_close = "10s", retry(initial = "200ms", max_attempts = 5))]
pub async fn charge(ctx: ActivityContext, order: OrderId, amount: Cents) -> Result<Charge, PaymentError> {
    api(ctx.idempotency_key()).charge(order, amount).await
}
