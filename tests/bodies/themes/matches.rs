// `match` and its patterns.

bodies! {
    Matches {
        matches_bind_by_value(3);
        a_match_on_a_constant(7);
        a_match_that_returns(9);
    }
    MatchesOnAwaited {
        matches_on_awaited_values(3);
        a_match_guard_that_returns(101);
    }
    Guards { guards_see_the_bindings(1); }
    GuardLets { guards_bind_by_value(7); guards_refuse(1); guards_bind_by_reference(40); guards_test_and_bind(5); }
    BreakFromMatch { a_match_breaks_a_loop(3); }
    Patterns { patterns_bind(3); }
    Scrutinees { scrutinees_await(3); scrutinees_await_none(0); }
}

const LIMIT: u32 = 7;

#[workflow]
impl Matches {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        for shape in [Shape::Empty, Shape::Circle(n), Shape::Box { width: n, height: 2 }] {
            let area = match shape {
                Shape::Empty => 0,
                Shape::Circle(radius) => add(radius, radius).await? * radius,
                Shape::Box { width, height: h } => {
                    let doubled = add(width, width).await?;
                    doubled * h + width
                }
            };
            seen.push(area);
        }
        let word = match n {
            0 => "zero".to_owned(),
            1 | 2 => text("few".to_owned()).await?,
            x @ 3..=5 => text(x.to_string()).await? + &x.to_string(),
            LIMIT => text("limit".to_owned()).await?,
            _ => return Ok("many".to_owned()),
        };
        match n { 3 => {} _ => { none().await?; } }
        match (n, flag(n).await?) {
            (x, true) => seen.push(x),
            (_, false) => none().await?,
        }
        Ok(format!("{seen:?} {word}"))
    }
}

#[workflow]
impl MatchesOnAwaited {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let order = match order(n).await {
            Ok(order) if order.id > 100 => return Ok("large".to_owned()),
            Ok(Order { id, items, .. }) => {
                self.note(items.len());
                none().await?;
                (id, items)
            }
            Err(error) => return Err(error.into()),
        };
        let text = match text("a".to_owned()).await?.as_str() {
            "<a>" => text("b".to_owned()).await?,
            _ => String::new(),
        };
        let refused = match check(n * 60).await {
            Ok(fine) => fine,
            Err(longhaul::ActivityError::Failed(Refused(what))) => num(what).await?,
            Err(_) => 0,
        };
        let nested = match maybe(n).await? {
            Some(x) => match maybe(x - 1).await? {
                Some(y) => add(x, y).await?,
                None => x,
            },
            None => 0,
        };
        Ok(format!("{order:?} {text} {refused} {nested}"))
    }
}

#[workflow]
impl Guards {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let limit = num(1).await?;
        let mut seen = String::new();
        for i in 0..4 {
            match maybe(i).await? {
                Some(x) if x * 10 > limit => seen += &text(format!("{x}")).await?,
                Some(x) if { self.note(x); x == n } => seen.push('='),
                Some(_) | None if i == 0 => none().await?,
                other => seen += &format!("{other:?}"),
            }
        }
        Ok(seen)
    }
}

#[workflow]
impl BreakFromMatch {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut i = 0;
        let value = loop {
            i += 1;
            let x = match maybe(i % 3).await? {
                Some(x) if x == 2 => continue,
                Some(x) => x,
                None => break i,
            };
            let y = if x > 5 { break 5 } else { num(x).await? };
            self.note(y + n);
        };
        let doubled = { let z = match check(value).await { Ok(z) => z, Err(_) => return Ok(0) }; z * 2 };
        Ok(doubled)
    }
}

#[workflow]
impl Patterns {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, (b, c)) = (num(1).await?, pair(n).await?);
        let Order { id, items: ref kept, .. } = order(2).await?;
        let length = kept.len();
        let [first, .., last] = [num(2).await?, 1, num(3).await?];
        let (mut x, y): (u32, u32) = (1, 2);
        x += num(y).await?;
        let Point { x: px, y: _, z } = Point { x: 1, y: 2, z: num(4).await? };
        let whole @ (l, r) = (num(5).await?, 6);
        none().await?;
        let _ = num(6).await?;
        let _ignored = num(7).await?;
        Ok(format!("{a} {b} {c} {id} {length} {first} {last} {x} {y} {px} {z} {whole:?} {l} {r}"))
    }
}

#[workflow]
impl Scrutinees {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        if let Some(x) = Some(num(n).await?) { seen.push(x); }
        if let (Some(_), y @ 1..) | (None, y @ (0 | 2..)) = (maybe(n).await?, num(1).await?) && let x = y { seen.push(x + num(y).await?); }
        match (maybe(n).await?, flag(n).await?) {
            (Some(x @ 1..=3), true) | (Some(x), false) => seen.push(add(x, 1).await?),
            (Some(_) | None, _) => seen.push(num(8).await?),
        }
        match &order(n).await? {
            Order { items, .. } if items.len() > 10 => {}
            Order { items, name, .. } => { none().await?; seen.push(items[0] + name.len() as u32); }
        }
        match *&num(1).await? { 0 => {}, x => seen.push(num(x).await?) }
        match Some(text("q".to_owned()).await?).as_deref() { Some("<q>") => { none().await?; self.note("q"); } _ => {} }
        let [a, b] = [num(1).await?, num(2).await?] else { return Ok(String::new()) };
        let z = match num(1).await? { x if x > 100 => 1, x => { let y = num(x).await?; x + y } };
        seen.extend([a, b, z]);
        Ok(format!("{seen:?}"))
    }
}

#[workflow]
impl GuardLets {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let (b, word) = (100, Some("outer"));
        let by_value = match Some(n) {
            Some(a) if let Some(b) = a.checked_sub(2) => {
                none().await?;
                format!("{a} less two is {b}")
            }
            _ => {
                none().await?;
                format!("outer {b}")
            }
        };
        let names = vec![n.to_string(), "x=y".to_owned()];
        let by_reference = match names.first() {
            Some(name) if let Some(digit) = name.strip_prefix('4') && let Some(word) = word => {
                let doubled = text(format!("{digit}{digit}")).await?;
                format!("{name} {digit} {doubled} {word}")
            }
            name => text(format!("{name:?} {word:?}")).await?,
        };
        let tested = match (n, b) {
            (a, b) if a > 3 && let 0..=96 = b - a => {
                let a = add(a, b).await?;
                a + b
            }
            (a, c) if a < b && let Some(b) = c.checked_sub(1) => add(a, b).await? + b,
            (_, last) => last,
        };
        none().await?;
        Ok(format!("{by_value}; {by_reference}; {tested}; outer {b} {word:?}"))
    }
}
