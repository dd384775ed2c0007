// `async` blocks, tasks and lists of them where one writes them: in patterns, branches, methods, structs, handlers.

bodies! {
    BlocksOfPatterns { patterns_are_captured_by_name(3); }
    BlocksInLoops { a_question_mark_ends_its_own_block(3); a_question_mark_after_it_ends_the_run(80); }
    BlocksInMatches { arms_give_tasks(0); arms_give_other_tasks(1); arms_give_last_tasks(2); }
    BlocksInOptions { an_if_let_gives_a_task(3); an_else_gives_none(0); }
    BlocksInClosures { closures_in_closures_give_blocks(3); }
    BlocksThatReturn { a_return_ends_the_block(3); a_return_ends_the_other_block(9); }
    BlocksThatRace { blocks_select_and_join(3); }
    SpawnsInBranches { all_kinds_of_branches_spawn(3); }
    LateTypes { a_list_of_tasks_is_typed_later(3); a_list_of_tasks_stays_empty(0); }
    TasksInTuples { tasks_are_in_tuples_and_options(3); }
    WhileTasks { a_while_let_pops_tasks(4); }
    BlocksInBlocks { labels_and_breaks_within_blocks(4); }
    RacingTasks { the_first_of_two_tasks_by_reference(3); }
    TasksMovedInBranches { branches_move_tasks(3); branches_move_other_tasks(1); }
    ZippedTasks { zipped_with_what_they_are_of(3); }
}

#[workflow]
impl BlocksOfPatterns {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, (b, c)) = (n, (format!("{n}"), vec![n]));
        let [first, .., last] = [1, 2, n];
        let task = ctx.spawn(async move {
            let (x, y) = (num(a).await.unwrap(), text(b).await.unwrap());
            let a = x + first;
            (a, y, c, last)
        });
        let (a, y, c, last) = task.await?;
        let mut tasks = Vec::new();
        for (at, (word, number)) in [("a".to_owned(), 1), ("b".to_owned(), 2)].into_iter().enumerate() {
            tasks.push(ctx.spawn(async move {
                let got = num(number).await.unwrap() + at as u32;
                format!("{word}{got}")
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await?);
        }
        Ok(format!("{a} {y} {c:?} {last} {all:?}"))
    }
}

#[workflow]
impl BlocksInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut tasks = vec![];
        for x in 0..3 {
            tasks.push(ctx.spawn(async move {
                let a = check(x * n).await?;
                let b = check(a).await?;
                Ok::<u32, longhaul::ActivityError<Refused>>(a + b)
            }));
        }
        let mut sum = 0;
        for task in tasks {
            sum += task.await??;
        }
        Ok(format!("{sum}"))
    }
}

#[workflow]
impl BlocksInMatches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let task = match n {
            0 => ctx.spawn(async move { num(1).await.unwrap() }),
            1 => {
                let more = num(5).await?;
                ctx.spawn(async move { num(2).await.unwrap() + more })
            }
            other => ctx.spawn(async move { num(other).await.unwrap() }),
        };
        let beside = num(3).await?;
        let got = match task.await {
            Ok(got) if got > 10 => got,
            Ok(got) => async { num(got).await.unwrap() }.await,
            Err(_) => 0,
        };
        Ok(format!("{got} {beside}"))
    }
}

#[workflow]
impl BlocksInOptions {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let found = if n > 0 { Some(n) } else { None };
        let task = if let Some(x) = found {
            Some(ctx.spawn(async move { num(x).await.unwrap() }))
        } else {
            None
        };
        let mapped = found.map(|x| ctx.spawn(async move { text(format!("{x}")).await.unwrap() }));
        num(1).await?;
        let mut out = String::new();
        if let Some(task) = task {
            out = format!("{}", task.await?);
        }
        if let Some(mapped) = mapped {
            out.push_str(&mapped.await?);
        }
        let Some(x) = found else { return Ok(out) };
        Ok(format!("{out} {}", ctx.spawn(num(x)).await??))
    }
}

#[workflow]
impl BlocksInClosures {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let base = num(n).await?;
        let make = |x: u32| async move { num(x + 1).await.unwrap() };
        let (one, two) = (make(1), make(2));
        let made = two.await + one.await;
        let tasks: Vec<Vec<_>> = (0..2)
            .map(|x| (0..x + 1).map(|y| ctx.spawn(async move { num(x + y + base).await.unwrap() })).collect())
            .collect();
        let mut all = Vec::new();
        for row in tasks {
            let mut sum = 0;
            for task in row {
                sum += task.await?;
            }
            all.push(sum);
        }
        Ok(format!("{all:?} {made}"))
    }
}

#[workflow]
impl BlocksThatReturn {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let block = async move {
            if n > 5 {
                return Err("much".to_owned());
            }
            let x = check(n).await.map_err(|error| error.to_string())?;
            Ok::<u32, String>(x)
        };
        let block = block.await;
        let task = ctx.spawn(async move {
            for x in 0..10 {
                let got = num(x).await.unwrap();
                if x > n {
                    return format!("returned {got}");
                }
                if got > 55 {
                    return "big".to_owned();
                }
            }
            "never".to_owned()
        });
        Ok(format!("{} {block:?}", task.await?))
    }
}

#[workflow]
impl BlocksThatRace {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let task = ctx.spawn(async move {
            let (a, b) = join!(num(n), async {
                let x = num(1).await.unwrap();
                x + num(x).await.unwrap()
            });
            let raced = select! {
                x = num(2) => x.unwrap(),
                y = async { num(3).await.unwrap() + num(4).await.unwrap() } => y,
            };
            (a.unwrap(), b, raced)
        });
        let beside = num(5).await?;
        Ok(format!("{:?} {beside}", task.await?))
    }
}

