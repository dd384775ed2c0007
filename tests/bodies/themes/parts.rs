// What is moved out of a value on some ways, and what is left of it.

bodies! {
    PartsByPattern { patterns_move_parts(0); patterns_move_other_parts(3); }
    PartsOnSomeWays { parts_move_on_some_ways(0); parts_move_on_other_ways(3); }
    PartsWithin { parts_of_parts_move(2); }
    PartsInLoops { parts_move_in_loops(3); }
    PartsByMethods { methods_take_parts(1); }
    PartsInCalls { parts_move_in_calls(2); }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Whole { name: String, note: Option<String>, inner: Option<Box<Whole>>, size: (u32, String) }

fn whole(n: u32) -> Whole {
    let inner = (n > 0).then(|| Box::new(whole(n - 1)));
    Whole { name: format!("w{n}"), note: (n % 2 == 1).then(|| format!("n{n}")), inner, size: (n, format!("s{n}")) }
}

#[workflow]
impl PartsByPattern {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = whole(n);
        let first = match a.note { Some(note) => text(note).await?, None => text("none".to_owned()).await? };
        self.note(format!("{first} {} {:?}", a.name, a.size));
        let b = (order(n).await?, whole(n + 1));
        if let Some(note) = b.0.note { none().await?; self.note(note); }
        self.note(num(b.0.id).await?);
        let Some(note) = b.1.note else { return Ok(text(b.1.name).await? + &b.0.name) };
        none().await?;
        let (name, (count, unit)) = (b.1.name, b.1.size);
        self.note(format!("{note} {name} {count} {unit} {:?}", text(b.0.name).await?));
        let c = whole(n);
        let Whole { name, size, .. } = c;
        none().await?;
        let inner = c.inner;
        none().await?;
        self.note(format!("{name} {size:?} {inner:?} {:?}", c.note));
        let d = whole(n + 1);
        match d { Whole { note: Some(note), .. } => { self.note(text(note).await?); } Whole { .. } => none().await? }
        Ok(format!("{} {:?}", text(d.name).await?, d.inner))
    }
}

#[workflow]
impl PartsOnSomeWays {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = whole(n);
        if n > 2 { let name = text(a.name).await?; self.note(name); } else { self.note("small"); }
        self.note(num(a.size.0).await?);
        let b = whole(n);
        if self.is_large(&b) { self.note(text(b.size.1).await?); none().await?; }
        none().await?;
        self.note(format!("{} {:?}", b.name, b.note));
        let c = whole(n + 1);
        let name = if c.size.0 > 2 { c.name } else { text("x".to_owned()).await? };
        none().await?;
        let note = match c.note { Some(note) if note.len() > 10 => note, Some(note) => text(note).await?, None => "no".to_owned() };
        self.note(format!("{name} {note} {:?}", c.size));
        let d = whole(n);
        if n > 2 { let gone = d.name; none().await?; return Ok(format!("{gone} {:?}", d.size)); }
        none().await?;
        let mut e = whole(n);
        { let inner = e.inner; none().await?; self.note(format!("{inner:?}")); }
        e.size.0 += num(1).await?;
        none().await?;
        e.size.1.push_str(&e.name);
        none().await?;
        Ok(format!("{d:?} {:?}", e.size))
    }

    fn is_large(&self, whole: &Whole) -> bool { whole.size.0 > 2 }
}

#[workflow]
impl PartsWithin {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = (whole(n), whole(n + 1), n);
        let name = a.0.name;
        none().await?;
        self.note(text(a.1.size.1).await?);
        none().await?;
        self.note(format!("{name} {:?} {:?} {} {}", a.0.note, a.0.inner, a.1.size.0, a.2));
        let b = Box::new(whole(n));
        let size = b.size;
        none().await?;
        self.note(format!("{size:?} {:?}", b.note));
        let c = whole(n);
        let inner = *c.inner.unwrap_or_default();
        none().await?;
        let deepest = inner.inner.map(|inner| inner.name);
        none().await?;
        let summary = move || format!("{}{:?}", c.name, c.size);
        let summary = summary();
        none().await?;
        Ok(format!("{deepest:?} {} {:?} {summary} {:?}", inner.name, inner.size, c.note))
    }
}

#[workflow]
impl PartsInLoops {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        for i in 0..n {
            let each = whole(i);
            if i == 1 { let note = each.note; none().await?; self.note(format!("{note:?} {}", each.name)); continue; }
            let Some(inner) = each.inner else { self.note(text(each.name).await?); continue };
            none().await?;
            self.note(format!("{} {:?}", inner.name, each.size));
        }
        let pair = (whole(n), order(n).await?);
        while let Some(note) = pair.0.note { self.note(text(note).await?); break }
        for item in pair.1.items { self.note(num(item).await?); }
        let mut names = Vec::new();
        let mut left = Some(Box::new(whole(n)));
        while let Some(next) = left {
            names.push(text(next.name).await?);
            none().await?;
            left = next.inner;
        }
        let last = loop {
            let tried = whole(n);
            let size = tried.size;
            if flag(size.0).await? { break (size, tried.name); }
            self.note(format!("{:?}", tried.note));
        };
        Ok(format!("{names:?} {last:?} {:?} {}", pair.0.size, pair.1.name))
    }
}

#[workflow]
impl PartsByMethods {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = whole(n);
        let note = a.note.unwrap_or(a.name);
        none().await?;
        let size = Some(a.size.1).filter(|unit| !unit.is_empty());
        none().await?;
        self.note(format!("{note} {size:?} {}", a.size.0));
        let b = whole(n);
        let line = b.name + "!" + &text(b.size.1).await?;
        none().await?;
        let listed = vec![Some(line), b.note];
        none().await?;
        self.note(format!("{listed:?} {:?}", b.size.0));
        let c = Ok::<_, Failure>(whole(n))?;
        let (name, note) = (c.name, c.note);
        none().await?;
        let copied = Whole { name: text(name).await?, note: None, ..whole(n) };
        self.note(format!("{note:?} {:?} {copied:?}", c.size));
        let d = whole(n);
        let taken = async move { let name = d.name; none().await?; text(name).await };
        let taken = taken.await?;
        Ok(format!("{taken} {:?}", copied.size))
    }
}

#[workflow]
impl PartsInCalls {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let wholes: Vec<_> = (0..n).map(whole).collect();
        let mut log = Vec::new();
        for whole in wholes { log.push(self.one(whole).await?); }
        let (a, b) = join!(self.one(whole(1)), async { let w = whole(2); let s = w.size; let t = text(s.1).await?; Ok::<_, Failure>(t + &w.name) });
        let task = { let w = whole(3); async move { let name = text(w.name).await?; none().await?; Ok::<_, Failure>(format!("{name} {:?}", w.note)) } };
        Ok(format!("{log:?} {} {} {}", a?, b?, task.await?))
    }

    async fn one(&self, Whole { name, note, .. }: Whole) -> Result<String, Failure> {
        let pair = (name, note);
        let name = pair.0;
        none().await?;
        Ok(format!("{} {:?}", text(name).await?, pair.1))
    }
}
