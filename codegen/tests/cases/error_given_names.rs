#[workflow]
impl Flow {
    #[run]
    async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        #[state("Quoted")]
        num(1).await?;
        #[state(small)]
        num(1).await?;
        #[state(Done)]
        num(1).await?;
        #[state(Same)]
        num(1).await?;
        #[state(Same)]
        num(1).await?;
        #[state(Nothing)]
        let x = n + 1;
        #[state(Two)]
        let y = num(1).await? + num(2).await?;
        #[state(A)]
        #[state(B)]
        num(1).await?;
        #[state(Outer)]
        if x > 1 {
            #[state(Inner)]
            num(1).await?;
        }
        println!("{}", #[state(Printed)] num(1).await?);
        #[state]
        num(1).await
    }
}