#[workflow]
impl SpawnsInBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let timed = timeout(seconds(9000), async {
            let task = ctx.spawn(async move { num(n).await.unwrap() });
            num(1).await.unwrap() + task.await.unwrap()
        })
        .await;
        let scoped = ctx
            .scope(async {
                let task = ctx.spawn(async move { num(2).await.unwrap() });
                let more = shield(async {
                    let task = ctx.spawn(async move { num(3).await.unwrap() });
                    task.await.unwrap()
                })
                .await;
                task.await.unwrap() + more
            })
            .await?;
        let raced = select! {
            x = async { ctx.spawn(async move { num(4).await.unwrap() }).await.unwrap() } => x,
            y = num(5) => {
                let more = ctx.spawn(async move { num(y.unwrap()).await.unwrap() });
                more.await?
            }
        };
        Ok(format!("{timed:?} {scoped} {raced}"))
    }
}

#[workflow]
impl LateTypes {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut tasks = Vec::new();
        let mut last = None;
        for x in 0..n {
            if let Some(task) = last.take() {
                tasks.push(task);
            }
            num(x).await?;
            last = Some(ctx.spawn(async move {
                let got = num(x).await.unwrap();
                u64::from(got)
            }));
        }
        let mut sum: u64 = 0;
        for task in tasks {
            sum += task.await?;
        }
        if let Some(task) = last {
            sum += task.await?;
        }
        Ok(format!("{sum}"))
    }
}

#[workflow]
impl TasksInTuples {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (left, right) = (ctx.spawn(num(n)), ctx.spawn(async move { text("r".to_owned()).await.unwrap() }));
        let pair = (left, Some(right));
        num(1).await?;
        let (left, right) = pair;
        let right = match right {
            Some(right) => right.await?,
            None => String::new(),
        };
        let joined = join!(left, ctx.spawn(num(8)));
        Ok(format!("{:?} {:?} {right}", joined.0??, joined.1??))
    }
}

#[workflow]
impl WhileTasks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut tasks: std::collections::VecDeque<_> = (0..n)
            .map(|x| (x, ctx.spawn(async move { num(x).await.unwrap() })))
            .collect();
        let mut out = String::new();
        while let Some((x, mut task)) = tasks.pop_front() {
            let got = (&mut task).await?;
            out.push_str(&format!("{x}:{got} "));
            if x == 1 {
                let extra = got;
                tasks.push_back((9, ctx.spawn(async move { num(extra).await.unwrap() })));
            }
        }
        Ok(out)
    }
}

#[workflow]
impl BlocksInBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let task = ctx.spawn(async move {
            let mut out = Vec::new();
            'outer: for x in 0..n {
                for y in 0..n {
                    if y > x {
                        continue 'outer;
                    }
                    let got = async {
                        if x == y {
                            return num(x).await.unwrap();
                        }
                        num(100).await.unwrap()
                    }
                    .await;
                    out.push(got);
                    if out.len() > 6 {
                        break 'outer;
                    }
                }
            }
            let value = 'found: {
                if out.len() > 3 {
                    break 'found num(1).await.unwrap();
                }
                0
            };
            (out, value)
        });
        Ok(format!("{:?}", task.await?))
    }
}

#[workflow]
impl RacingTasks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut left = ctx.spawn(async move { num(n).await.unwrap() + num(1).await.unwrap() });
        let mut right = ctx.spawn(async move { text(format!("{n}")).await.unwrap() });
        let (mut a, mut b) = (None, None);
        while a.is_none() || b.is_none() {
            select! {
                x = &mut left, if a.is_none() => a = Some(x?),
                y = &mut right, if b.is_none() => b = Some(y?),
            }
        }
        Ok(format!("{a:?} {b:?}"))
    }
}

#[workflow]
impl ZippedTasks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let names: Vec<String> = (0..n).map(|x| format!("n{x}")).collect();
        let tasks: Vec<_> = names
            .iter()
            .map(|name| {
                let name = name.clone();
                ctx.spawn(async move { text(name).await.unwrap() })
            })
            .collect();
        let mut out = Vec::new();
        for (name, task) in names.into_iter().zip(tasks) {
            out.push(format!("{name}={}", task.await?));
        }
        Ok(out.join(","))
    }
}

#[workflow]
impl TasksMovedInBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (left, right) = (ctx.spawn(num(n)), ctx.spawn(num(n + 1)));
        let chosen = ctx
            .scope(async {
                if n > 2 {
                    none().await.unwrap();
                    left
                } else {
                    num(77).await.unwrap();
                    right
                }
            })
            .await?;
        none().await?;
        let first = chosen.await??;
        let (mut a, mut b) = (ctx.spawn(num(n)), ctx.spawn(text(format!("{n}"))));
        let (x, y) = join!(
            async {
                select! {
                    got = &mut a => (format!("{got:?}"), Some(b)),
                    got = &mut b => (format!("{got:?}"), None),
                }
            },
            async {
                num(1).await.unwrap();
                num(2).await.unwrap()
            },
        );
        none().await?;
        let (x, other) = x;
        let rest = match other {
            Some(b) => b.await??,
            None => "none".to_owned(),
        };
        let kept = ctx.spawn(async move {
            for i in 0..4 { num(i + 50).await.unwrap(); }
        });
        let late = timeout(seconds(1), async {
            if n == 1 {
                num(6).await.unwrap();
                drop(kept);
                return num(7).await.unwrap();
            }
            num(8).await.unwrap() + num(9).await.unwrap()
        })
        .await;
        num(10).await?;
        Ok(format!("{first} {x} {y} {rest} {late:?}"))
    }
}
