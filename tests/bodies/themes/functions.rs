// Parameters, and async methods that call each other.

bodies! {
    Parameters { parameters_are_patterns((1, 2), vec!["a".to_owned()], Point::default(), true, [1, 2]); }
    Helpers { helpers_are_part_of_the_machine(3); }
    NestedHelpers { helpers_call_helpers(3); }
    Recursion { a_helper_calls_itself(3); }
    Static { helpers_without_self(3); }
    NoContext { a_workflow_without_input(); }
    Unit {
        a_workflow_without_output(3);
        a_workflow_that_returns_nothing_early(1);
    }
}

#[workflow]
impl Parameters {
    #[run]
    pub async fn run(
        &mut self,
        ctx: &Context,
        (a, mut b): (u32, u32),
        mut words: Vec<String>,
        Point { x, y: up, .. }: Point,
        _unused: bool,
        [first, ..]: [u32; 2],
    ) -> Result<String, Failure> {
        b += num(a).await?;
        words.push(text("w".to_owned()).await?);
        let inner = self.inner((x, up), ctx, Some(first)).await?;
        Ok(format!("{a} {b} {words:?} {x} {up} {first} {inner}"))
    }

    async fn inner(&mut self, (x, mut y): (u32, u32), ctx: &Context, last: Option<u32>) -> Result<u32, Failure> {
        ctx.sleep(seconds(1)).await;
        y += num(x).await?;
        Ok(y + last.unwrap_or(0))
    }
}

#[workflow]
impl Helpers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = self.with_context(ctx, n).await?;
        let b = self.without_context(a, "b".to_owned()).await?;
        let argument = self.note("argument");
        let c = Self::on_type(n).await? + self.with_context(ctx, argument).await?;
        let mut sum = 0;
        for i in 0..2 {
            sum += self.with_context(ctx, i).await?;
        }
        if self.nothing().await { self.note("nothing"); }
        let shared = self.shared(sum).await?;
        match self.without_context(50, String::new()).await {
            Ok(fine) => self.note(fine),
            Err(error) => self.note(error),
        };
        self.only_effect().await;
        Ok(format!("{a} {b} {c} {sum} {shared}"))
    }

    async fn with_context(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.count += 1;
        ctx.sleep(seconds(u64::from(n))).await;
        let x = num(n).await?;
        self.count += x;
        Ok(x + self.count)
    }

    async fn without_context(&mut self, n: u32, word: String) -> Result<u32, Failure> {
        let answer = text(word.clone()).await?;
        Ok(check(n * 2).await? + answer.len() as u32 + word.len() as u32)
    }

    async fn on_type(n: u32) -> Result<u32, Failure> {
        Ok(num(n).await? + num(n + 1).await?)
    }

    async fn nothing(&mut self) -> bool {
        true
    }

    async fn shared(&self, n: u32) -> Result<u32, Failure> {
        Ok(self.count + num(n).await?)
    }

    async fn only_effect(&mut self) {
        self.note("effect");
    }
}

#[workflow]
impl NestedHelpers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut all = Vec::new();
        for i in 0..n {
            all.push(self.outer(ctx, i).await?);
        }
        Ok(format!("{all:?}"))
    }

    async fn outer(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut sum = 0;
        while sum < n * 10 {
            sum += self.inner(ctx, n).await? + 1;
            self.note(sum);
        }
        Ok(sum)
    }

    async fn inner(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        if flag(n).await? {
            ctx.sleep(seconds(1)).await;
            self.innermost(n).await
        } else {
            Ok(self.innermost(n + 1).await? + 1)
        }
    }

    async fn innermost(&mut self, n: u32) -> Result<u32, Failure> {
        self.count += 1;
        let value = num(n).await?;
        Ok(value + self.count)
    }
}

#[workflow]
impl Recursion {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let down = self.down(n).await?;
        ctx.sleep(seconds(1)).await;
        Ok(down)
    }

    async fn down(&mut self, n: u32) -> Result<u32, Failure> {
        if n == 0 {
            return Ok(1);
        }
        let here = num(n).await?;
        let below = Box::pin(self.down(n - 1)).await?;
        self.note(below);
        Ok(here + below)
    }
}

#[workflow]
impl Static {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        Static::twice(Self::twice(n, ctx).await?, ctx).await
    }

    async fn twice(n: u32, ctx: &Context) -> Result<u32, Failure> {
        ctx.sleep(seconds(2)).await;
        add(n, n).await.map_err(Into::into)
    }
}

#[workflow]
impl NoContext {
    #[run]
    pub async fn run(&mut self, _: &Context) -> String {
        let x = num(1).await;
        format!("{x:?}")
    }
}

#[workflow]
impl Unit {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) {
        for i in 0..n {
            ctx.sleep(seconds(1)).await;
            self.note(i);
        }
        if n == 1 { return; }
        let done = none().await;
        self.note(done.is_ok())
            ;
        none().await.unwrap_or_default()
    }
}
