// Local steps: what they capture, where they stand, how they end.

bodies! {
    StepsAwaited { a_step_gives_what_its_block_gives(3); }
    StepsThatFail { a_step_that_fails_ends_the_run(50); a_step_that_fails_is_matched_on(7); }
    StepsOfPatterns { steps_capture_by_name((1, "a".to_owned()), vec![2, 3]); }
    StepsInLoops { steps_are_begun_in_each_turn(3); steps_are_begun_in_no_turn(0); }
    StepsInBranches { steps_run_in_all_kinds_of_branches(3); }
    StepsInLists { steps_are_joined_in_order_of_the_list(4); }
    StepsInBlocks { blocks_and_tasks_have_steps(3); }
    StepsAsValues { a_step_is_kept_and_awaited_later(3); }
    StepsInMethods { methods_and_functions_have_steps(2); }
    StepsInExpressions { steps_stand_in_expressions(3); }
    StepsThatReturn { a_return_ends_the_step_alone(3); a_return_ends_the_step_early(9); }
    StepsShadow { captures_are_what_names_mean_there(3); }
    StepsWithItems { steps_see_the_items_around_them(3); }
}

async fn doubled(x: u32) -> u32 {
    x * 2
}

fn odd(x: u32) -> Result<u32, Refused> {
    if x % 2 == 1 { Ok(x) } else { Err(Refused(x)) }
}

#[workflow]
impl StepsAwaited {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let nothing = ctx.run("nothing", async { Ok(()) }).await?;
        let words = vec!["a".to_owned()];
        let later = words.clone();
        let label = ctx.run("make label", async move {
            let mut words = words;
            words.push(format!("{n}"));
            Ok(words.join("-"))
        }).await?;
        let sum = num(n).await? + ctx.run("double", async move { Ok(doubled(n).await) }).await?;
        let time = ctx.run("now", async move { Ok(std::time::SystemTime::now() > std::time::UNIX_EPOCH) }).await?;
        Ok(format!("{nothing:?} {label} {later:?} {sum} {time}"))
    }
}

#[workflow]
impl StepsThatFail {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let fine = ctx.run("fine", async move { Ok(odd(n | 1)?) }).await?;
        match ctx.run("matched", async move { Ok(odd(n * 2)?) }).await {
            Ok(x) => self.note(x),
            Err(error) => self.note(error.to_string()),
        };
        let text = ctx.run("text", async move {
            let x = "12".parse::<u32>()?;
            Ok(x + fine)
        }).await?;
        let last = ctx.run("last", async move { Ok(odd(n)?) }).await?;
        Ok(format!("{fine} {text} {last}"))
    }
}

#[workflow]
impl StepsOfPatterns {
    #[run]
    pub async fn run(&mut self, ctx: &Context, (a, b): (u32, String), list: Vec<u32>) -> Result<String, Failure> {
        let [first, ref rest @ ..] = list[..] else { return Ok("none".to_owned()) };
        let rest = rest.to_vec();
        let r#type = a + first;
        let mut count = 1;
        let all = ctx.run("all", async move {
            count += rest.len();
            Ok(format!("{a}{b}{first}{rest:?}{type}{count}", r#type = r#type))
        }).await?;
        let prefix = "p";
        let text = ctx.run("literal", async move { Ok(format!("{prefix}{all}")) }).await?;
        Ok(format!("{text} {count}"))
    }
}

#[workflow]
impl StepsInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut sum = 0;
        for x in 0..n {
            if x == 1 { continue; }
            sum += ctx.run("turn", async move { Ok(x + sum) }).await?;
            while sum % 3 != 0 {
                sum = ctx.run("inner turn", async move { Ok(sum + 1) }).await?;
                if sum > 20 { break; }
            }
        }
        let found = loop {
            let got = ctx.run("found", async move { Ok((sum > 3).then_some(sum)) }).await?;
            match got {
                Some(found) => break found,
                None => sum += num(1).await?,
            }
        };
        Ok(format!("{sum} {found}"))
    }
}

#[workflow]
impl StepsInBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(ctx.run("a", async move { Ok(n) }), async {
            let m = num(n).await.unwrap_or(0);
            ctx.run("b", async move { Ok(m + n) }).await
        });
        let (a, b) = (a?, b?);
        let tried = try_join!(ctx.run("c", async move { Ok(a) }), ctx.run("d", async move { Ok(odd(b * 2)?) }));
        let won = select! {
            x = ctx.run("e", async move { Ok(b) }) => x?,
            _ = num(1) => 0,
        };
        let timed = timeout(seconds(1), ctx.run("f", async move { Ok(won) })).await;
        let nested = timeout(seconds(1), async {
            select! {
                x = async { ctx.run("g", async move { Ok(won + 1) }).await } => x,
                () = ctx.sleep(seconds(9)) => Ok(0),
            }
        }).await;
        Ok(format!("{a} {b} {:?} {won} {timed:?} {nested:?}", tried.map_err(|error| error.to_string())))
    }
}

#[workflow]
impl StepsInLists {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let all = join_all((0..n).map(|x| ctx.run("listed", async move { Ok(x * x) }))).await;
        let some = try_join_all((0..n).filter(|x| x % 2 == 0).map(|x| {
            let name = format!("n{x}");
            ctx.run("named", async move { Ok(name) })
        })).await?;
        let mut steps = Vec::new();
        for x in 0..n {
            steps.push(ctx.run("pushed", async move { Ok(x + 1) }));
        }
        none().await?;
        let pushed = join_all(steps).concurrency(2).await;
        Ok(format!("{all:?} {some:?} {pushed:?}"))
    }
}

