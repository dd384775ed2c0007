// What a pattern within a macro's argument binds was taken for the variable of that name, which was kept, moved out or not.
#[workflow]
impl NamesBoundInAMacro {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: i64) -> Result<String, Fault> {
        let b = Point { x: 5i64, y: 2i64, name: "o".to_owned() };
        let Point { x, name, .. } = b;
        note(&format!("{:?}", num(x).await?));
        note(&format!("{:?}/{z}", name, z = if let Some(b) = Some(n) { b } else { 0i64 }));
        note(&format!("{:?}", vec![if let Some(b) = Some(n) { b } else { 0i64 }; 2]));
        note(&format!("{:?}", Point { x: 1i64, y: 2i64, name: "p".to_owned() }));
        Ok(format!("{x}"))
    }
}
