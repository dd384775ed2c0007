#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order) -> usize {
        let note = order.note.as_deref();
        let label = if order.id > 9 { "large" } else { "small" };
        for (at, item) in order.items.iter().enumerate().filter(|(_, item)| item.open) {
            ship(at, item.id).await;
            log(item);
        }
        ctx.sleep(days(1)).await;
        note.map_or(label.len(), str::len)
    }
}
