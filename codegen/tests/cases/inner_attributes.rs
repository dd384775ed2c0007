#[workflow]
impl Flow {
    #![allow(dead_code)]

    #[run]
    async fn run(&mut self, ctx: &Context) {
        //! Waits for a day.
        #![allow(clippy::todo)]
        ctx.sleep(days(1)).await;
    }

    #[signal]
    fn stop(&mut self) {
        //! Stops it.
        self.stopped = true;
    }
}
