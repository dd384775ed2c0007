// Variables that get their value later.

bodies! {
    LateInits { late_initialisation_in_all_branches(3); late_initialisation_the_other_way(1); }
    LoopOfLateInit { a_variable_is_initialised_as_a_loop_is_left(3); }
}

#[workflow]
impl LateInits {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b);
        if n > 2 { a = num(1).await?; b = "b".to_owned(); } else { b = text("c".to_owned()).await?; a = 2; }
        let c: Vec<u32>;
        match n { 3 => c = list(2).await?, 1 => { none().await?; c = vec![]; } _ => return Ok(String::new()) }
        let mut e;
        e = num(a).await?;
        e += 1;
        let f;
        { let inner = text("in".to_owned()).await?; f = inner + "x"; }
        none().await?;
        let g: u32;
        if let Some(x) = maybe(n).await? { g = x } else { return Err(Failure::msg("none")) }
        let h; let i;
        (h, i) = (num(1).await?, 2);
        none().await?;
        Ok(format!("{a} {b} {c:?} {e} {f} {g} {h} {i}"))
    }
}

#[workflow]
impl LoopOfLateInit {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let d;
        loop { let x = num(n).await?; if x > 1 { d = x; break; } }
        let e;
        loop { let x = num(n).await?; match x { 0 => {} x => { e = x; break } } }
        let f;
        'outer: loop { for i in 0.. { let x = num(i).await?; if x > 20 { f = (x, "f".to_owned()); break 'outer; } } }
        let g;
        let mut i = 0;
        loop { if i > 2 { g = i; break; } else { i += 1; } none().await?; }
        let h;
        if n > 100 { return Ok(String::new()); } else { h = num(7).await?; }
        none().await?;
        Ok(format!("{d} {e} {f:?} {g} {h}"))
    }
}
