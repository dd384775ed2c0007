// Items and attributes within bodies.

bodies! {
    ConstBlocks { const_blocks_and_statics(3); }
    Attributed { attributes_stand_on_statements(3); }
    InnerItems { items_are_seen_in_their_block(3); }
    ItemsOfSameName { items_of_the_same_name_stand_in_two_blocks(3); }
}

const STEP: u32 = 100;

#[workflow]
impl ConstBlocks {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        const A: u32 = 1 + 1;
        static B: [u32; 2] = [1, 2];
        let c = const { A * 3 };
        let a = num(A).await? + const { 1 + 2 };
        let b = num(B[1]).await? + B[0] + c;
        let d = [const { Vec::<u32>::new() }; 2];
        none().await?;
        Ok(format!("{a} {b} {c} {d:?} {}", u32::MAX))
    }
}

#[workflow]
impl Attributed {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        #[allow(unused_variables)]
        let x = num(n).await?;
        #[allow(clippy::let_unit_value)]
        let y = none().await?;
        #[allow(unused_must_use)]
        num(1).await;
        #[expect(unused_mut)]
        let mut z = 1;
        #[allow(clippy::needless_range_loop)]
        for i in 0..2 { none().await?; }
        #[cfg(not(any()))]
        self.note("cfg");
        #[cfg(any())]
        self.note("not");
        match x { #[allow(unreachable_patterns)] 30 => { none().await?; } _ => {} }
        Ok(format!("{x} {y:?} {z}"))
    }
}

#[workflow]
impl InnerItems {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        use std::collections::BTreeMap as Map;
        #[derive(Debug, Clone, Serialize, Deserialize)]
        struct Local { x: u32 }
        impl Local { fn double(&self) -> u32 { self.x * 2 } const K: u32 = 3; }
        trait Triple { fn triple(&self) -> u32; }
        impl Triple for Local { fn triple(&self) -> u32 { self.x * Self::K } }
        type Pair = (u32, u32);
        fn helper(x: u32) -> Result<u32, Failure> { if x > 100 { return Err(Failure::msg("no")) } Ok(x) }
        macro_rules! double { ($e:expr) => { $e * 2 }; }
        let local = Local { x: num(n).await? };
        let mut map = Map::new();
        map.insert(1, local.double());
        none().await?;
        let seven = helper(7)?;
        let p: Pair = (double!(seven), double!(n) + num(double!(1)).await?);
        if flag(1).await? { enum E { A, B } let e = E::A; self.note(match e { E::A => 1, E::B => 2 }); none().await?; }
        for i in 0..2 { struct Inner(u32); let l = Inner(i); self.note(l.0); none().await?; }
        Ok(format!("{local:?} {map:?} {p:?} {}", local.triple()))
    }
}

#[workflow]
impl ItemsOfSameName {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        self.note(num(STEP).await?);
        let before = STEP;
        { const STEP: u32 = 1; fn helper() -> u32 { STEP } none().await?; self.note(num(STEP + helper()).await?); none().await?; self.note(helper()); }
        { const STEP: u32 = 2; fn helper() -> u32 { STEP * 2 } self.note(STEP); none().await?; self.note(helper() + STEP); }
        self.note(STEP);
        if n > 1 { use std::cmp::max as pick; none().await?; self.note(pick(n, 9)); } else { use std::cmp::min as pick; none().await?; self.note(pick(n, 9)); }
        for i in 0..2 { const STEP: u32 = 5; macro_rules! twice { ($e:expr) => { $e + $e } } self.note(twice!(STEP) + i); none().await?; self.note(twice!(i)); }
        let kept = { const NAME: &str = "inner"; let name = NAME; none().await?; text(name.to_owned()).await? };
        let (a, b) = join!(async { const STEP: u32 = 7; none().await.unwrap(); STEP }, async { const STEP: u32 = 8; none().await.unwrap(); STEP });
        let s = select! { _ = num(1) => { const STEP: u32 = 9; none().await?; STEP } _ = ctx.sleep(seconds(1)) => STEP };
        let m = match n { 3 => { const STEP: u32 = 10; num(STEP).await? } _ => { const STEP: u32 = 11; none().await?; STEP } };
        none().await?;
        Ok(format!("{before} {kept} {a} {b} {s} {m} {STEP}"))
    }
}
