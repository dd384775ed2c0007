#[activity(retry(coefficient = 0.5))]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(retry(coefficient = 1.0))]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
