// `join!`, `try_join!` and `timeout`.

bodies! {
    Joins { join_waits_for_all(3); }
    TryJoins { try_join_gives_all(3); }
    TryJoinsThatFail { try_join_gives_the_first_error(3); }
    JoinsOfBlocks { blocks_are_joined(3); }
    Timeouts {
        timeout_is_a_race(3);
        timeout_of_a_fast_helper(1);
    }
    TimeoutsOfBlocks {
        timeout_of_a_block(3);
        timeout_of_a_longer_block(5);
    }
    NestedConcurrency { constructs_nest(3); }
    ConcurrencyInLoops { constructs_stand_in_loops(3); }
    ReturnsInBlocks {
        a_return_in_a_block_ends_the_block(3);
        a_return_in_a_block_from_a_loop(1);
    }
    BranchForms { branches_have_many_forms(3); }
    LaterBeginnings { what_is_awaited_begins_when_it_is_awaited(3); }
    BranchReturns { returns_in_branches_end_the_branch(3); }
}

#[workflow]
impl Joins {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(num(n), text("b".to_owned()));
        let (c, d, e) = join!(ctx.sleep(seconds(3)), num(1), ctx.sleep(seconds(1)));
        let word = "kept".to_owned();
        let sum = self.note("left") + join!(num(2), num(3)).0? + self.note("right");
        let both = match join!(maybe(1), maybe(n)) {
            (Ok(Some(x)), Ok(Some(y))) => add(x, y).await?,
            other => { self.note(format!("{other:?}")); 0 }
        };
        let call = num(7);
        let (f, g) = join!(call, Self::twice(n));
        Ok(format!("{a:?} {b:?} {c:?} {d:?} {e:?} {word} {sum} {both} {f:?} {g:?}"))
    }

    async fn twice(n: u32) -> Result<u32, Failure> {
        let once = num(n).await?;
        Ok(num(once).await?)
    }
}

#[workflow]
impl TryJoins {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = try_join!(check(n), check(n + 1))?;
        let (c, d) = try_join!(num(a), text(b.to_string()))?;
        let tried = try_join!(check(a), check(b), check(n));
        let last = try_join!(num(1), num(2)).map(|(x, y)| x + y)?;
        Ok(format!("{a} {b} {c} {d} {tried:?} {last}"))
    }
}

#[workflow]
impl TryJoinsThatFail {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let tried = try_join!(check(n), check(n + 100), check(n + 2));
        self.note(format!("{tried:?}"));
        let blocks = try_join!(
            async { let a = num(1).await.map_err(Failure::from)?; Ok::<_, Failure>(a + check(200).await?) },
            async { num(2).await?; num(3).await?; num(4).await?; Ok("never".to_owned()) },
        );
        self.note(format!("{blocks:?}"));
        let (a, b) = try_join!(check(n), check(n + 200))?;
        Ok(format!("{a} {b}"))
    }
}

#[workflow]
impl JoinsOfBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let base = text("base".to_owned()).await?;
        let (a, b, c) = join!(
            async {
                let mut sum = 0;
                for i in 0..n { sum += num(i).await?; }
                Ok::<u32, Failure>(sum)
            },
            async {
                ctx.sleep(seconds(1)).await;
                let word = text(base.clone()).await?;
                Ok::<_, Failure>(word + &base)
            },
            num(9),
        );
        let (d, e) = join!(async { 1 }, async { none().await.is_ok() });
        let mut left = Vec::new();
        let mut right = n;
        let (f, ()) = join!(
            async { left.push(num(1).await); left.push(num(2).await); left.len() },
            async { while right > 0 { right -= 1; ctx.sleep(seconds(1)).await; } },
        );
        self.note(right);
        Ok(format!("{a:?} {b:?} {c:?} {d} {e} {f} {left:?}"))
    }
}

#[workflow]
impl Timeouts {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = timeout(seconds(5), num(n)).await;
        let b = timeout(seconds(1), ctx.sleep(seconds(2))).await;
        let c = timeout(seconds(2), ctx.sleep(seconds(1))).await;
        let d = timeout(seconds(3), ctx.wait_until(|| self.count > 0)).await.is_err();
        let e = timeout(seconds(3), ctx.wait_until(|| self.count == 0)).await.is_err();
        let f = timeout(seconds(1), timeout(seconds(2), ctx.sleep(seconds(3)))).await;
        let g = timeout(seconds(num(1).await?.into()), num(2)).await??;
        let both = (timeout(seconds(1), num(3)).await, timeout(seconds(1), ctx.sleep(seconds(4))).await);
        if timeout(seconds(1), ctx.sleep(seconds(2))).await.is_err() && n > 1 {
            self.note("late");
        }
        let helper = timeout(seconds(2), self.slow(ctx, n)).await;
        Ok(format!("{a:?} {b:?} {c:?} {d} {e} {f:?} {g} {both:?} {helper:?}"))
    }

    async fn slow(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.note("begin");
        ctx.sleep(seconds(u64::from(n))).await;
        self.note("end");
        Ok(num(n).await?)
    }
}

#[workflow]
impl TimeoutsOfBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = timeout(seconds(3), async {
            let x = num(n).await?;
            ctx.sleep(seconds(2)).await;
            Ok::<_, Failure>(x)
        })
        .await;
        let b = timeout(seconds(3), async {
            for i in 0..n {
                ctx.sleep(seconds(1)).await;
                self.log.push(i.to_string());
            }
            'd'
        })
        .await;
        let c = timeout(seconds(1), async { if n > 100 { return 1; } num(2).await.unwrap() }).await;
        Ok(format!("{a:?} {b:?} {c:?}"))
    }
}

