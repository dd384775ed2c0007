// Tasks, `async` blocks and calls as values, `join_all`, scopes and shields.

bodies! {
    SpawnsOfCalls { a_spawned_call_runs_beside(3); }
    SpawnsOfBlocks { a_spawned_block_runs_beside(3); }
    SpawnsOfMethods { a_spawned_method_runs_beside(3); }
    SpawnsInLoops { tasks_are_kept_in_lists(4); }
    TasksInSelects {
        a_task_by_reference_outlives_the_select(3);
        a_task_by_value_is_dropped_by_the_select(2);
    }
    TasksInTasks { tasks_spawn_tasks(3); }
    TasksInBranches { branches_spawn_tasks(3); }
    BlocksAsValues { blocks_are_values(3); }
    CallsAsValues { calls_are_values(3); }
    JoinAllOfCalls { calls_are_joined_in_order_of_the_list(5); }
    JoinAllOfBlocks {
        blocks_are_joined_in_order_of_the_list(4);
        blocks_of_an_empty_list_are_joined(0);
    }
    JoinAllBounded { at_most_so_many_run_at_once(7); }
    TryJoinAll {
        all_values_are_given(3);
        the_first_error_ends_the_others(7);
    }
    ScopesAndShields { scopes_and_shields_give_what_is_in_them(3); }
    AwaitedBlocks { a_block_is_awaited_in_place(3); }
    MovesIntoBranches { a_branch_that_moves_has_its_own_copies(3); }
    ForgottenTasks { a_task_that_is_never_awaited_lives_as_long_as_its_variable(3); }
    TasksInFunctions { functions_spawn_tasks(3); }
    Shadowed { captures_are_what_the_names_mean_there(3); }
}

#[workflow]
impl SpawnsOfCalls {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let first = ctx.spawn(num(n));
        let second = ctx.spawn(check(n));
        let sum = num(1).await? + num(2).await?;
        let third = ctx.spawn(text(format!("{}", num(4).await?)));
        let checked: Result<u32, _> = second.await?;
        let first = first.await?? + sum;
        Ok(format!("{first} {checked:?} {}", third.await??))
    }
}

#[workflow]
impl SpawnsOfBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut words = vec!["a".to_owned()];
        let prefix = "p";
        let name = format!("{n}");
        let task = ctx.spawn(async move {
            let mut sum = 0;
            for x in 1..=n {
                sum += num(x).await.unwrap();
                words.push(text(format!("{prefix}{name}{x}")).await.unwrap());
            }
            (sum, words)
        });
        let before = num(100).await?;
        let (sum, words) = task.await?;
        let typed = ctx.spawn(async move {
            let checked = check(sum).await.map_err(|error| error.to_string())?;
            if checked > 1000 {
                return Err("too much".to_owned());
            }
            Ok::<u32, String>(checked)
        });
        Ok(format!("{before} {sum} {words:?} {:?}", typed.await?))
    }
}

#[workflow]
impl SpawnsOfMethods {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let twice = ctx.spawn(Self::twice(n));
        let more = ctx.spawn(Self::twice(num(1).await?));
        let mut all = Vec::new();
        for x in 0..n {
            all.push(Self::twice(x));
        }
        let all = join_all(all).await;
        Ok(format!("{:?} {:?} {all:?}", more.await?, twice.await?))
    }

    async fn twice(x: u32) -> u32 {
        let once = num(x).await.unwrap();
        add(once, num(x).await.unwrap()).await.unwrap()
    }
}

#[workflow]
impl SpawnsInLoops {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut tasks = Vec::new();
        for x in 0..n {
            tasks.push(ctx.spawn(async move {
                let mut all = Vec::new();
                for y in 0..x {
                    all.push(num(x * y).await.unwrap());
                }
                all
            }));
        }
        let last = tasks.pop();
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await?);
            num(7).await?;
        }
        if let Some(last) = last {
            results.push(last.await?);
        }
        Ok(format!("{results:?}"))
    }
}

