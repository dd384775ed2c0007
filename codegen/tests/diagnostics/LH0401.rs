#[activity]
fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge_now(order)
}

// Instead:

#[activity]
async fn charge(order: u64) -> Result<u32, Declined> {
    gateway().charge(order).await
}
