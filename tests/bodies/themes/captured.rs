// What `async` blocks that are values take along: items of loops, looks, literals.

bodies! {
    CapturedItems { items_of_constants_and_ranges_are_captured(3); }
    CapturedPatterns { items_of_constants_are_captured_through_patterns(3); }
    CapturedTexts { texts_of_constants_are_captured(3); }
    CapturedLooks { what_was_looked_up_is_captured(3); }
}

const NAMES: [&str; 2] = ["x", "y"];
const NUMBERS: &[u32] = &[1, 2, 3];

#[workflow]
impl CapturedItems {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        const LIMITS: [u32; 3] = [5, 6, 7];
        let mut tasks = Vec::new();
        for limit in LIMITS {
            num(limit).await?;
            tasks.push(ctx.spawn(async move { num(limit).await.unwrap() + limit }));
        }
        for i in (0..n).rev() {
            num(i).await?;
            tasks.push(ctx.spawn(async move { num(i).await.unwrap() + i }));
        }
        for i in (0..n).map(|i| i * 2).filter(|i| *i > 1) {
            num(i).await?;
            tasks.push(ctx.spawn(async move { num(i).await.unwrap() + i }));
        }
        for (i, j) in (0..n).zip(3..) {
            num(i).await?;
            tasks.push(ctx.spawn(async move { num(i).await.unwrap() + j }));
        }
        let mut all = Vec::new();
        for task in tasks { all.push(task.await?); }
        Ok(format!("{all:?}"))
    }
}

#[workflow]
impl CapturedPatterns {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut tasks = Vec::new();
        for &number in NUMBERS {
            num(number).await?;
            tasks.push(ctx.spawn(async move { num(number).await.unwrap() + number }));
        }
        for number in NUMBERS.iter().copied() {
            num(number).await?;
            tasks.push(ctx.spawn(async move { num(number).await.unwrap() + number }));
        }
        for number in NUMBERS {
            num(*number).await?;
            tasks.push(ctx.spawn(async move { num(*number).await.unwrap() + *number }));
        }
        for (i, name) in [(1, "a"), (2, "b")] {
            num(i).await?;
            tasks.push(ctx.spawn(async move { num(i).await.unwrap() + i }));
        }
        for i in (0..=n).step_by(2).skip(1) {
            tasks.push(ctx.spawn(async move { num(i).await.unwrap() + i }));
            num(i).await?;
        }
        let mut all = Vec::new();
        for task in tasks { all.push(task.await?); }
        for (i, c) in "abc".chars().enumerate() {
            num(i as u32).await?;
            all.push(ctx.spawn(async move { num(c as u32).await.unwrap() + i as u32 }).await?);
        }
        Ok(format!("{all:?}"))
    }
}

#[workflow]
impl CapturedTexts {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut all = Vec::new();
        for name in NAMES {
            num(1).await?;
            all.push(ctx.spawn(async move { text(name.to_owned()).await.unwrap() + name }));
        }
        for name in ["a", "b"] {
            num(1).await?;
            all.push(ctx.spawn(async move { text(name.to_owned()).await.unwrap() + name }));
        }
        for (i, name) in NAMES.iter().enumerate() {
            num(1).await?;
            all.push(ctx.spawn(async move { text(format!("{i}{name}")).await.unwrap() + name }));
        }
        for word in "to be or".split(' ') {
            num(1).await?;
            all.push(ctx.spawn(async move { text(word.to_owned()).await.unwrap() + word }));
        }
        let mut out = Vec::new();
        for task in all { out.push(task.await?); }
        Ok(format!("{out:?}"))
    }
}

#[workflow]
impl CapturedLooks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let items = list(n).await?;
        let mut tasks = Vec::new();
        for (i, item) in items.iter().enumerate() {
            num(*item).await?;
            let item = *item;
            tasks.push(ctx.spawn(async move { num(item).await.unwrap() + i as u32 }));
        }
        for (i, &item) in items.iter().enumerate() {
            tasks.push(ctx.spawn(async move { num(item).await.unwrap() + i as u32 }));
            num(item).await?;
        }
        let first = items.first().copied();
        num(1).await?;
        tasks.push(ctx.spawn(async move { num(first.unwrap()).await.unwrap() }));
        let mut word = "a";
        if n > 2 { word = "b"; }
        num(1).await?;
        tasks.push(ctx.spawn(async move { num(1).await.unwrap() + word.len() as u32 }));
        let mut outs = Vec::new();
        for name in NAMES {
            num(1).await?;
            outs.push(ctx.run("one", async move { Ok(name.len()) }).await?);
        }
        for i in (0..n).rev() {
            outs.push(ctx.run("two", async move { Ok(i as usize) }).await?);
        }
        for (i, name) in ["a", "b"].iter().enumerate() {
            outs.push(ctx.run("three", async move { Ok(name.len() + i) }).await?);
        }
        outs.push(ctx.run("four", async move { word = "cc"; Ok(word.len()) }).await?);
        let mut all = Vec::new();
        for task in tasks { all.push(task.await?); }
        Ok(format!("{all:?} {outs:?}"))
    }
}
