// Branches, early returns, `?`, nested in each other.

bodies! {
    Branches {
        branches_are_taken_as_in_rust(3);
        branches_the_other_way(2);
        branches_a_third_way(5);
    }
    IfLets {
        if_let_binds(3);
        if_let_else(0);
    }
    LetElses {
        let_else_passes(3);
        let_else_diverges(0);
        let_else_awaits_in_else(1);
    }
    EarlyReturns {
        returns_leave_from_loops(3);
        returns_with_an_await(4);
        returns_from_a_value(6);
        the_first_return(0);
        a_tail_return(2);
    }
    Questions {
        question_marks_pass(3);
        a_question_mark_after_an_await_returns(80);
        a_question_mark_in_a_loop_returns(9);
        a_question_mark_on_a_plain_call_returns(5);
    }
    QuestionsOnOptions {
        question_marks_on_options_pass(4);
        question_marks_on_options_return(1);
    }
    Tails {
        a_tail_match_with_a_call(0);
        a_tail_if(1);
        a_tail_loop(2);
        a_tail_block(3);
        a_tail_labelled_block(5);
        a_tail_error(6);
    }
    Verbatim {
        code_without_awaits_leaves_loops(4);
        code_without_awaits_continues_loops(3);
    }
    DeepNesting { all_nested_in_all(6); }
    ReturnsOfAwaits { what_is_returned_awaits(3); what_breaks_awaits(2); what_is_returned_awaits_and_fails(101); }
}

#[workflow]
impl Branches {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut path = String::new();
        if flag(n).await? {
            path.push('a');
            path += &text("then".to_owned()).await?;
        }
        if n == 0 {
            path.push('z');
        } else if flag(n + 1).await? {
            path += &text("even".to_owned()).await?;
        } else if n == 3 {
            path.push('3');
        } else {
            path += &text("other".to_owned()).await?;
        }
        let value = if n > 3 { num(1).await? } else { 7 };
        let other = if flag(n).await? { 1 } else if flag(n).await? { 2 } else { self.note("else") };
        let nested = if n > 1 { if flag(1).await? { num(2).await? } else { 0 } } else { num(3).await? };
        let spilled = self.note("before") + if n > 1 { num(4).await? } else { 5 } + self.note("after");
        if n > 4 { return Ok(path + &text("early".to_owned()).await?); }
        if n == 2 { none().await?; }
        if let true = flag(n).await? { path.push('!') }
        Ok(format!("{path} {value} {other} {nested} {spilled}"))
    }
}

#[workflow]
impl IfLets {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        if let Some(value) = maybe(n).await? {
            seen.push(num(value).await?);
        } else {
            seen.push(num(99).await?);
        }
        let kept = Some((n, "x".to_owned()));
        if let Some((number, word)) = kept {
            let answer = text(word.clone()).await?;
            seen.push(number + answer.len() as u32 + word.len() as u32);
        }
        if let Ok(value) | Err(longhaul::ActivityError::Failed(Refused(value))) = check(n * 50).await {
            none().await?;
            seen.push(value);
        }
        if let Some(a) = Some(n) && let Some(b) = a.checked_sub(1) && b < 50 {
            seen.push(add(a, b).await?);
        } else {
            none().await?;
        }
        if let Some(x) = maybe(n).await? && x > 1 {
            seen.push(num(x).await?);
        }
        let from_else = if let None = self.name { text("none".to_owned()).await? } else { String::new() };
        Ok(format!("{seen:?} {from_else}"))
    }
}

#[workflow]
impl LetElses {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let Some(first) = maybe(n).await? else {
            return Ok("nothing".to_owned());
        };
        let Some(second) = maybe(n - 1).await? else {
            self.note("in else");
            let text = text("else".to_owned()).await?;
            return Ok(text);
        };
        let mut found = 0;
        for i in 0..4 {
            let Some(value) = maybe(i).await? else { continue };
            let (2.., rest) = (value, i) else {
                none().await?;
                continue;
            };
            found += rest + num(value).await?;
        }
        let Ok(third): Result<u32, _> = check(n).await else { return Err(Failure::msg("refused")) };
        Ok(format!("{first} {second} {found} {third}"))
    }
}

#[workflow]
impl EarlyReturns {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        if n == 0 { return Ok("zero".to_owned()); }
        let value = num(n).await?;
        if n == 1 { return text(format!("one {value}")).await.map_err(Failure::from); }
        for i in 0..n {
            if i == 2 && n == 3 { return Ok(format!("in loop {}", num(i).await?)); }
            let x = match i { 9 => return Err(Failure::msg("nine")), other => other };
            add(x, if n > 50 { return Ok("in argument".to_owned()) } else { 1 }).await?;
        }
        let closure = |x: u32| { if x > 2 { return 1; } x };
        self.note(closure(n));
        match n { 4 => return Ok(text("four".to_owned()).await?), 5 => { none().await?; return Ok(String::new()) } _ => () }
        let never: u32 = if n == 6 { return Err(Failure::msg("six")) } else { num(1).await? };
        return Ok(format!("end {never}"));
    }
}

