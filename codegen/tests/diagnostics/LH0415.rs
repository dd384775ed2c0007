#[activity(max_concurrent = 0)]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(max_concurrent = 1)]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
