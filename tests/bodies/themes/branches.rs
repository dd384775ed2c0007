// What the branches of a construct are made of: evaluated in order, before any of them begins.

bodies! {
    OperandsOfJoins { operands_of_branches_are_awaited_before_any_begins(3); }
    OperandsThatLeave { a_question_in_an_operand_leaves_the_body(3); a_question_in_an_operand_leaves_the_body_early(99); a_return(0); }
    OperandsOfWrappers { operands_of_wrappers_are_evaluated_first(3); }
    OperandsOfNested { operands_of_nested_constructs(3); }
    OperandsOfSelects { operands_of_selects(3); }
    OperandsInLoops { operands_in_loops(3); }
}

#[workflow]
impl OperandsOfJoins {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(num(num(n).await?), num(1));
        let (c, d) = join!(num(2), num(num(n).await?));
        let (e, f, g) = join!(text(self.note("x").to_string()), async { num(3).await }, add(num(4).await?, num(5).await?));
        let word = "w".to_owned();
        let (h, i) = join!(text(word), self.slow(ctx, num(6).await?));
        let (j, k) = join!(self.slow(ctx, n), num(num(7).await?));
        let (l, m, ()) = join!(ctx.sleep(seconds(u64::from(num(8).await?))), ctx.sleep(seconds(1)), ctx.wait_until(|| self.count == 0));
        let tried = try_join!(check(num(9).await?), check(n), check(num(10).await?));
        let mut v = vec![1, 2, 3];
        let (o, p) = join!(num(v[0]), num({ v[0] = 7; num(v[0]).await? }));
        let late = num(11);
        let (q, r) = join!(late, if n > 2 { num(num(12).await?) } else { num(13) });
        Ok(format!("{a:?} {b:?} {c:?} {d:?} {e:?} {f:?} {g:?} {h:?} {i:?} {j:?} {k:?} {l:?} {m:?} {tried:?} {o:?} {p:?} {q:?} {r:?} {v:?}"))
    }

    async fn slow(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.note(format!("begin {n}"));
        ctx.sleep(seconds(u64::from(n))).await;
        self.note("end");
        Ok(num(n).await?)
    }
}

#[workflow]
impl OperandsThatLeave {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(num(1), num(check(n).await?));
        let (c, d) = join!(num(if n == 0 { return Ok("early".to_owned()) } else { num(2).await? }), num(check(n + 1).await?));
        let e = loop {
            let (x, y) = join!(num(3), timeout(seconds(2), num(match maybe(n - 3).await? { Some(x) => x, None => break 5 })));
            self.note(format!("{x:?} {y:?}"));
        };
        let f = timeout(seconds(1), num(check(n + 2).await?)).await;
        let g = async { let (x, y) = join!(num(4), num(check(200).await?)); x?; y?; Ok::<u32, Failure>(1) }.await;
        Ok(format!("{a:?} {b:?} {c:?} {d:?} {e} {f:?} {g:?}"))
    }
}

#[workflow]
impl OperandsOfWrappers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let log = std::cell::RefCell::new(Vec::new());
        let note = |word: &str| { log.borrow_mut().push(word.to_owned()); log.borrow().len() as u32 };
        let a = timeout(seconds(note("limit").into()), num(note("operand"))).await;
        drop(a);
        let seen = log.borrow().join(" ");
        drop(log);
        let b = timeout(seconds(2), num(num(n).await?)).await;
        let c = timeout(seconds(num(n).await?.into()), num(num(n).await?)).await;
        let d = ctx.scope(num(num(4).await?)).await;
        let e = shield(num(num(5).await?)).await;
        let f = timeout(seconds(3), timeout(seconds(num(2).await?.into()), num(num(6).await?))).await;
        let g = timeout(seconds(self.note("l").into()), self.slow(ctx, num(1).await?)).await;
        let h = timeout(seconds(1), shield(ctx.sleep(seconds(num(3).await?.into())))).await;
        Ok(format!("{seen} {b:?} {c:?} {d:?} {e:?} {f:?} {g:?} {h:?}"))
    }

    async fn slow(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.note(format!("begin {n}"));
        ctx.sleep(seconds(u64::from(n))).await;
        Ok(num(n).await?)
    }
}

#[workflow]
impl OperandsOfNested {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let log = std::cell::RefCell::new(Vec::new());
        let (a, b) = {
            let note = |word: &str| { log.borrow_mut().push(word.to_owned()); log.borrow().len() as u32 };
            join!(
                async { note("a block"); num(1).await },
                timeout(seconds(note("limit").into()), num(note("operand"))),
            )
        };
        let first = {
            let note = |word: &str| { log.borrow_mut().push(word.to_owned()); log.borrow().len() as u32 };
            select! {
                x = async { note("at once"); 1 } => x,
                y = shield(num(note("never begun"))) => y?,
            }
        };
        let seen = log.borrow().join(", ");
        drop(log);
        let (c, d, e) = join!(
            timeout(seconds(3), num(num(1).await?)),
            shield(self.slow(ctx, num(2).await?)),
            ctx.scope(timeout(seconds(num(3).await?.into()), async { num(4).await.unwrap() + num(5).await.unwrap() })),
        );
        let f = async { join!(timeout(seconds(1), num(num(6).await.unwrap())), num(7)) }.await;
        let (g, h) = join!(async { join!(timeout(seconds(1), num(num(6).await.unwrap())), num(7)) }, shield(num(num(8).await?)));
        Ok(format!("{a:?} {b:?} {first} {seen} {c:?} {d:?} {e:?} {f:?} {g:?} {h:?}"))
    }

    async fn slow(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        self.note(format!("begin {n}"));
        ctx.sleep(seconds(u64::from(n))).await;
        Ok(num(n).await?)
    }
}

#[workflow]
impl OperandsOfSelects {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = select! {
            x = num(num(1).await?) => x?,
            y = timeout(seconds(num(2).await?.into()), ctx.sleep(seconds(1))) => { self.note(format!("{y:?}")); 5 }
        };
        let mut open = true;
        let b = select! {
            x = num(num(3).await?), if open => x?,
            y = num(num(4).await?), if !open => y? + 1,
            _ = ctx.sleep(seconds(num(1).await?.into())), if n > 2 => 7,
            else => 8,
        };
        let mut task = ctx.spawn(num(9));
        let mut seen = Vec::new();
        while seen.len() < 3 {
            select! {
                x = &mut task, if seen.len() < 2 => seen.push(x??),
                y = num(num(seen.len() as u32).await?) => seen.push(y?),
            }
            if seen.len() == 1 { task = ctx.spawn(num(10)); }
        }
        let mut x = n;
        let (c, d, e) = join!(
            async move { x += 1; num(x).await },
            num({ x += 5; num(x).await? }),
            async { #[state(Named)] num(1).await },
        );
        let (f, g) = join!(#[state(First)] num(num(x).await?), #[state(Second)] timeout(seconds(num(1).await?.into()), #[state(Third)] num(num(2).await?)));
        Ok(format!("{a} {b} {seen:?} {c:?} {d:?} {e:?} {f:?} {g:?} {x}"))
    }
}

#[workflow]
impl OperandsInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let items = list(n).await?;
        let mut all = Vec::new();
        for item in &items {
            let (a, b) = join!(num(*item), timeout(seconds(u64::from(*item)), num(num(*item).await? + item)));
            all.push((a?, b.unwrap()?));
            let word = format!("w{item}");
            let (c, d) = try_join!(text(word.clone()), text(text(word.clone()).await?))?;
            all.push((c.len() as u32, d.len() as u32));
        }
        Ok(format!("{all:?}"))
    }
}
