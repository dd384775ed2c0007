/// Provisions a site.
#[workflow]
pub async fn provision(ctx: &Context, (name, region): (String, Region)) -> Result<Site, Failure> {
    let machine = allocate(region).await?;
    ctx.sleep(seconds(5)).await;
    Ok(Site { name, machine })
}
