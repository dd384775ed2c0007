// The second name was made again after the first, by whose name it is made.
#[workflow]
impl APatternThatHidesWhatItIsOf {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let y = vec![n; 2];
        match y.as_slice() {
            [y, x] => {
                let sum = num(*y).await.unwrap_or(1i64) + *x;
                note(&format!("{:?}", sum));
                note(&format!("{:?}", num(sum).await.unwrap_or(*x) + *y));
            }
            _ => {}
        }
        Ok(format!("{n:?} {y:?}"))
    }
}
