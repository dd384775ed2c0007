// Triggers: one part of a run awaits what another gives.

bodies! {
    Triggers { a_branch_awaits_what_another_gives(3); }
    EarlyTriggers { a_trigger_remembers_the_first_value(3); }
    TriggersOfTasks { tasks_and_the_run_give_each_other_values(3); }
    RacedTriggers { a_trigger_is_one_branch_of_a_race(3); nobody_resolves_the_trigger_in_time(9); }
    TriggersInLists { triggers_are_kept_in_lists(4); }
}

#[workflow]
impl Triggers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let gate = ctx.trigger::<u32>();
        let (a, b) = join!(
            async {
                let x = (&gate).await;
                num(x).await.unwrap() + x
            },
            async {
                let y = num(n).await.unwrap();
                gate.resolve(y);
                none().await.unwrap();
                y
            },
        );
        Ok(format!("{a} {b}"))
    }
}

#[workflow]
impl EarlyTriggers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let gate = ctx.trigger();
        gate.resolve(text("first".to_owned()).await?);
        gate.resolve("second".to_owned());
        none().await?;
        let once = (&gate).await;
        let again = gate.clone().await;
        num(n).await?;
        Ok(format!("{once} {again} {}", gate.await))
    }
}

#[workflow]
impl TriggersOfTasks {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let (question, answer) = (ctx.trigger::<u32>(), ctx.trigger::<String>());
        let (asked, answered) = (question.clone(), answer.clone());
        let task = ctx.spawn(async move {
            let x = asked.await;
            let word = text(format!("{x}")).await.unwrap();
            answered.resolve(word);
            num(x).await.unwrap()
        });
        question.resolve(num(n).await?);
        let word = answer.await;
        Ok(format!("{word} {}", task.await?))
    }
}

#[workflow]
impl RacedTriggers {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let gate = ctx.trigger::<u32>();
        let given = gate.clone();
        ctx.spawn(async move {
            let mut left = n;
            while left > 0 {
                left -= 1;
                num(left).await.unwrap();
            }
            given.resolve(n);
        })
        .detach();
        let mut turns = 0;
        let won = loop {
            select! {
                x = &gate => break Some(x),
                _ = flag(turns) => turns += 1,
            }
            if turns > 5 { break None; }
        };
        let in_time = timeout(seconds(1), gate).await;
        Ok(format!("{won:?} {turns} {in_time:?}"))
    }
}

#[workflow]
impl TriggersInLists {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let gates: Vec<_> = (0..n).map(|_| ctx.trigger::<u32>()).collect();
        let tasks: Vec<_> = gates
            .iter()
            .cloned()
            .map(|gate| ctx.spawn(async move { let x = gate.await; num(x).await.unwrap() }))
            .collect();
        for (i, gate) in gates.into_iter().enumerate().rev() {
            gate.resolve(i as u32);
            none().await?;
        }
        let mut all = Vec::new();
        for task in tasks { all.push(task.await?); }
        Ok(format!("{all:?}"))
    }
}
