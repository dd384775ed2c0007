#[activity(start_to_close = "10s", heartbeat = "30s")]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(start_to_close = "5m", heartbeat = "30s")]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
