#[workflow]
fn provision(ctx: &Context, region: String) -> Result<String, Failure> {
    Ok(region)
}

// Instead:

#[workflow]
async fn provision(ctx: &Context, region: String) -> Result<String, Failure> {
    ctx.sleep(minutes(5)).await;
    Ok(region)
}
