// Workflows as teams write them, about work: an approval, a pipeline, a chat, a rollout, a fulfilment.

bodies! {
    Approval { an_approval(3); an_approval_that_escalates(0); }
    Pipeline { a_pipeline(5); }
    ChatSession { a_chat(2); }
    Rollout { a_rollout(7); a_rollout_that_goes_back(4); }
    Fulfilment { a_fulfilment(3); a_fulfilment_from_elsewhere(2); }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document { title: String, author: String, pages: Vec<Page>, deadline: Option<u64> }

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Page { number: u32, text: String }

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict { Approved { by: String }, Changes(Vec<String>), Silent }

const LEVELS: &[(&str, u64)] = &[("peer", 3_600), ("lead", 86_400), ("board", 604_800)];

#[workflow]
impl Approval {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut document = Document {
            title: text(format!("plan {n}")).await?,
            author: "ada".into(),
            pages: list(n).await?.into_iter().map(|number| Page { number, ..Page::default() }).collect(),
            deadline: maybe(n).await?.map(u64::from),
        };
        let mut level = 0;
        let verdict = 'levels: loop {
            let Some(&(who, patience)) = LEVELS.get(level) else { break 'levels Verdict::Silent };
            let mut rounds = 0;
            while rounds < 2 {
                rounds += 1;
                let asked = self.ask(ctx, who, &document, rounds).await?;
                match asked {
                    Verdict::Approved { by } => break 'levels Verdict::Approved { by },
                    Verdict::Changes(changes) => {
                        for (page, change) in document.pages.iter_mut().zip(&changes) {
                            page.text = text(change.clone()).await?;
                        }
                    }
                    Verdict::Silent => {
                        ctx.sleep(seconds(patience)).await;
                        level += 1;
                        continue 'levels;
                    }
                }
            }
            level += 1;
        };
        let Document { title, author, pages, .. } = document;
        let told = join_all([author.as_str(), "archive"].iter().map(|to| text(format!("{to}: {title}")))).await;
        for line in told.into_iter().flatten() { self.note(line); }
        let words = pages.iter().map(|page| page.text.len()).sum::<usize>();
        Ok(match (verdict, document.deadline) {
            (Verdict::Approved { by }, Some(deadline)) if deadline > 2 => format!("{by} {words} {deadline}"),
            (Verdict::Approved { by }, _) => by,
            (Verdict::Silent, deadline) => format!("nobody {deadline:?}"),
            (Verdict::Changes(_), _) => unreachable!("changes are made"),
        })
    }

    async fn ask(&mut self, ctx: &Context, who: &str, document: &Document, round: u32) -> Result<Verdict, Failure> {
        let pages = document.pages.len() as u32;
        select! {
            seen = num(pages + round) => {
                let seen = seen?;
                if round == 1 && pages > 0 {
                    let changes = document.pages.iter().map(|page| format!("{who} on {}", page.number)).collect();
                    return Ok(Verdict::Changes(changes));
                }
                Ok(if seen > 20 { Verdict::Approved { by: who.to_owned() } } else { Verdict::Silent })
            }
            () = ctx.sleep(seconds(600)) => Ok(Verdict::Silent),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch<T> { number: usize, rows: Vec<T> }

impl<T> FromIterator<T> for Batch<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        Batch { number: 0, rows: rows.into_iter().collect() }
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report { good: usize, bad: Vec<(u32, String)>, largest: Option<u32> }

impl Report {
    fn merged(mut self, other: Report) -> Self {
        self.good += other.good;
        self.bad.extend(other.bad);
        self.largest = self.largest.max(other.largest);
        self
    }
}

#[workflow]
impl Pipeline {
    const WIDTH: usize = 2;

    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let rows = list(n).await?;
        let batches: Vec<Batch<u32>> = rows
            .chunks(Self::WIDTH)
            .enumerate()
            .map(|(number, rows)| Batch { number, ..rows.iter().copied().collect() })
            .collect();
        let mut reports = Vec::new();
        for Batch { number, rows } in batches {
            let report = self.load(ctx, rows, 30).await?;
            self.note(format_args!("batch {number}: {report:?}"));
            reports.push(report);
        }
        let report = reports.into_iter().fold(Report::default(), Report::merged);
        let (retried, given_up): (Vec<_>, Vec<_>) = report.bad.into_iter().partition(|(row, _)| row % 2 == 0);
        let mut fixed = 0;
        for (row, _) in &retried { fixed += num(*row).await?; }
        let names: Vec<&str> = given_up.iter().map(|(_, error)| error.as_str()).collect();
        let names = names.join("; ");
        let largest = report.largest.map(|largest| largest.to_string()).unwrap_or_else(|| "none".into());
        Ok(format!("{} {fixed} {names} {largest} {}", report.good, text(names.clone()).await?))
    }

    async fn load(&mut self, ctx: &Context, rows: Vec<u32>, scale: u32) -> Result<Report, Failure> {
        let checked = join_all(rows.iter().map(|row| check(row * scale))).concurrency(Self::WIDTH).await;
        let mut report = Report::default();
        for (row, outcome) in rows.into_iter().zip(checked) {
            match outcome {
                Ok(value) => { report.good += 1; report.largest = report.largest.max(Some(value)); }
                Err(error) => report.bad.push((row, error.to_string())),
            }
        }
        ctx.sleep(seconds(1)).await;
        Ok(report)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Said<'a> { Order(&'a str, u32), Help, Bye, Else(&'a str) }

impl<'a> From<&'a str> for Said<'a> {
    fn from(line: &'a str) -> Self {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["order", what] => Said::Order(what, 1),
            ["order", what, count] => count.parse().map_or(Said::Else(line), |count| Said::Order(what, count)),
            ["help" | "?", ..] => Said::Help,
            ["bye"] => Said::Bye,
            _ => Said::Else(line),
        }
    }
}

#[workflow]
impl ChatSession {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let script = ["hello", "help me", "order tea 2", "order milk", "order x y", "bye", "never"];
        let mut lines = std::collections::VecDeque::from(script.map(str::to_owned));
        let mut cart: std::collections::BTreeMap<String, u32> = Default::default();
        let mut misunderstood = 0u8;
        let ended = loop {
            let said = select! {
                number = num(lines.len() as u32), if n > 0 => { number?; lines.pop_front() }
                () = ctx.sleep(seconds(90)) => None,
            };
            let Some(line) = said else { break "timeout" };
            let reply = match Said::from(line.as_str()) {
                Said::Order(what, count) => {
                    *cart.entry(what.to_owned()).or_insert(0) += count;
                    format!("{count} {what}")
                }
                Said::Help => "say order, or bye".to_owned(),
                Said::Bye => break "bye",
                Said::Else(what) if misunderstood == 0 => { misunderstood += 1; format!("what is {what}?") }
                Said::Else(_) => { misunderstood = misunderstood.saturating_add(1); continue }
            };
            self.note(text(reply).await?);
        };
        let order: Vec<String> = cart.iter().map(|(what, count)| format!("{count}x{what}")).collect();
        let receipt = match order.as_slice() {
            [] => None,
            [only] => Some(text(only.clone()).await?),
            [first, rest @ ..] => Some(text(format!("{first} and {} more", rest.len())).await?),
        };
        Ok(format!("{ended} {misunderstood} {receipt:?}"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeviceId(u32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Health { Up { version: u32 }, Down }

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wave { share: u32, soak: u64, devices: Vec<DeviceId> }

pub trait Policy { fn allows(&self, failed: usize, of: usize) -> bool; }

pub struct AtMost(usize);

impl Policy for AtMost { fn allows(&self, failed: usize, of: usize) -> bool { failed * 100 <= self.0 * of } }

#[workflow]
impl Rollout {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let all: Vec<DeviceId> = list(n).await?.into_iter().map(DeviceId).collect();
        let mut rest = all.as_slice();
        let mut waves = Vec::new();
        for (share, soak) in [(20, 60), (50, 600), (100, 0)] {
            let count = (all.len() * share as usize).div_ceil(100).saturating_sub(all.len() - rest.len());
            let (now, later) = rest.split_at(count);
            waves.push(Wave { share, soak, devices: now.to_vec() });
            rest = later;
        }
        let mut updated: Vec<DeviceId> = vec![];
        for Wave { share, soak, devices } in waves.iter().filter(|wave| !wave.devices.is_empty()) {
            let failed = match self.wave(ctx, devices).await { Ok(failed) => failed, Err(error) => return Err(error) };
            updated.extend(devices.iter().filter(|device| !failed.contains(device)));
            if !AtMost(40).allows(failed.len(), devices.len()) {
                let back = self.back(ctx, &updated).await?;
                return Ok(format!("back at {share} %: {failed:?} {back}"));
            }
            ctx.sleep(seconds(*soak)).await;
        }
        Ok(format!("{} of {}", updated.len(), all.len()))
    }

    async fn wave(&mut self, ctx: &Context, devices: &[DeviceId]) -> Result<Vec<DeviceId>, Failure> {
        let tasks: Vec<_> = devices
            .iter()
            .map(|&DeviceId(id)| {
                ctx.spawn(async move {
                    let asked = timeout(seconds(30), maybe(id % 4)).await;
                    match asked {
                        Ok(Ok(Some(version))) => (id, Health::Up { version }),
                        Ok(Ok(None)) | Ok(Err(_)) | Err(_) => (id, Health::Down),
                    }
                })
            })
            .collect();
        let mut failed = Vec::new();
        for task in tasks {
            if let (id, Health::Down) = task.await? { failed.push(DeviceId(id)); }
        }
        self.note(format!("{failed:?}"));
        Ok(failed)
    }

    async fn back(&self, _ctx: &Context, devices: &[DeviceId]) -> Result<u32, Failure> {
        let undone = try_join_all(devices.iter().rev().map(|device| num(device.0))).await?;
        Ok(undone.iter().sum())
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request { id: u32, address: Option<String>, lines: Vec<Line>, gift: Option<Gift>, rush: bool }

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Line { sku: String, count: u32 }

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gift { message: String, paper: String }

#[workflow]
impl Fulfilment {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let request = Request {
            id: n,
            address: (n > 2).then(|| format!("street {n}")),
            lines: (1..=n).map(|count| Line { sku: format!("sku{count}"), count }).collect(),
            gift: Some(Gift { message: "for you".to_owned(), paper: "red".to_owned() }),
            rush: n % 2 == 1,
        };
        let Some(address) = request.address else {
            let kept = text(format!("{} waits for an address", request.id)).await?;
            return Ok(format!("{kept} {}", request.lines.len()));
        };
        if let Some(Gift { message, paper }) = request.gift { self.note(text(message).await? + &paper); }
        let (here, there): (Vec<Line>, Vec<Line>) = request.lines.into_iter().partition(|line| line.count < 3);
        let picking = ctx.spawn(async move {
            let mut picked = 0;
            for line in here { picked += num(line.count).await.unwrap_or_default(); }
            picked
        });
        let ordered = self.ordered(there.iter().map(|line| (line.sku.as_str(), line.count)).collect::<Vec<_>>().len(), request.rush).await?;
        let label = text(format!("{} {address}", request.id)).await?;
        let picked = picking.await?;
        let sum = there.into_iter().map(|Line { count, .. }| count).sum::<u32>();
        Ok(format!("{label} {picked} {ordered} {sum}"))
    }

    async fn ordered(&self, many: usize, rush: bool) -> Result<impl_free::Shown, Failure> {
        let days = if rush { num(1).await? } else { num(many as u32).await? };
        Ok(impl_free::Shown(days))
    }
}

pub mod impl_free {
    #[derive(super::Serialize, super::Deserialize)]
    pub struct Shown(pub u32);
    impl std::fmt::Display for Shown {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{} days", self.0) }
    }
}
