#[activity(start_to_close = "soon")]
async fn charge() {}
