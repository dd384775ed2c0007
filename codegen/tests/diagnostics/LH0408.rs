#[activity(start_to_close)]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(start_to_close = "10s")]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
