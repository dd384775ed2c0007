// Workflows as teams write them: a shop, a bank, builds, a signup, bills, a poller.

bodies! {
    ShopOrder { a_shop_order(3); a_small_order(1); }
    BankTransfer { a_bank_transfer(3); a_transfer_refused(101); }
    CiRun { a_ci_run(3); }
    SignUp { a_signup(3); a_signup_late(0); }
    Billing { a_year_of_bills(3); }
    Poller { a_poller(4); }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step { Build { target: &'static str, jobs: u32 }, Test(String), Deploy }

#[workflow]
impl ShopOrder {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let order = order(n).await?;
        let Order { id, ref name, ref items, .. } = order;
        let mut parcels: std::collections::BTreeMap<u32, Vec<String>> = std::collections::BTreeMap::new();
        for (i, item) in items.iter().enumerate() {
            let shelf = item % 2;
            let label = text(format!("{name}/{i}")).await?;
            parcels.entry(shelf).or_default().push(label);
        }
        let total: u32 = {
            let mut sum = 0;
            for (shelf, labels) in &parcels {
                sum += add(*shelf, labels.len() as u32).await?;
            }
            sum
        };
        let discount = match (total, order.note.as_deref()) {
            (0, _) => None,
            (t, Some("n")) if t > 2 => Some(num(t).await?),
            (_, Some(_) | None) => Some(1),
        };
        let pay = async move { let charge = check(total + id).await?; Ok::<_, longhaul::ActivityError<Refused>>(charge) };
        let shipped = try_join_all(parcels.into_values().flatten().map(|label| text(label))).concurrency(2).await?;
        let paid = pay.await?;
        Ok(format!("{id} {total} {discount:?} {shipped:?} {paid} {}", order.name))
    }
}

#[workflow]
impl BankTransfer {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut undo: Vec<(&'static str, u32)> = Vec::new();
        let outcome: Result<u32, Failure> = async {
            let hold = num(1).await?;
            undo.push(("hold", hold));
            let debit = check(n).await?;
            undo.push(("debit", debit));
            let credit = timeout(seconds(5), check(debit)).await.map_err(|_| Failure::msg("late"))??;
            Ok(credit)
        }.await;
        if let Err(error) = &outcome {
            self.note(error);
            while let Some((what, amount)) = undo.pop() {
                self.note(what);
                shield(num(amount)).await?;
            }
        }
        let text = match outcome { Ok(credit) => format!("done {credit}"), Err(_) => "undone".to_owned() };
        Ok(format!("{text} {undo:?}"))
    }
}

#[workflow]
impl CiRun {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let steps = vec![Step::Build { target: "linux", jobs: n }, Step::Test("unit".to_owned()), Step::Deploy];
        let mut results = Vec::with_capacity(steps.len());
        'steps: for (number, step) in steps.iter().enumerate() {
            for attempt in 1..=3u32 {
                let passed = match step {
                    Step::Build { target, jobs } => {
                        let tasks: Vec<_> = (0..*jobs).map(|job| ctx.spawn(async move { num(job).await.unwrap() + attempt })).collect();
                        let mut sum = 0;
                        for task in tasks { sum += task.await?; }
                        self.note(format!("{target} {sum}"));
                        sum > 5
                    }
                    Step::Test(name) => text(name.clone()).await?.len() as u32 > attempt && flag(attempt).await?,
                    Step::Deploy => break 'steps,
                };
                if passed { results.push((number, attempt)); continue 'steps; }
                ctx.sleep(seconds(2u64.pow(attempt))).await;
            }
            results.push((number, 0));
        }
        Ok(format!("{results:?}"))
    }
}

#[workflow]
impl SignUp {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let user = if let Some(id) = maybe(n).await? { format!("user{id}") } else { "guest".to_owned() };
        let mail = ctx.spawn({ let user = user.clone(); async move { text(user).await.unwrap() } });
        let mut reminders = 0;
        let confirmed = loop {
            select! {
                answer = num(reminders), if reminders > 1 => break answer? > 10,
                () = ctx.sleep(seconds(3600)) => { reminders += 1; self.note(format!("remind {reminders}")); }
                else => break false,
            }
            if reminders > 3 { break false; }
        };
        let [first, .., last] = &list(3).await?[..] else { return Err(Failure::msg("no list")) };
        let greeting = format!("{user} {} {}", mail.await?, text(format!("{first}{last}")).await?);
        let closing = (if confirmed { "welcome" } else { "bye" }).to_uppercase();
        Ok(format!("{greeting} {closing} {reminders}"))
    }
}

#[workflow]
impl Billing {
    const RATE: u32 = 3;

    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut balance = 100i64;
        let mut history = Vec::new();
        for month in 1..=n {
            let usage = self.usage(ctx, month).await?;
            let bill = i64::from(usage * Self::RATE);
            balance -= bill;
            let status = match balance { b if b < 0 => { self.note("owing"); "owing" } 0 => "even", _ => "ok" };
            history.push((month, bill, status));
            if let (Some((_, previous, _)), true) = (history.iter().rev().nth(1).copied(), month > 1) {
                let change = bill - previous;
                self.note(format!("{change} {}", num(change.unsigned_abs() as u32).await?));
            }
        }
        let worst = history.iter().max_by_key(|(_, bill, _)| *bill).map(|(month, ..)| *month);
        Ok(format!("{balance} {history:?} {worst:?}"))
    }

    async fn usage(&mut self, ctx: &Context, month: u32) -> Result<u32, Failure> {
        ctx.sleep(seconds(30 * 86_400)).await;
        self.count += 1;
        let (a, b) = join!(num(month), async { num(self.count).await.unwrap_or_default() });
        Ok(a? / 10 + b / 10)
    }
}

#[workflow]
impl Poller {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let deadline = n + 3;
        let mut cursor = None::<u32>;
        let mut seen: std::collections::BTreeSet<u32> = Default::default();
        let found = 'poll: {
            while let page @ 0..=9 = seen.len() as u32 {
                let items = list(page + 1).await?;
                let fresh: Vec<u32> = items.into_iter().filter(|item| !seen.contains(item)).collect();
                for item in fresh {
                    seen.insert(item);
                    if item == deadline && flag(item).await? { break 'poll Some(item); }
                    cursor.replace(item);
                }
            }
            None
        };
        let tail = cursor.map_or(0, |c| c + 1);
        let words = ["a", "b"].map(|w| format!("{w}{tail}"));
        let sent = join_all(words.iter().cloned().map(text)).await;
        let ok = sent.iter().all(|result| result.is_ok());
        Ok(format!("{found:?} {cursor:?} {seen:?} {ok} {:?}", sent.into_iter().flatten().collect::<Vec<_>>()))
    }
}
