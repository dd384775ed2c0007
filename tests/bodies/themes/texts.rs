// Texts of the program, kept.

bodies! {
    StaticTexts { texts_are_kept_captured_given_and_handed_over(3); }
    TextsAside { texts_are_kept_where_serde_puts_them_aside(3); }
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

fn label(n: u32) -> &'static str {
    if n > 1 { "many" } else { "few" }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stage {
    name: &'static str,
    next: Option<&'static str>,
}

fn stage(n: u32) -> Stage {
    Stage { name: label(n), next: Some(label(n + 1)) }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Remark { Fixed { remark: &'static str }, Free(String) }

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Moved { To { place: &'static str, by: u32 }, Away }

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Parcel { id: u32, remarks: Vec<Remark>, moved: Option<Moved>, #[serde(flatten)] stage: Stage }

#[workflow]
impl TextsAside {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let remark = Remark::Fixed { remark: label(n) };
        let moved = Moved::To { place: name_of(n), by: n };
        let parcel = Parcel { id: n, remarks: vec![remark.clone(), Remark::Free("free".to_owned())], moved: Some(moved.clone()), stage: stage(n) };
        none().await?;
        self.note(format!("{remark:?} {moved:?} {parcel:?}"));
        let told = self.told(parcel).await?;
        Ok(format!("{told} {remark:?}"))
    }

    async fn told(&mut self, parcel: Parcel) -> Result<String, Failure> {
        none().await?;
        let Parcel { remarks, moved, .. } = parcel;
        let first = text(format!("{:?}", remarks.first())).await?;
        Ok(format!("{first} {moved:?} {}", parcel.stage.name))
    }
}

#[workflow]
impl StaticTexts {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let word = label(n);
        let words = vec![label(1), label(2)];
        let stage = stage(n);
        let pair = (label(n), 3);
        num(1).await?;
        let task = ctx.spawn(async move { num(1).await.unwrap() + word.len() as u32 });
        let said = ctx.spawn(async move { num(1).await.unwrap(); label(n) });
        let few = ctx.spawn(async move { num(1).await.unwrap(); "few" }).await?;
        let both = join!(said, ctx.spawn(async move { num(2).await.unwrap(); Some((label(0), word)) }));
        let stepped = ctx.run("word", async move { Ok(label(n)) }).await?;
        let of = self.name_of(n).await;
        let named = self.named(ctx, word, "plain").await? + listed(word, vec!["a", word]).await?;
        let staged = ctx.spawn(async move { num(1).await.unwrap(); stage }).await?;
        let mut map = std::collections::BTreeMap::new();
        map.insert(word, 1);
        for (name, number) in map.clone() { num(number).await?; self.note(name); }
        let raced = select! { x = async { num(3).await.unwrap(); label(1) } => x, _ = ctx.sleep(seconds(99)) => "late" };
        let cow: std::borrow::Cow<'static, str> = if n > 1 { word.into() } else { "b".into() };
        num(2).await?;
        Ok(format!("{} {few} {both:?} {stepped} {words:?} {pair:?} {staged:?} {of} {named} {map:?} {raced} {cow}", task.await?))
    }

    async fn name_of(&self, n: u32) -> &'static str {
        let _ = num(n).await;
        label(n)
    }

    async fn named(&self, ctx: &Context, name: &'static str, other: &str) -> Result<String, Failure> {
        ctx.sleep(seconds(1)).await;
        Ok(format!("{name}{other}"))
    }
}

#[workflow]
async fn listed(word: &'static str, words: Vec<&'static str>) -> Result<&'static str, Failure> {
    let first = words[0];
    let _ = num(1).await;
    Ok(if first == "a" { word } else { "b" })
}
