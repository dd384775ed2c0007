// Where a workflow stands, and what it is an instance of; how many branches there may be.

bodies! {
    Afar { a_workflow_stands_in_a_module(3); }
    ManyBranches { there_may_be_many_branches(3); }
}

mod far {
    pub(super) mod away {
        use super::super::*;

        /// Its impl is in another module than its type.
        #[workflow]
        impl Afar {
            pub(in super::super) const STEP: u32 = 2;

            #[run]
            pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
                let a = self.one(n).await?;
                let b = self.two(ctx, a).await?;
                let c = super::three(ctx, b).await?;
                Ok(format!("{a} {b} {c} {}", self.four()))
            }

            pub(super) async fn one(&mut self, n: u32) -> Result<u32, Failure> {
                self.note("one");
                Ok(num(n).await? + Self::STEP)
            }

            pub(crate) async fn two(&self, ctx: &Context, n: u32) -> Result<u32, Failure> {
                ctx.sleep(seconds(u64::from(n))).await;
                Ok(n + super::STEP)
            }

            pub(in super::super) fn four(&self) -> usize {
                self.log.len()
            }
        }
    }

    use super::*;

    const STEP: u32 = 4;

    #[workflow]
    async fn three(ctx: &Context, n: u32) -> Result<u32, Failure> {
        ctx.sleep(seconds(1)).await;
        Ok(num(n + STEP).await?)
    }
}

#[workflow]
impl ManyBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let all = join!(
            num(0), num(1), async { num(2).await }, num(3), num(4), num(5), num(6), num(7), num(8), num(9),
            async { ctx.sleep(seconds(1)).await; 11 }, text("a".to_owned()),
        );
        let tried = try_join!(
            check(0), check(1), check(2), check(3), check(4), check(5), check(6), check(7), async { check(n).await },
            check(9), check(10), check(11),
        )?;
        let won = select! {
            _ = ctx.sleep(seconds(9)) => 0,
            _ = ctx.sleep(seconds(8)) => 1,
            _ = ctx.sleep(seconds(7)) => 2,
            _ = ctx.sleep(seconds(6)) => 3,
            _ = ctx.sleep(seconds(5)) => 4,
            _ = ctx.sleep(seconds(4)) => 5,
            _ = ctx.sleep(seconds(3)) => 6,
            _ = ctx.sleep(seconds(2)) => { none().await?; 7 }
            _ = async { ctx.sleep(seconds(1)).await; ctx.sleep(seconds(3)).await } => 8,
            _ = ctx.sleep(seconds(9)) => 9,
            _ = ctx.sleep(seconds(8)) => 10,
            _ = ctx.wait_until(|| false) => 11,
        };
        Ok(format!("{all:?} {tried:?} {won}"))
    }
}

/// What can be measured.
pub trait Unit: Stored + Default + Clone + std::fmt::Debug {
    const NAME: &'static str;
    type Size: Stored + Clone + std::fmt::Debug;
    fn size(&self, n: u32) -> Self::Size;
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Metre(pub u32);

impl Unit for Metre {
    const NAME: &'static str = "m";
    type Size = u32;
    fn size(&self, n: u32) -> u32 {
        self.0 * n
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Word {
    pub text: String,
}

impl Unit for Word {
    const NAME: &'static str = "w";
    type Size = Vec<String>;
    fn size(&self, n: u32) -> Vec<String> {
        vec![self.text.clone(); n as usize]
    }
}

/// A workflow that is generic.
#[derive(Default, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = "'de: 'static"))]
pub struct Measures<U: Unit> {
    pub log: Vec<String>,
    unit: U,
    sizes: Vec<U::Size>,
}

#[workflow(for = [Measures<Metre>, Measures<Word> as "measured words"])]
impl<U: Unit> Measures<U> {
    const FACTOR: u32 = 2;

    #[run]
    pub async fn run(&mut self, ctx: &Context, unit: U, n: u32) -> Result<String, Failure> {
        self.unit = unit;
        for i in 0..n {
            let size = self.size(ctx, i).await?;
            self.sizes.push(size);
        }
        let all = self.sizes.clone();
        let (named, doubled) = try_join!(text(U::NAME.to_owned()), num(n * Self::FACTOR))?;
        self.log.push(format!("{named} {doubled}"));
        Ok(format!("{all:?} {:?}", self.unit))
    }

    async fn size(&mut self, ctx: &Context, n: u32) -> Result<U::Size, Failure> {
        let unit = self.unit.clone();
        ctx.sleep(seconds(1)).await;
        let n = num(n).await? / 10;
        Ok(unit.size(n))
    }
}

checks! {
    #[test]
    fn an_instance_of_a_generic_workflow_is_plain_rust() {
        let mut plain = the_same::Measures::default();
        let metre = the_same::Metre(7);
        let expected = crate::plain::run(plain.run(&crate::plain::Context, metre, 3));
        for between in [Between::Reload, Between::StayInMemory] {
            let (compiled, trace) = run::<Measures<Metre>>((Metre(7), 3), between);
            trace.assert_same(&expected);
            assert_eq!(compiled.log, plain.log);
        }
    }

    #[test]
    fn another_instance_of_a_generic_workflow_is_plain_rust() {
        let mut plain = the_same::Measures::default();
        let word = the_same::Word { text: "ab".to_owned() };
        let expected = crate::plain::run(plain.run(&crate::plain::Context, word, 3));
        for between in [Between::Reload, Between::StayInMemory] {
            let (compiled, trace) = run::<Measures<Word>>((Word { text: "ab".to_owned() }, 3), between);
            trace.assert_same(&expected);
            assert_eq!(compiled.log, plain.log);
        }
    }
}
