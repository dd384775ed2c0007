#[workflow]
impl Shipping {
    #[run]
    async fn run(&mut self, ctx: &Context, order: Order) -> Result<String, Failure> {
        let (address, limit) = (order.address, self.limit);
        let label = ctx
            .run("print label", async move {
                let printer = Printer::find(limit).await?;
                Ok(printer.print(&address).await?)
            })
            .start_to_close(minutes(2))
            .await?;
        select! {
            sent = ctx.run("send", async { Ok(std::time::SystemTime::now()) }) => self.sent = Some(sent?),
            () = ctx.sleep(days(1)) => {}
        }
        Ok(label)
    }
}
