#[activity(retry(jitter = 20))]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(retry(jitter = 0.2))]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
