#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, items: Vec<u64>) -> Result<u32, Failure> {
        let prices: Vec<_> = items.iter().map(|item| price(*item).await).collect();
        Ok(prices.iter().sum())
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, items: Vec<u64>) -> Result<u32, Failure> {
        let mut prices = Vec::new();
        for item in items {
            prices.push(price(item).await?);
        }
        Ok(prices.iter().sum())
    }
}
