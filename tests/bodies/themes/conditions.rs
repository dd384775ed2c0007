// Conditions: chains of `let`, `let .. else`, control flow as values.

bodies! {
    LetChains { let_chains_await_anywhere(3); let_chains_await_and_fail(0); let_chains_await_and_fail_later(2); }
    LetElseAwaits { let_else_awaits_on_both_sides(3); let_else_awaits_on_both_sides_and_leaves(0); }
    NestedValues { control_flow_nests_as_values(3); control_flow_nests_otherwise(4); }
}

#[workflow]
impl LetChains {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        if let Some(a) = maybe(n).await? && let Some(b) = maybe(a - 1).await? && flag(a + b).await? { seen.push(add(a, b).await?); }
        if n > 1 && let Some(a) = maybe(n).await? && a > 2 && let b = num(a).await? && b > 10 { seen.push(b + a); } else { seen.push(num(0).await?); }
        if flag(n).await? && let Some(x) = Some(n) { seen.push(x); }
        let mut i = 0;
        while i < 5 && let Some(x) = maybe(i + 1).await? && x != num(0).await? + 4 { i += 1; seen.push(x); }
        while let Some(x) = seen.pop() && flag(x).await? && let Some(y) = maybe(x).await? { self.note(y); }
        if let Ok(a) = check(n).await && let Ok(b) = check(a * 40).await { seen.push(b) } else if let Err(e) = check(n + 100).await { self.note(e); }
        if let Some(a) = maybe(n).await? && (flag(a).await? || flag(a + 1).await?) { none().await?; seen.push(a); }
        Ok(format!("{seen:?} {i}"))
    }
}

#[workflow]
impl LetElseAwaits {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let (Some(a), b) = (maybe(n).await?, num(1).await?) else { self.note("no a"); return Ok(text(format!("none {}", num(2).await?)).await?) };
        let mut i = 0;
        let c = loop { i += 1; let Some(c @ 2..) = maybe(i).await? else { if i > 5 { break num(i).await?; } none().await?; continue; }; none().await?; break c; };
        let Ok(d) = check(a).await else { panic!("{}", num(1).await?) };
        let Some(e) = Some(d).filter(|x| *x > 1) else { unreachable!() };
        let [f, g, ..] = list(3).await?[..] else { return Err(Failure::msg("short")) };
        let Order { note: Some(note), items, .. } = order(n).await? else { return Ok(String::new()) };
        none().await?;
        let Some(h) = items.first() else { none().await?; return Ok(String::new()) };
        none().await?;
        Ok(format!("{a} {b} {c} {d} {e} {f} {g} {note} {items:?} {h}"))
    }
}

#[workflow]
impl NestedValues {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = if flag(n).await? { match maybe(n).await? { Some(x) if x > 1 => loop { break num(x).await? }, _ => 0 } } else { { num(1).await? } };
        let b = match if flag(n).await? { Some(num(n).await?) } else { None } { Some(x) => x + if x > 5 { num(1).await? } else { return Ok("r".to_owned()) }, None => { let y = num(9).await?; y } };
        let c = add({ let x = num(a).await?; x }, match b { 0 => 1, x => num(x).await? }).await?;
        let d = (if n > 1 { num(1).await? } else { 2 }, match n { 3 => text("x".to_owned()).await?, _ => String::new() });
        let e = if (if flag(1).await? { n > 2 } else { false }) && !{ let f = flag(2).await?; f } { 1 } else { 2 };
        let f = [if n == 3 { num(1).await? } else { 0 }, { num(2).await? }];
        let g = { let h = loop { if flag(3).await? { break { num(4).await? } } }; h + { num(1).await? } };
        let u = { none().await?; };
        let v = if flag(2).await? { num(1).await?; };
        Ok(format!("{a} {b} {c} {d:?} {e} {f:?} {g} {u:?} {v:?}"))
    }
}