#[workflow]
impl StepsInBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let first = ctx.spawn(ctx.run("in a task", async move { Ok(n) }));
        let (inner, sum) = join!(
            async {
                let task = ctx.spawn(ctx.run("of a branch", async move { Ok(n + 3) }));
                num(1).await.unwrap_or(0) + task.await.unwrap().unwrap()
            },
            async move {
                let mut sum = 0;
                for x in 0..2 {
                    sum += ctx.run("in a branch", async move { Ok(x + n) }).await.unwrap();
                }
                sum
            }
        );
        let spawned = ctx.spawn(ctx.run("spawned", async move { Ok(n + 1) }));
        let branch = async { ctx.run("in a block", async move { Ok(n + 2) }).await }.await?;
        Ok(format!("{} {} {branch} {inner} {sum}", first.await??, spawned.await??))
    }
}

#[workflow]
impl StepsAsValues {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let name = format!("n{n}");
        let step = ctx.run("kept", async move { Ok(name) });
        let other = if n > 2 { Some(ctx.run("maybe", async move { Ok(n) })) } else { None };
        let between = num(n).await?;
        let kept = step.await?;
        let other = match other {
            Some(step) => step.await?,
            None => 0,
        };
        Ok(format!("{between} {kept} {other}"))
    }
}

#[workflow]
impl StepsInMethods {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let once = self.method(ctx, n).await?;
        let twice = (Self::alone(ctx, 1).await, Self::alone(ctx, 2).await);
        let called = stepping(ctx, n).await?;
        Ok(format!("{once} {twice:?} {called}"))
    }

    async fn method(&mut self, ctx: &Context, n: u32) -> Result<u32, Failure> {
        let count = self.note("method");
        Ok(ctx.run("step", async move { Ok(n + count) }).await?)
    }

    async fn alone(ctx: &Context, n: u32) -> Option<u32> {
        ctx.run("step", async move { Ok(n * 7) }).await.ok()
    }
}

#[workflow]
pub async fn stepping(ctx: &Context, n: u32) -> Result<u32, Failure> {
    let task = ctx.spawn(ctx.run("in its task", async move { Ok(n + 1) }));
    Ok(ctx.run("step", async move { Ok(n) }).await? + task.await??)
}

#[workflow]
impl StepsInExpressions {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let both = (ctx.run("one", async { Ok(1u32) }).await?, [ctx.run("two", async { Ok(2u32) }).await?; 2]);
        let text = format!("{} {:?}", ctx.run("three", async { Ok("t".to_owned()) }).await?, both);
        if n > 2 && ctx.run("four", async move { Ok(n < 9) }).await? {
            self.note(ctx.run("five", async move { Ok(n) }).await?);
        }
        let length = ctx.run("six", async { Ok(vec![1u8, 2]) }).await?.len();
        println!("{}", ctx.run("seven", async move { Ok(length) }).await?);
        Ok(match ctx.run("eight", async move { Ok(length) }).await? {
            2 => text,
            other => format!("{other}"),
        })
    }
}

#[workflow]
impl StepsThatReturn {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        for turn in 0..2 {
            let got = ctx.run("returns", async move {
                if n > 5 { return Ok(format!("early {turn}")); }
                for x in 0..n {
                    if x == 1 { continue; }
                    if x == 2 { return Ok(format!("found {x}")); }
                }
                Ok("none".to_owned())
            }).await?;
            self.note(got);
        }
        Ok(format!("{n}"))
    }
}

#[workflow]
impl StepsShadow {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let x = n;
        let step = ctx.run("outer", async move { let n = x + 1; Ok(n) });
        let x = format!("{x}");
        let inner = ctx.run("inner", async move { let x = x.len(); Ok(x) }).await?;
        let names = vec![("a", 1), ("b", 2)].into_iter().map(|(name, x)| {
            let name = name.to_owned();
            ctx.run("closure", async move { let n = (name, x); Ok(n) })
        });
        let names = join_all(names.collect::<Vec<_>>()).await;
        Ok(format!("{inner} {} {names:?} {n}", step.await?))
    }
}

#[workflow]
impl StepsWithItems {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        const MORE: u32 = 3;
        fn less(x: u32) -> u32 { x - 1 }
        let a = ctx.run("outer", async move { Ok(less(n) + MORE) }).await?;
        let b = {
            const MORE: u32 = 5;
            ctx.run("inner", async move { const HERE: u32 = 1; Ok(n + MORE + HERE) }).await?
        };
        let kept = {
            use std::cmp::max as greater;
            const MORE: u32 = 7;
            ctx.run("kept", async move { Ok(greater(n, 2) + MORE) })
        };
        let mut tasks = Vec::new();
        for x in 0..2 {
            const MORE: u32 = 11;
            tasks.push(ctx.spawn(async move { num(x + MORE).await }));
            none().await?;
        }
        let mut sum = 0;
        for task in tasks {
            sum += task.await??;
        }
        Ok(format!("{a} {b} {} {sum}", kept.await?))
    }
}
