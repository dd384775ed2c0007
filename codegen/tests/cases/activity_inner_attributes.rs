#[activity]
async fn charge(amount: Cents) -> Result<Charge, PaymentError> {
    //! Charges a card.
    #![allow(clippy::todo)]
    api().charge(amount).await
}
