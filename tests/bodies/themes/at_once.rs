// Blocks that are awaited where they stand: they begin at once, before tasks that were spawned earlier go on.

bodies! {
    AwaitedBlocks { blocks_that_are_awaited_run_at_once(3); }
    OwnBlocks { blocks_that_are_awaited_own_what_they_change(3); }
}

#[workflow]
impl AwaitedBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let spawned = ctx.spawn(async move { num(1).await.unwrap() + num(2).await.unwrap() });
        let other = ctx.spawn(num(3));
        let word = "w".to_owned();
        let a = async move { let x = num(n).await?; Ok::<_, Failure>(format!("{word}{x}")) }.await?;
        let b = async move { n + 1 }.await;
        let c = (async move { if n > 2 { return num(4).await.unwrap(); } 5 }).await;
        let d = async { self.note("in a block"); num(5).await }.await?;
        self.note("behind");
        let e = async move { async move { num(6).await.unwrap() + n }.await + ctx.spawn(async move { num(n).await.unwrap() }).await.unwrap() }.await;
        let f = format!("{}", async move { num(7).await.unwrap() }.await + 1);
        for i in 0..2 { let x = async move { num(i).await.unwrap() + i }.await; self.note(x); }
        Ok(format!("{a} {b} {c} {d} {e} {f} {:?} {:?}", spawned.await?, other.await??))
    }
}

#[workflow]
impl OwnBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut x = n;
        let mut list = vec![1];
        x += 1;
        let a = async move { x += 10; num(x).await.unwrap() + x }.await;
        list.push(x);
        let list = async move { list.push(2); num(1).await.unwrap(); list.push(x); list }.await;
        let mut y = 1;
        async { y += 5; num(y).await.unwrap(); y += 1; }.await;
        let items = list.clone();
        let borrowed = &items;
        let b = async move { num(borrowed.len() as u32).await.unwrap() + borrowed[0] }.await;
        let c = async move { let mut sum = 0; for item in borrowed { sum += num(*item).await?; } Ok::<u32, longhaul::ActivityError<longhaul::Never>>(sum) }.await?;
        let word = String::from("late");
        let d: Option<u32> = async move { let n = n.checked_sub(3)?; num(n).await.ok()?; word.len().try_into().ok() }.await;
        let late = async move { num(9).await };
        let e = late.await? + Box::pin(async { num(x).await.unwrap() }).await;
        Ok(format!("{a} {x} {list:?} {y} {b} {c} {d:?} {e} {items:?}"))
    }
}
