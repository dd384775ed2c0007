// `select!`.

bodies! {
    Selects { select_takes_the_first(3); }
    SelectsInLoops { select_is_entered_again(3); }
    SelectHandlers {
        select_handlers_leave_the_loop(3);
        select_handlers_return(2);
        select_handlers_match(1);
    }
}

#[workflow]
impl Selects {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let first = select! {
            value = num(n) => value?,
            _ = ctx.sleep(seconds(1)) => 0,
        };
        let second = select! {
            _ = ctx.sleep(seconds(5)) => 5,
            () = ctx.sleep(seconds(2)) => 2,
            _ = ctx.sleep(seconds(2)) => { self.note("never"); 3 }
        };
        select! {
            word = text("a".to_owned()) => { self.note(word?); }
            _ = ctx.sleep(seconds(1)) => {}
        }
        let third = self.note("left") + select! { x = num(1) => x?, y = num(2) => y? + 1 } + self.note("right");
        let (ready, word) = select! {
            pair = pair(n) => pair?,
            word = text("b".to_owned()) => (0, word?),
        };
        select! { _ = none() => {}, _ = none() => {} }
        Ok(format!("{first} {second} {third} {ready} {word}"))
    }
}

#[workflow]
impl SelectsInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut round = 0;
        let mut seen = Vec::new();
        let result = loop {
            round += 1;
            select! {
                value = num(round) => seen.push(value?),
                _ = ctx.sleep(seconds(1)) => break 0,
            }
            select! {
                _ = ctx.sleep(seconds(u64::from(round))) => {
                    if round == 1 { continue; }
                    seen.push(100 + num(round).await?);
                }
                _ = ctx.sleep(seconds(2)) => break num(seen.len() as u32).await?,
            }
            if round > n + 3 { return Err(Failure::msg("too many")); }
        };
        for i in 0..n {
            select! {
                x = num(i) => { if x? == 10 { continue; } self.note(i); }
                _ = ctx.sleep(seconds(1)) => {}
            }
        }
        Ok(format!("{result} {round} {seen:?}"))
    }
}

#[workflow]
impl SelectHandlers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let kept = text("kept".to_owned()).await?;
        let value = select! {
            x = check(n * 60) => match x {
                Ok(x) => num(x).await?,
                Err(error) => { self.note(&error); text(kept.clone()).await?.len() as u32 }
            },
            _ = ctx.sleep(seconds(1)) => return Ok("slept".to_owned()),
        };
        'outer: for i in 0..n {
            select! {
                x = num(i) => {
                    let x = x?;
                    none().await?;
                    if x == 10 { continue 'outer; }
                    for j in 0..2 { if j == 1 && x == 20 { break 'outer; } none().await?; }
                    self.note(x);
                }
                _ = ctx.sleep(seconds(9)) => break,
            }
        }
        if n == 2 {
            select! {
                x = check(n + 99) => { x?; }
                _ = ctx.sleep(seconds(1)) => return Err(Failure::msg("never")),
            }
        }
        Ok(format!("{value} {kept}"))
    }
}