#[workflow]
impl TasksInSelects {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut slow = ctx.spawn(async move {
            let mut sum = 0;
            for x in 0..n {
                sum += num(x).await.unwrap();
            }
            sum
        });
        let mut turns = 0;
        let sum = loop {
            select! {
                sum = &mut slow => break sum?,
                other = num(turns) => turns = other? + 1,
            }
            if turns > 200 {
                break 0;
            }
        };
        let spawned = ctx.spawn(text("b".to_owned()));
        let first = select! {
            flag = flag(n) => format!("{:?}", flag?),
            text = spawned => text??,
        };
        Ok(format!("{sum} {turns} {first}"))
    }
}

#[workflow]
impl TasksInTasks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let outer = ctx.spawn(async move {
            let base = num(n).await.unwrap();
            let inner = async move {
                let more = num(base).await.unwrap();
                let innermost = async move { text(format!("{more}")).await.unwrap() };
                (innermost.await, more)
            };
            let (word, more) = inner.await;
            format!("{word} {more} {base}")
        });
        let beside = num(9).await?;
        Ok(format!("{} {beside}", outer.await?))
    }
}

#[workflow]
impl TasksInBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (a, b) = join!(
            async {
                let task = ctx.spawn(async move { num(n).await.unwrap() + num(2).await.unwrap() });
                self.note("left");
                let x = num(5).await.unwrap();
                task.await.unwrap() + x
            },
            async {
                let (c, d) = join!(num(6), async {
                    let task = ctx.spawn(async move { text(format!("{n}")).await.unwrap() });
                    let first = num(7).await.unwrap();
                    (task.await.unwrap(), first)
                });
                format!("{c:?} {d:?}")
            },
        );
        let task = ctx.spawn(async move { num(a).await.unwrap() });
        let last = select! {
            x = task => x?,
            y = num(1) => y?,
        };
        Ok(format!("{a} {b} {last}"))
    }
}

#[workflow]
impl BlocksAsValues {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let items = vec![1, 2, n];
        let later = async move {
            let mut all = Vec::new();
            for item in &items {
                all.push(num(*item).await.unwrap());
            }
            all
        };
        let between = num(50).await?;
        let all = later.await;
        let blocks: Vec<_> = (0..n).map(|x| async move { num(x).await.unwrap() + between }).collect();
        let count = blocks.len();
        let summed = join_all(blocks).await;
        Ok(format!("{between} {all:?} {count} {summed:?}"))
    }
}

#[workflow]
impl CallsAsValues {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let call = Self::half(num(n).await?);
        let other = num(3).await?;
        let half = call.await;
        let (a, b) = join!(Self::half(8), async { Self::half(6).await });
        Ok(format!("{half} {other} {a} {b}"))
    }

    async fn half(x: u32) -> u32 {
        num(x).await.unwrap() / 20
    }
}

#[workflow]
impl JoinAllOfCalls {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let items: Vec<u32> = (0..n).collect();
        let all = join_all(items.iter().map(|item| num(*item))).await;
        let (texts, one) = join!(join_all(items.iter().map(|item| text(item.to_string()))), num(1));
        let first = select! {
            all = join_all(vec![num(1), num(2)]) => format!("{all:?}"),
            one = num(3) => format!("{one:?}"),
        };
        Ok(format!("{all:?} {texts:?} {one:?} {first}"))
    }
}

#[workflow]
impl JoinAllOfBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let bonus = num(n).await?;
        let all = join_all((0..n).map(|x| async move {
            let mut sum = bonus;
            for y in 0..x {
                sum += num(y).await.unwrap();
            }
            text(format!("{x}: {sum}")).await.unwrap()
        }))
        .await;
        let words = vec!["a".to_owned(), "b".to_owned()];
        let named = join_all(words.into_iter().enumerate().map(|(at, word)| async move {
            let at = num(at as u32).await.unwrap();
            format!("{word}{at}")
        }))
        .await;
        Ok(format!("{all:?} {named:?}"))
    }
}

