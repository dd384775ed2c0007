// Items and attributes within bodies.

bodies! {
    ConstBlocks { const_blocks_and_statics(3); }
    Attributed { attributes_stand_on_statements(3); }
}

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
