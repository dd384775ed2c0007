// Texts of the program, kept.

bodies! {
    Texts { texts_of_the_program_are_kept(3); texts_of_the_program_are_kept_too(1); }
}

#[workflow]
impl Texts {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let size = if n > 2 { "big" } else { "small" };
        let (word, count) = match n { 3 => ("three", 3), _ => ("other", 0) };
        let mut status = "new";
        none().await?;
        self.note(format!("{size} {word} {count} {status}"));
        status = "paid";
        none().await?;
        self.note(status);
        let label: &'static str = name_of(n);
        let late;
        if flag(n).await? { late = "odd"; } else { none().await?; late = "even"; }
        let found = loop { if num(n).await? > 5 { break "found"; } };
        let pick = if n > 2 { Some("some") } else { None };
        let pairs = [("a", 1), ("b", 2)];
        let names = vec!["x", "y"];
        none().await?;
        for (name, value) in pairs { self.note(format!("{name}{}", num(value).await?)); self.note(name); }
        for name in &names { none().await?; self.note(name); }
        for name in names { none().await?; self.note(name); }
        if let Some(pick) = pick { none().await?; self.note(pick); }
        let kind = match size { "big" => { none().await?; "B" } _ => "S" };
        none().await?;
        let both = add(kind.len() as u32, if n > 1 { "yes" } else { "no" }.len() as u32 + num(1).await?).await?;
        let same = text(size.to_owned()).await? + label;
        Ok(format!("{label} {late} {found} {kind} {both} {same} {pick:?} {pairs:?}"))
    }
}

fn name_of(n: u32) -> &'static str {
    if n == 3 { "drei" } else { "andere" }
}