#[workflow]
impl JoinAllBounded {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let all = join_all((0..n).map(num)).concurrency(2).await;
        let blocks = join_all((0..n).map(|x| async move { num(x).await.unwrap() + num(1).await.unwrap() }))
            .concurrency(3)
            .await;
        let checked = try_join_all((0..n).map(check)).concurrency(3).await;
        Ok(format!("{all:?} {blocks:?} {checked:?}"))
    }
}

#[workflow]
impl TryJoinAll {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let checked = try_join_all((0..n).map(|x| check(x * 17))).await;
        let nested = try_join_all((0..n).map(|x| async move {
            let x = check(x * 17).await.map_err(|error| error.to_string())?;
            Ok::<u32, String>(num(x).await.unwrap())
        }))
        .await;
        Ok(format!("{checked:?} {nested:?}"))
    }
}

#[workflow]
impl ScopesAndShields {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut sum = 0;
        let scoped = ctx
            .scope(async {
                for x in 0..n {
                    sum += num(x).await.unwrap();
                }
                self.note(sum)
            })
            .await?;
        let shielded = shield(num(sum)).await?;
        let inner = shield(async {
            let inner = ctx.scope(num(2)).await;
            sum += 1;
            inner
        })
        .await;
        let (a, b) = join!(ctx.scope(num(1)), shield(async { num(sum).await }));
        Ok(format!("{scoped} {shielded} {inner:?} {sum} {a:?} {b:?}"))
    }
}

#[workflow]
impl AwaitedBlocks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut list = vec![n];
        let tried: Result<u32, Failure> = async {
            let x = check(n).await?;
            list.push(x);
            Ok(num(x).await?)
        }
        .await;
        let moved = async move {
            list.push(num(1).await.unwrap());
            list
        }
        .await;
        Ok(format!("{tried:?} {moved:?}"))
    }
}

#[workflow]
impl MovesIntoBranches {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut count = n;
        let words = vec![format!("{n}")];
        let (a, b) = join!(
            async move {
                count += num(1).await.unwrap();
                count += num(2).await.unwrap();
                count
            },
            async move {
                let mut words = words;
                words.push(text("b".to_owned()).await.unwrap());
                words
            },
        );
        count += 1;
        let last = num(count).await?;
        Ok(format!("{a} {b:?} {count} {last}"))
    }
}

#[workflow]
impl ForgottenTasks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let _beside = ctx.spawn(async move {
            for x in 0..n {
                num(x).await.unwrap();
            }
        });
        {
            let _inner = ctx.spawn(async move {
                for x in 10..20 {
                    num(x).await.unwrap();
                }
            });
            text("in".to_owned()).await?;
        }
        ctx.spawn(async move {
            num(n).await.unwrap();
            text("detached".to_owned()).await.unwrap();
        })
        .detach();
        let mut last = 0;
        for x in 30..36 {
            last = num(x).await?;
        }
        Ok(format!("{last}"))
    }
}

#[workflow]
impl Shadowed {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let x = n;
        let outer = async move { num(x).await.unwrap() };
        let x = format!("{x}");
        let inner = async move {
            let before = x.clone();
            let x = text(x).await.unwrap();
            format!("{before} {x}")
        };
        let results: Vec<_> = join_all([1, 2].map(|x| async move {
            let y = num(x).await.unwrap();
            let x = x + y;
            num(x).await.unwrap()
        }))
        .await;
        Ok(format!("{} {} {results:?}", outer.await, inner.await))
    }
}

#[workflow]
async fn sums(ctx: &Context, n: u32) -> u32 {
    let tasks: Vec<_> = (0..n).map(|x| ctx.spawn(async move { num(x).await.unwrap() })).collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await.unwrap();
    }
    join_all((0..n).map(|x| async move { num(x + sum).await.unwrap() })).await.into_iter().sum()
}

#[workflow]
impl TasksInFunctions {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let one = sums(ctx, n).await;
        let (three, two) = join!(num(one), sums(ctx, 2));
        Ok(format!("{one} {two} {three:?}"))
    }
}
