// Functions of their own, marked `#[workflow]`, that several workflows await.

bodies! {
    SharesInline { shared_functions_are_awaited_in_place(3); a_shared_function_fails(99); }
    SharesInLoops { shared_functions_are_awaited_in_loops(3); }
    SharesInBranches { shared_functions_are_branches(3); }
    SharesInHelpers { shared_functions_are_awaited_in_helpers(3); }
    SharesRecursion { a_shared_function_calls_itself(4); shared_functions_call_each_other(5); }
    SharesFromModule { shared_functions_stand_in_modules(3); }
    SharesPatterns { shared_functions_take_patterns(3); }
    SharesKept { what_is_begun_later_is_kept_as_a_value(3); }
}

/// Doubles by waiting.
#[workflow]
async fn double(ctx: &Context, n: u32) -> u32 {
    ctx.sleep(seconds(u64::from(n))).await;
    let again = n;
    ctx.sleep(seconds(1)).await;
    n + again
}

#[workflow]
async fn checked(n: u32, name: String) -> Result<String, Failure> {
    let mut seen = Vec::new();
    for i in 0..2 {
        seen.push(check(n + i).await?);
    }
    let named = text(name).await?;
    Ok(format!("{seen:?} {named}"))
}

#[workflow]
impl SharesInline {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let before = vec![n];
        let doubled = double(ctx, n).await;
        self.note(doubled);
        let sum = n + double(ctx, doubled).await + double(ctx, 1).await * 2;
        let text = checked(sum, format!("{before:?}")).await?;
        Ok(format!("{text} {sum} {before:?}"))
    }
}

#[workflow]
impl SharesInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut all = Vec::new();
        for i in 0..n {
            all.push(double(ctx, i).await);
            if i == 1 {
                self.note(checked(i, "one".to_owned()).await?);
            }
        }
        while double(ctx, self.count).await < 6 {
            self.count += 1;
        }
        Ok(format!("{all:?}"))
    }
}

#[workflow]
impl SharesInBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(double(ctx, n), checked(n, "b".to_owned()));
        let (c, d) = try_join!(checked(1, "c".to_owned()), async {
            let twice = double(ctx, double(ctx, 2).await).await;
            checked(twice, "d".to_owned()).await
        })?;
        let first = select! {
            slow = double(ctx, 50) => format!("slow {slow}"),
            fast = double(ctx, 1) => format!("fast {fast}"),
        };
        let late = timeout(seconds(2), double(ctx, 30)).await.is_err();
        let early = timeout(seconds(20), double(ctx, 3)).await.is_ok();
        let failed = try_join!(checked(99, "e".to_owned()), checked(1, "f".to_owned())).is_err();
        Ok(format!("{a} {} {c} {d} {first} {late} {early} {failed}", b?))
    }
}

#[workflow]
impl SharesInHelpers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let one = self.twice(ctx, n).await;
        let two = Self::without(ctx, n + 1).await;
        Ok(format!("{one} {two}"))
    }

    async fn twice(&mut self, ctx: &Context, n: u32) -> u32 {
        let first = double(ctx, n).await;
        self.note(first);
        double(ctx, first).await
    }

    async fn without(ctx: &Context, n: u32) -> u32 {
        double(ctx, n).await
    }
}

#[workflow]
async fn factorial(ctx: &Context, n: u32) -> Result<u32, Failure> {
    if n < 2 {
        return Ok(1);
    }
    let below = Box::pin(factorial(ctx, n - 1)).await?;
    ctx.sleep(seconds(1)).await;
    Ok(num(n).await? / 10 * below)
}

#[workflow]
async fn even(ctx: &Context, n: u32) -> bool {
    ctx.sleep(seconds(1)).await;
    n == 0 || Box::pin(odd(ctx, n - 1)).await
}

#[workflow]
async fn odd(ctx: &Context, n: u32) -> bool {
    n != 0 && Box::pin(even(ctx, n - 1)).await
}

#[workflow]
impl SharesRecursion {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let product = factorial(ctx, n).await?;
        let (even, odd) = join!(even(ctx, n), odd(ctx, n));
        Ok(format!("{product} {even} {odd}"))
    }
}

mod inner {
    use super::*;

    #[workflow]
    pub(super) async fn from_afar(ctx: &Context) {
        ctx.sleep(seconds(3)).await;
    }
}

#[workflow]
impl SharesFromModule {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        inner::from_afar(ctx).await;
        let () = self::inner::from_afar(ctx).await;
        Ok(n)
    }
}

#[workflow]
async fn patterned((a, b): (u32, String), Point { x, .. }: Point, mut list: Vec<u32>, _: bool) -> Result<String, Failure> {
    list.push(num(a).await?);
    Ok(format!("{} {x} {list:?}", text(b).await?))
}

#[workflow]
impl SharesPatterns {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut list = vec![n];
        let first = patterned((n, "b".to_owned()), Point { x: 1, y: 2, z: 3 }, list.clone(), true).await?;
        list.push(num(n).await?);
        let second = patterned(pair(n).await?, Point::default(), list, flag(n).await?).await?;
        Ok(format!("{first} {second}"))
    }
}

#[workflow]
impl SharesKept {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let later = double(ctx, n);
        self.note("before it begins");
        let doubled = later.await;
        let make = |n| double(ctx, n + 1);
        let made = make(doubled).await;
        Ok(format!("{doubled} {made}"))
    }
}
