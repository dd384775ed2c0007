// Branches of `select!` that are shut: by a guard, or by a result that does not match.

bodies! {
    SelectPatterns { a_branch_that_does_not_match_is_shut(3); a_branch_that_does_not_match_is_shut_first(0); }
    SelectGuards { guards_shut_branches(3); guards_shut_other_branches(1); guards_shut_all_branches(0); }
    SelectElse { else_is_taken_when_all_are_shut(3); else_is_taken_after_a_while(0); }
    SelectNested { selects_nest_with_guards(3); }
    SingleBranches { one_branch_is_enough(3); }
    SelectLoops { guards_end_loops_of_select(4); }
    SelectHandlersAwait { handlers_of_shut_branches_are_passed(3); }
}

#[workflow]
impl SelectPatterns {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = select! {
            Ok(Some(x)) = maybe(n) => x,
            _ = ctx.sleep(seconds(1)) => 0,
        };
        let b = select! {
            Ok(y @ 100..) = num(n) => y,
            Ok(Order { id: 9, .. }) | Err(_) = order(n) => 9,
            Ok(word) = text("w".to_owned()) => word.len() as u32,
        };
        let c = select! {
            Err(error) = check(n) => { self.note(error); 1 }
            Ok((x, y)) = pair(n) => { none().await?; self.note(&y); x }
            _ = ctx.sleep(seconds(1)) => 2,
        };
        let kept = text("kept".to_owned()).await?;
        let d = select! {
            Ok(true) = flag(2) => 1,
            Ok(true) = async { ctx.sleep(seconds(1)).await; flag(4).await } => 2,
            Ok(true) = async { ctx.sleep(seconds(2)).await; let x = flag(5).await; self.note(&kept); x } => 3,
            _ = ctx.sleep(seconds(9)) => 4,
        };
        Ok(format!("{a} {b} {c} {d}"))
    }
}

#[workflow]
impl SelectGuards {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let limit = num(1).await?;
        let a = select! {
            x = num({ self.note("a"); n }), if { self.note("guard a"); n > 2 } => x?,
            x = num({ self.note("b"); n + 1 }), if { self.note("guard b"); n > 0 } => x?,
            _ = ctx.sleep(seconds(1)) => 0,
        };
        let b = select! {
            x = async { let x = num(n).await?; num(x).await }, if flag(n).await? => { x? + limit }
            _ = ctx.sleep(seconds(5)), if n == 1 => 5,
            _ = ctx.sleep(seconds(3)) => 3,
        };
        let c = select! {
            x = self.helper(n), if limit > 5 => x?,
            _ = ctx.wait_until(|| true), if limit > 5 => 1,
            else => 9,
        };
        Ok(format!("{a} {b} {c}"))
    }

    async fn helper(&mut self, n: u32) -> Result<u32, Failure> {
        Ok(num(n).await? + 1)
    }
}

#[workflow]
impl SelectElse {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = select! {
            Ok(Some(x)) = maybe(0), if n > 0 => x,
            Ok(x @ 1000..) = num(n) => x,
            else => { none().await?; self.note("else"); 7 }
        };
        let b = select! {
            _ = ctx.sleep(seconds(1)), if n == 100 => 1,
            else => 2,
        };
        select! {
            Ok(true) = flag(n + 1) => { self.note("true"); }
            else => return Ok(format!("early {a} {b}")),
        }
        Ok(format!("{a} {b}"))
    }
}

#[workflow]
impl SelectNested {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = select! {
            Ok(x) = async {
                select! {
                    Ok(Some(x)) = maybe(0) => Ok::<_, Failure>(x),
                    Ok(x) = num(n), if n > 1 => Ok(x),
                    else => Err(Failure::msg("inner")),
                }
            } => x,
            _ = ctx.sleep(seconds(1)), if n > 5 => 1,
            else => 2,
        };
        let (b, c) = join!(
            async { select! { Ok(Some(_)) = maybe(0) => 1, else => 2 } },
            async { select! { x = num(3), if n > 100 => x.unwrap(), _ = ctx.sleep(seconds(2)), if n > 2 => 3, else => 4 } },
        );
        let d = match select! { Ok(Some(x)) = maybe(n) => Some(x), else => None } { Some(x) => num(x).await?, None => 0 };
        Ok(format!("{a} {b} {c} {d}"))
    }
}

#[workflow]
impl SingleBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = select! { x = num(n) => x? };
        let (b,) = join!(num(1));
        let (c,) = try_join!(check(n))?;
        select! { biased; _ = ctx.sleep(seconds(1)) => { self.note("slept"); } }
        let d = select! { Ok(Some(x)) = maybe(0) => x, else => 5 };
        let e = select! { Ok(x) | Err(longhaul::ActivityError::Failed(Refused(x))) = check(n * 50) => x, else => 0 };
        Ok(format!("{a} {} {c} {d} {e}", b?))
    }
}

#[workflow]
impl SelectLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (mut left, mut right) = (n, 2);
        let mut seen = Vec::new();
        loop {
            select! {
                Ok(x) = num(left), if left > 0 => { left -= 1; seen.push(x); if x == 20 { none().await?; continue; } }
                _ = ctx.sleep(seconds(1)), if right > 0 => { right -= 1; seen.push(100 + num(right).await?); }
                else => break,
            }
        }
        while let Some(x) = select! { Ok(Some(x)) = maybe(right) => Some(x), _ = ctx.sleep(seconds(1)), if right == 0 => { right += 1; Some(7) } else => None } {
            seen.push(x);
            right += 1;
            if right > 3 { break; }
        }
        Ok(format!("{seen:?} {left} {right}"))
    }
}

#[workflow]
impl SelectHandlersAwait {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let kept = order(n).await?;
        let mut tries = 0;
        let found = loop {
            tries += 1;
            select! {
                Ok(Some(x)) = maybe(n - n.min(tries)), if tries < 2 => { self.note(x); none().await?; }
                Ok(Point { x, .. }) = async { num(tries).await.map(|x| Point { x, y: 0, z: 0 }) } => {
                    let y = num(x).await?;
                    self.note(&kept.name);
                    if tries == 3 { break y; }
                }
                else => break 0,
            }
        };
        Ok(format!("{found} {tries} {:?}", kept.items))
    }
}
