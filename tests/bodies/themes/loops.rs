// Loops, their labels and values.

bodies! {
    LoopValues { loops_break_with_values(3); }
    Whiles { while_tests_each_time(4); }
    WhileLets { while_let_tests_each_time(5); }
    Labels { labels_name_the_loop(4); }
    LabelledBlocks {
        labelled_blocks_are_left(1);
        labelled_blocks_fall_through(2);
        labelled_blocks_break_from_loops(4);
    }
    LabelsEverywhere { labels_leave_from_anywhere(3); }
    WhileLetAwaits { while_let_awaits_in_chains(3); }
}

#[workflow]
impl LoopValues {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut i = 0;
        let found = loop {
            i += 1;
            if flag(i).await? && i > n {
                break num(i).await?;
            }
            if i > 20 {
                break 0;
            }
        };
        let unit = loop {
            if i == 0 { break; }
            i -= 1;
            ctx.sleep(seconds(1)).await;
        };
        let twice = self.note("left") + loop { break self.note("in") + num(1).await? } + self.note("right");
        let result: Result<u32, Failure> = loop {
            match check(i).await {
                Ok(3) => break Ok(i),
                Ok(_) => i += 1,
                Err(error) => break Err(error.into()),
            }
        };
        loop {
            let x = num(i).await?;
            if x > 1000 {
                return Err(Failure::msg(x));
            }
            i *= 10;
            if i > 200 {
                return Ok(format!("{found} {unit:?} {twice} {result:?}"));
            }
        }
    }
}

#[workflow]
impl Whiles {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let mut i = 0;
        let mut sum = 0;
        while i < n {
            i += 1;
            if i == 2 { continue; }
            sum += num(i).await?;
            if sum > 100 { break; }
        }
        while num(i).await? > 10 {
            i -= 1;
        }
        while { i += 1; flag(i).await? } {
            ctx.sleep(seconds(u64::from(i))).await;
        }
        while false { none().await?; }
        Ok(sum + i)
    }
}

#[workflow]
impl WhileLets {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut queue = std::collections::VecDeque::from([n]);
        let mut order = Vec::new();
        while let Some(next) = queue.pop_front() {
            order.push(next);
            if next > 1 {
                queue.push_back(next / 2);
                queue.extend(list(next - 2).await?);
            }
            if order.len() > 12 { break }
        }
        let mut left = 3;
        while let Some(value) = maybe(left).await? {
            left -= 1;
            order.push(num(value).await?);
        }
        while let Some(last) = order.pop() && last > 15 {
            none().await?;
        }
        Ok(format!("{order:?} {left}"))
    }
}

#[workflow]
impl Labels {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        'outer: for i in 0..n {
            for j in 0..n {
                if j == 2 { continue 'outer; }
                let k = add(i, j).await?;
                if k == 3 { continue; }
                seen.push(k);
                'inner: loop {
                    for m in 0..10 {
                        if m == 3 { break 'inner; }
                        if i == 2 && flag(m).await? { break 'outer; }
                    }
                }
            }
            seen.push(100);
        }
        let found = 'search: loop {
            for i in 0.. {
                while flag(i).await? {
                    if i > 4 { break 'search i; }
                    break;
                }
                for quiet in 0..5 { if quiet * i == 30 { break 'search quiet; } }
            }
        };
        'a: loop { 'b: loop { none().await?; if n > 1 { break 'a } else { break 'b } } break; }
        Ok(format!("{seen:?} {found}"))
    }
}

#[workflow]
impl LabelledBlocks {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let value = 'block: {
            if flag(n).await? { break 'block num(1).await?; }
            if n == 2 { break 'block 2; }
            num(3).await?
        };
        'unit: {
            none().await?;
            if n == 3 { break 'unit; }
            self.note("not three");
        }
        let nested = 'outer: {
            let inner = 'inner: {
                for i in 0..3 {
                    if i == n { break 'outer num(i).await?; }
                    if flag(i + n).await? { break 'inner i; }
                }
                9
            };
            inner + num(inner).await?
        };
        let plain = 'plain: { if n > 1 { break 'plain 1 } 2 };
        let last = { self.note("x"); { num(4).await? } };
        Ok(format!("{value} {nested} {plain} {last}"))
    }
}

#[workflow]
impl LabelsEverywhere {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        'a: for i in 0..4 {
            let x = match maybe(i).await? { None => continue 'a, Some(x) => x };
            let y = 'b: loop { 'c: while flag(x).await? { if x > 2 { break 'a; } break 'b num(x).await?; } if x == 2 { continue 'a; } break 'b 0; };
            seen.push(y + if x > 5 { break 'a } else { x });
            let z = 'd: { if let Some(q) = maybe(y).await? && q > 5 { break 'd q; } for _ in 0..3 { break 'd num(7).await?; } 1 };
            seen.push(add(z, { if z == 70 { continue; } z }).await?);
        }
        let v = loop { match seen.pop() { Some(x) if x > 5 => break Some(num(x).await?), Some(_) => none().await?, None => break None } };
        let w = 'outer: loop { loop { if flag(1).await? { break 'outer 'inner: { if n == 3 { break 'inner num(1).await?; } 2 }; } } };
        Ok(format!("{seen:?} {v:?} {w}"))
    }
}

#[workflow]
impl WhileLetAwaits {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut left = n; let mut seen = vec![];
        while let Some(x) = self.next({ left = left.saturating_sub(1); left }).await? { seen.push(x); }
        let mut stack = vec![n];
        while let Some(top) = stack.pop() { if top > 1 { stack.push(num(top).await? / 20); } seen.push(top); }
        while let (x, true) = (num(left).await?, left < 2) { left += 1; if x == 0 { continue; } seen.push(x); break; }
        'w: while left < 9 { while let Some(y) = maybe(left).await? { left += 1; if y > 4 { break 'w; } } }
        Ok(format!("{seen:?} {left}"))
    }

    async fn next(&mut self, n: u32) -> Result<Option<u32>, Failure> { Ok(maybe(n).await?) }
}
