#[activity(cancellation = Wait)]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}

// Instead:

#[activity(cancellation = WaitCompleted)]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
