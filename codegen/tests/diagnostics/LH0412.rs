#[activity(start_to_close = "1 week")]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(start_to_close = "7d")]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
