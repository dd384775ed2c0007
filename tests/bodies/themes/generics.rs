// Async methods with type parameters, and what they are called with.

bodies! {
    GenericHelpers { helpers_are_generic(3); }
    GenericCalls { types_are_written_at_the_call(3); }
    GenericBranches { generic_helpers_are_branches(3); }
    ImplParameters { parameters_are_of_some_type(3); }
    AssociatedItems { constants_and_types_are_associated(3); }
    Selves { methods_are_called_by_path(3); }
}

/// What can be measured.
trait Measured {
    const UNIT: &'static str;
    type Size: std::fmt::Display + Stored;
    fn size(&self) -> Self::Size;
}

impl Measured for u32 {
    const UNIT: &'static str = "n";
    type Size = u64;
    fn size(&self) -> u64 {
        u64::from(*self) * 2
    }
}

impl Measured for String {
    const UNIT: &'static str = "s";
    type Size = String;
    fn size(&self) -> String {
        format!("{}!", self.len())
    }
}

#[workflow]
impl GenericHelpers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = self.measured(ctx, n).await?;
        let b = self.measured(ctx, "word".to_owned()).await?;
        let mut all = Vec::new();
        for i in 0..n {
            all.push(self.measured(ctx, i).await?);
        }
        let (c, d) = Self::pair(n, vec![n]).await?;
        let e = Self::array([n, 1, 2]).await?;
        Ok(format!("{a} {b} {all:?} {c} {d:?} {e}"))
    }

    async fn measured<T: Measured + Stored>(&mut self, ctx: &Context, value: T) -> Result<String, Failure> {
        let size = value.size();
        ctx.sleep(seconds(1)).await;
        self.note(&size);
        let n = num(1).await?;
        Ok(format!("{size}{} {} {n}", T::UNIT, value.size()))
    }

    async fn pair<A, B>(a: A, b: B) -> Result<(A, B), Failure>
    where
        A: Stored,
        B: Stored + Clone,
    {
        let copy = b.clone();
        num(1).await?;
        Ok((a, copy))
    }

    async fn array<const N: usize>(values: [u32; N]) -> Result<u32, Failure>
    where
        [u32; N]: Stored,
    {
        let mut sum = 0;
        for at in 0..N {
            sum += num(values[at]).await?;
        }
        Ok(sum)
    }
}

#[workflow]
impl GenericCalls {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = self.parsed::<u8>("7").await?;
        let b = self.parsed::<i64>(&n.to_string()).await?;
        let c: String = Self::parsed::<String>(self, "c").await?;
        let d = Self::empty::<Vec<u32>>().await?;
        Ok(format!("{a} {b} {c} {d:?}"))
    }

    async fn parsed<T: std::str::FromStr + Stored>(&mut self, word: &str) -> Result<T, Failure> {
        let value = word.parse().ok();
        num(1).await?;
        value.ok_or_else(|| Failure::msg(word))
    }

    async fn empty<T: Default>() -> Result<T, Failure> {
        num(1).await?;
        Ok(T::default())
    }
}

#[workflow]
impl GenericBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(Self::slow(ctx, n, "a".to_owned()), Self::slow(ctx, 1, 7_u64));
        let first = select! {
            slow = Self::slow(ctx, 9, 'x') => format!("{slow}"),
            fast = Self::slow(ctx, 2, 1.5) => format!("{fast}"),
        };
        Ok(format!("{a} {b} {first}"))
    }

    async fn slow<T: Stored>(ctx: &Context, n: u32, value: T) -> T {
        ctx.sleep(seconds(u64::from(n))).await;
        value
    }
}

#[workflow]
impl ImplParameters {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = self.shown(ctx, n, &"a".to_owned()).await?;
        let b = self.shown(ctx, "b".to_owned(), &n).await?;
        Ok(format!("{a} {b}"))
    }

    async fn shown(
        &mut self,
        ctx: &Context,
        value: impl std::fmt::Display + Stored,
        other: &(impl std::fmt::Debug + Stored + Clone),
    ) -> Result<String, Failure> {
        self.note(&value);
        ctx.sleep(seconds(1)).await;
        Ok(format!("{value} {other:?} {}", num(1).await?))
    }
}

#[workflow]
impl AssociatedItems {
    const LIMIT: u32 = 5;
    const NAMES: [&'static str; 2] = ["a", "b"];

    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let most = n.min(Self::LIMIT) + num(Self::LIMIT).await? + Self::plain(Self::LIMIT);
        let size: <u32 as Measured>::Size = n.size();
        let names = Self::NAMES;
        let made = Self { count: num(1).await?, ..Self::default() };
        let other: Self = Self::default();
        num(2).await?;
        Ok(format!("{most} {size} {names:?} {} {}", made.count, other.count))
    }

    fn plain(n: u32) -> u32 {
        n + Self::LIMIT
    }
}

#[workflow]
impl Selves {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = Self::helper(self, ctx, n).await?;
        let b = Selves::helper(self, ctx, a).await?;
        let c = Selves::still(&self, 1).await?;
        let d = Self::nothing(ctx).await;
        let other = ctx;
        let e = self.helper(other, 1).await?;
        Ok(format!("{a} {b} {c} {d:?} {e}"))
    }

    async fn helper(&mut self, context: &Context, n: u32) -> Result<u32, Failure> {
        context.sleep(seconds(1)).await;
        self.note(n);
        self.passes_on(n, context).await
    }

    async fn passes_on(&mut self, n: u32, c: &Context) -> Result<u32, Failure> {
        c.sleep(seconds(1)).await;
        Ok(num(n).await?)
    }

    async fn still(&self, n: u32) -> Result<u32, Failure> {
        Ok(num(n).await? + self.log.len() as u32)
    }

    async fn nothing(ctx: &Context) {
        ctx.sleep(seconds(1)).await
    }
}
