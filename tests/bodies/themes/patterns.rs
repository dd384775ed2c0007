// Patterns of all kinds, by value and by reference.

bodies! {
    AllPatterns { patterns_of_all_kinds_bind_across_awaits(3); }
    RefPatterns { reference_patterns_bind_across_awaits(3); }
    Capitals { names_in_capitals_are_variables(3); }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Kind { A(u32, String), B { x: Option<u32>, y: Vec<u32> }, C }

#[workflow]
impl AllPatterns {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        for kind in [Kind::A(n, "a".to_owned()), Kind::B { x: Some(1), y: list(n).await? }, Kind::B { x: None, y: vec![] }, Kind::C] {
            match kind {
                Kind::A(1 | 2, _) => unreachable!(),
                Kind::A(small @ (0 | 3..=5), word) if word.len() == 1 => { none().await?; seen.push(format!("{small}{word}")); }
                Kind::A(.., word) => seen.push(word),
                Kind::B { x: Some(x @ 1..), y } => { let z = num(x).await?; seen.push(format!("{x}{y:?}{z}")); }
                Kind::B { x: None, y } | Kind::B { x: Some(_), y } => { none().await?; seen.push(format!("{y:?}")); }
                other @ Kind::C => { none().await?; seen.push(format!("{other:?}")); }
            }
        }
        let all = list(5).await?;
        match all.as_slice() {
            [] => {}
            [first, .., last] if *first > 100 => { seen.push(format!("{last}")); }
            [a, rest @ ..] => { let l = rest.len(); seen.push(format!("{a}{l}{}", num(l as u32).await?)); }
        }
        match &all[..] {
            [a, b, rest @ ..] => { none().await?; seen.push(format!("{a}{b}{rest:?}")); }
            _ => {}
        }
        if let [x, y] = [num(1).await?, num(2).await?] { seen.push(format!("{}", add(x, y).await?)); }
        let (mut a, b @ (c, _)) = (num(1).await?, (num(2).await?, 'x'));
        a += 1;
        none().await?;
        match (a, b) { (1..=20, (20, 'a'..='z')) => { none().await?; seen.push("range".to_owned()); } _ => {} }
        let Point { x, .. } = Point { x: num(1).await?, ..Point::default() };
        let ((p, q), [r, .., s]) = ((1, num(2).await?), [1, 2, num(3).await?]);
        match n { i32_like if i32_like > 100 => {}, 3 | 4 => none().await?, u32::MAX => {}, _ => {} }
        match "abc" { "abc" => none().await?, _ => {} }
        match (flag(1).await?, maybe(0).await?) { (true, None) => seen.push(num(1).await?.to_string()), (false, _) | (_, Some(_)) => {} }
        Ok(format!("{seen:?} {a} {b:?} {c} {x} {p} {q} {r} {s}"))
    }
}

#[workflow]
impl RefPatterns {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut order = order(n).await?;
        let Order { ref name, ref items, id, .. } = order;
        none().await?;
        self.note(format!("{name}{items:?}{id}"));
        if let Order { ref mut items, ref note, .. } = order {
            items.push(num(1).await?);
            items.push(note.as_ref().map_or(0, |x| x.len() as u32));
        }
        match order { Order { note: Some(ref mut note), .. } => { note.push_str(&text("x".to_owned()).await?); note.push('!'); } _ => {} }
        match &mut order { Order { id, name, .. } => { *id += num(2).await?; name.push('n'); *id += 1; } }
        let pairs = vec![(1, 'a'), (2, 'b')];
        for &(a, ref b) in &pairs { none().await?; self.note(format!("{a}{b}")); }
        for (i, &(a, b)) in pairs.iter().enumerate() { self.note(format!("{i}{a}{b}{}", num(a).await?)); }
        let &(x, y) = &pairs[0];
        let ref whole = order;
        none().await?;
        let Some(ref kept) = whole.note else { return Ok(String::new()) };
        none().await?;
        let opt = Some((1, "s".to_owned()));
        if let Some((a, s)) = &opt { none().await?; self.note(format!("{a}{s}")); }
        if let &Some((a, ref s)) = &opt { none().await?; self.note(format!("{a}{s}")); }
        match (&opt, n) { (Some((a, s)), 3) => { let l = num(*a).await?; self.note(format!("{l}{s}")); } _ => {} }
        match (opt.as_ref(), whole.note.as_deref()) { (Some((_, s)), Some(note)) => { none().await?; self.note(format!("{note}{s}")); } _ => {} }
        match opt { Some((a, ref s)) if s.len() == 1 => { none().await?; self.note(format!("{a}{s}")); } _ => {} }
        Ok(format!("{whole:?} {x} {y} {kept}"))
    }
}

#[workflow]
impl Capitals {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, N: u32) -> Result<String, Failure> {
        let X = num(N).await?;
        let (A, mut B) = (X + 1, 2);
        let MAX_RETRIES: u32 = 3;
        for I in 0..MAX_RETRIES { B += num(I).await? + I; }
        let add_all = |P: u32, Q: u32| P + Q + A;
        none().await?;
        let LIMIT = &X;
        let WORD = "word";
        none().await?;
        match N { u32::MAX => {} 3 => { none().await?; self.note(LIMIT); } _ => {} }
        let R = add_all(X, B);
        none().await?;
        Ok(format!("{X} {A} {B} {R} {N} {WORD} {MAX_RETRIES}"))
    }
}
