#[workflow]
async fn provision(ctx: &Context, name: String) {
    let task = ctx.spawn(allocate(name));
    ctx.sleep(days(1)).await;
    let _ = task.await;
}

// Instead:

#[workflow]
async fn provision(ctx: &Context, name: String) {
    let _ = join!(allocate(name), ctx.sleep(days(1)));
}
