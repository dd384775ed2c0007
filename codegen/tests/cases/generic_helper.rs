#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) {
        self.note(ctx, n).await;
        Self::both::<u32, _>(self, "one", n, impl_of(n)).await;
    }

    async fn note<T>(&mut self, ctx: &Context, value: T)
    where
        T: Stored + Display,
    {
        ctx.sleep(seconds(1)).await;
        self.lines.push(value.to_string());
    }

    async fn both<A: Stored, B: Stored>(&mut self, name: impl Into<String>, a: A, b: B) {
        charge(1).await;
        self.pairs(name, a, b);
    }
}
