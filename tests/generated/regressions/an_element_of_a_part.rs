// The model took an element of a part of a list for a borrow of that element.
#[workflow]
impl AnElementOfAPart {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let j2 = vec![1i64, 2i64, n];
        for l3 in j2.chunks(2) {
            let a = &l3[0];
            note(&format!("{:?}", l3));
            for q5 in list(*a).await.unwrap_or(Vec::<i64>::new()) {
                note(&format!("{q5:?} {a:?}"));
            }
        }
        Ok(format!("{n:?} {j2:?}"))
    }
}