#[workflow]
impl Questions {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let a = check(n).await? + check(n + 10).await?;
        let b: u8 = "12".parse()?;
        let c = self.helper(n)?.checked_sub(1).ok_or_else(|| Failure::msg("none"))?;
        let d = add(check(n + 20).await?, "7".parse::<u32>()?).await?;
        for i in [n, n + 30, n + 90] {
            self.note(i);
            let value = check(i).await?;
            if value > 1000 { break; }
            let word: Result<u32, std::num::ParseIntError> = "5".parse::<u32>();
            self.note(num(word?).await?);
            if n > 8 { let _x: u32 = "bad".parse()?; }
        }
        let e = format!("{}", check(n).await?);
        Ok(format!("{a} {b} {c} {d} {e}"))
    }

    fn helper(&self, n: u32) -> Result<u32, Refused> {
        if n == 5 { Err(Refused(n)) } else { Ok(n) }
    }
}

#[workflow]
impl QuestionsOnOptions {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Option<u32> {
        let a = maybe(n).await.ok()??;
        let b = self.find(n, a).await?;
        let c = a.checked_sub(b)?;
        for i in 0..3 {
            let d = maybe(i + c).await.ok()?;
            self.note(d?);
        }
        Some(a + b)
    }

    async fn find(&mut self, n: u32, a: u32) -> Option<u32> {
        self.note(n);
        let found = maybe(a - 1).await.ok()?;
        let value = found?;
        num(value).await.ok()?.checked_rem(7)
    }
}

#[workflow]
impl Tails {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        match n {
            0 => Ok(text("zero".to_owned()).await?),
            1 => if flag(1).await? { text("one".to_owned()).await.map_err(Failure::from) } else { Ok(String::new()) },
            2 => loop { if flag(3).await? { break Ok("two".to_owned()); } },
            3 => { let x = num(3).await?; { Ok(format!("three {x}")) } }
            4 => unreachable!("never {}", num(4).await?),
            5 => 'a: { if flag(5).await? { break 'a Err(Failure::msg("five")); } Ok(String::new()) },
            _ => Err(Failure::msg(num(n).await?)),
        }
    }
}

#[workflow]
impl Verbatim {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut seen = Vec::new();
        for round in 0..3 {
            none().await?;
            for i in 0..10 {
                if i == 2 { continue; }
                if i == 5 { break; }
                let n = i + round;
                if n == 6 { return Ok(format!("{seen:?} {n}")); }
                match n { 1 => seen.push(1), 3 => { let seen = self.checked(n)?; self.note(seen); } _ => {} }
            }
            if round == 1 && n == 3 { continue; }
            let found = 'find: {
                for x in &seen { if *x > 5 { break 'find Some(*x); } }
                None
            };
            while let Some(x) = found { if x > 1 { break } }
            unsafe_free(&mut seen);
        }
        let parsed: Result<u32, Failure> = (|| Ok("12".parse::<u32>()?))();
        Ok(format!("{seen:?} {parsed:?}"))
    }

    fn checked(&self, n: u32) -> Result<u32, Refused> {
        Ok(n)
    }
}

fn unsafe_free(seen: &mut Vec<u32>) {
    seen.push(seen.len() as u32);
}

#[workflow]
impl DeepNesting {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut all = Vec::new();
        'outer: for i in 0..n {
            if let Some(a) = maybe(i).await? {
                match flag(a).await? {
                    true => {
                        let mut left = a;
                        while left > 0 {
                            left -= 1;
                            let value = { let x = num(left).await?; if x == 10 { break; } x };
                            all.push(if value > 0 { add(value, a).await? } else { let y = loop { break num(9).await?; }; y });
                            if all.len() > 7 { break 'outer; }
                        }
                    }
                    false => {
                        select! {
                            _ = ctx.sleep(seconds(1)) => { for j in 0..2 { if j == a { continue 'outer; } all.push(j); none().await?; } }
                            x = async { none().await?; ctx.sleep(seconds(u64::from(a))).await; num(a).await } => all.push(x?),
                        }
                    }
                }
            }
        }
        Ok(format!("{all:?}"))
    }
}

#[workflow]
impl ReturnsOfAwaits {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<u32, Failure> {
        let found = loop {
            if n > 50 { return Ok(check(n).await?); }
            if flag(n).await? { break num(n).await?; }
            break self.inner(n).await?;
        };
        let deep = 'a: { if found > 5 { break 'a Some(num(found).await?) } None };
        if let Some(x) = deep && x == 300 { return self.inner(num(1).await?).await; }
        return match found { 30 => Ok(num(1).await?), _ => Ok(num(2).await? + 1) };
    }

    async fn inner(&mut self, n: u32) -> Result<u32, Failure> {
        return Ok(num(n).await? + 1);
    }
}
