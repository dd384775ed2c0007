#[activity(retry(coefficient = "2.0"))]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(retry(coefficient = 2.0))]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