#[workflow]
impl NestedConcurrency {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let outer = text("outer".to_owned()).await?;
        let (a, b) = join!(
            async {
                let (x, y) = join!(num(1), async { num(2).await.unwrap() + num(3).await.unwrap() });
                let z = timeout(seconds(1), ctx.sleep(seconds(2))).await.is_err();
                format!("{x:?} {y} {z} {outer}")
            },
            async {
                let mut seen = Vec::new();
                loop {
                    select! {
                        _ = ctx.sleep(seconds(1)) => seen.push(1),
                        x = async { ctx.sleep(seconds(1)).await; num(5).await } => { seen.push(x.unwrap()); }
                    }
                    if seen.len() as u32 > n { break seen; }
                }
            },
        );
        let c = select! {
            pair = async { try_join!(check(n), check(500)) } => format!("{pair:?}"),
            _ = ctx.sleep(seconds(1)) => String::new(),
        };
        let d = timeout(seconds(1), async { join!(ctx.sleep(seconds(5)), num(1)).1 }).await;
        Ok(format!("{a} {b:?} {c} {d:?}"))
    }
}

#[workflow]
impl ConcurrencyInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut all = Vec::new();
        for i in 0..n {
            let name = text(i.to_string()).await?;
            let (a, b) = try_join!(num(i), async {
                ctx.sleep(seconds(1)).await;
                let word = text(name.clone()).await?;
                Ok(word.len() as u32 + name.len() as u32)
            })?;
            all.push(a + b);
            if a == 20 { continue; }
            let mut tries = 0;
            while timeout(seconds(2), ctx.sleep(seconds(u64::from(3 - tries)))).await.is_err() {
                tries += 1;
            }
            all.push(tries);
        }
        Ok(format!("{all:?}"))
    }
}

#[workflow]
impl ReturnsInBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(
            async {
                if n > 2 { return 1; }
                for i in 0..5 {
                    if num(i).await.unwrap() == 20 { return i; }
                }
                9
            },
            async {
                let result: Result<u32, Failure> = async_result(n);
                let x = result?;
                let y = match maybe(x).await? { Some(y) => y, None => return Err(Failure::msg("none")) };
                check(y).await?;
                check(y + 100).await.map_err(Failure::from)
            },
        );
        let c = select! {
            x = async { ctx.sleep(seconds(2)).await; Some(maybe(0).await.ok()??) } => x,
            _ = ctx.sleep(seconds(3)) => Some(3),
        };
        Ok(format!("{a} {b:?} {c:?}"))
    }
}

fn async_result(n: u32) -> Result<u32, Failure> {
    Ok(n)
}

#[workflow]
impl BranchForms {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let word = "w".to_owned();
        let moved = word.clone();
        let (a, b) = join!(async move { text(moved).await.unwrap() }, async { text(word.clone()).await.unwrap() });
        let c = select! {
            x = timeout(seconds(1), num(n)) => x.unwrap().unwrap(),
            _ = ctx.sleep(seconds(5)) => 0,
        };
        let mut total = 1;
        total += if n > 2 { num(1).await? } else { 0 };
        total = loop { if flag(total).await? { break total + 1; } total += 1; };
        let d = timeout(seconds(1), async {
            for i in 0.. {
                if let Some(x) = maybe(i).await? {
                    match check(x * 60).await { Ok(_) => continue, Err(error) => { self.note(&error); return Ok::<_, Failure>(x); } }
                }
            }
            Ok(0)
        }).await;
        let e = try_join!(async { check(1).await }, check(2), async { let x = check(3).await?; check(x).await })?;
        let f = match select! { x = num(1) => Some(x?), _ = ctx.sleep(seconds(1)) => None } { Some(x) => x + num(2).await?, None => 0 };
        Ok(format!("{a} {b} {c} {total} {d:?} {e:?} {f}"))
    }
}

#[workflow]
impl LaterBeginnings {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        // What stands behind a branch that is done at once is never begun.
        let a = select! {
            x = async { n } => x,
            y = num(1) => y?,
        };
        let b = select! {
            x = async { num(n).await } => x?,
            y = num(2) => y?,
        };
        let (c, d) = join!(async { num(3).await.unwrap() }, num(4));
        let e = try_join!(async { Err::<u32, Failure>(Failure::msg("at once")) }, async { Ok(num(5).await?) });
        let f = timeout(seconds(1), async { 6 }).await;
        let call = num(7);
        let g = num(8).await?;
        let h = call.await?;
        ctx.sleep(seconds(1)).await;
        Ok(format!("{a} {b} {c} {d:?} {e:?} {f:?} {g} {h}"))
    }
}

#[workflow]
impl BranchReturns {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(
            async { if flag(n).await? { return Ok::<_, Failure>(1); } let x = check(n).await?; for i in 0..x { if i == 2 { return Ok(num(i).await?); } } Ok(0) },
            async { let Some(x) = maybe(0).await.ok()? else { return None }; Some(x) },
        );
        let c = timeout(seconds(1), async { loop { let x = check(n * 50).await?; if x > 1 { return Err::<u32, _>(Failure::msg("big")); } } }).await;
        let d = select! { x = async { for i in 0..9 { if num(i).await? > 20 { return Ok::<u32, Failure>(i); } } Ok(9) } => x?, _ = ctx.sleep(seconds(9)) => 0 };
        let e = try_join!(async { let x = check(99).await?; check(x).await }, async { num(1).await.map_err(|_| longhaul::ActivityError::Failed(Refused(0))) });
        Ok(format!("{a:?} {b:?} {c:?} {d} {e:?}"))
    }
}
