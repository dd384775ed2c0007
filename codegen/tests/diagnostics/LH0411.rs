#[activity(retry(max_attempts = 0))]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(retry(max_attempts = 1))]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
