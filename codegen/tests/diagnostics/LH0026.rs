#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u32 {
        let kept = num(1).await;
        ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((kept))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
    }
}

// Instead:

#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u32 {
        let kept = num(1).await;
        let inner = ((((((((((((((((((((kept))))))))))))))))))));
        ((((((((((((((((((((inner))))))))))))))))))))
    }
}
