// Workflows as teams write them, about money: a subscription, a loan, a saga of bookings.

bodies! {
    Subscription { a_subscription(3); a_subscription_that_lapses(101); }
    LoanApplication { a_loan(3); a_loan_refused(150); a_loan_without_a_file(0); }
    TripSaga { a_trip(3); a_trip_undone(99); }
}

pub mod money {
    use longhaul::prelude::{Deserialize, Serialize};

    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    pub struct Cents(pub i64);

    impl Cents {
        pub const ZERO: Self = Cents(0);

        pub fn percent(self, percent: i64) -> Self {
            Cents(self.0 * percent / 100)
        }
    }

    impl std::ops::Add for Cents {
        type Output = Self;
        fn add(self, other: Self) -> Self {
            Cents(self.0 + other.0)
        }
    }

    impl std::ops::SubAssign for Cents {
        fn sub_assign(&mut self, other: Self) {
            self.0 -= other.0;
        }
    }

    impl std::iter::Sum for Cents {
        fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
            all.fold(Cents::ZERO, |sum, one| sum + one)
        }
    }

    impl std::fmt::Display for Cents {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
        }
    }
}
use money::Cents;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Plan { Free, Team { seats: u32 }, Enterprise }

pub trait Priced {
    const CURRENCY: &'static str = "EUR";
    fn monthly(&self) -> Cents;
    fn label(&self) -> String { format!("{} {}", self.monthly(), Self::CURRENCY) }
}

impl Priced for Plan {
    fn monthly(&self) -> Cents {
        match *self {
            Plan::Free => Cents::ZERO,
            Plan::Team { seats } => Cents(900 * i64::from(seats)),
            Plan::Enterprise => Cents(99_900),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Invoice { number: u32, lines: Vec<(String, Cents)>, discount: Option<i64>, note: Option<String> }

impl Invoice {
    fn numbered(number: u32) -> Self { Invoice { number, ..Default::default() } }
    fn line(mut self, text: impl Into<String>, cents: Cents) -> Self { self.lines.push((text.into(), cents)); self }
    fn discount(mut self, percent: i64) -> Self { self.discount = Some(percent).filter(|percent| *percent > 0); self }
    fn total(&self) -> Cents {
        let sum: Cents = self.lines.iter().map(|(_, cents)| *cents).sum();
        self.discount.map_or(sum, |percent| sum.percent(100 - percent))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Paid { Once { attempt: usize }, Never(String) }

const DUNNING: [(u64, &str); 3] = [(1, "friendly"), (3, "firm"), (7, "final")];

#[workflow]
impl Subscription {
    const GRACE: u32 = 2;

    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut plan = Plan::Team { seats: n };
        let mut lapsed = 0;
        let mut history: Vec<Invoice> = Vec::new();
        for month in 1.. {
            ctx.sleep(seconds(30 * 86_400)).await;
            if let Some(seats) = maybe(month % 2).await? {
                plan = match plan { Plan::Team { seats: old } => Plan::Team { seats: old + seats }, other => other };
                self.note(format_args!("{plan:?} from {month}"));
            }
            let invoice = Invoice::numbered(month)
                .line(plan.label(), plan.monthly())
                .line("usage", Cents(i64::from(num(month).await?)))
                .discount(if month == 1 { 50 } else { 0 });
            match self.collect(ctx, &invoice, n).await? {
                Paid::Once { attempt: 0 } => lapsed = 0,
                Paid::Once { attempt } => { lapsed = 0; self.note(format!("paid at try {attempt}")); }
                Paid::Never(reason) if lapsed + 1 >= Self::GRACE => {
                    let open: Cents = history.iter().chain(std::iter::once(&invoice)).map(Invoice::total).sum();
                    return Ok(format!("lapsed: {reason}, {open} open"));
                }
                Paid::Never(_) => lapsed += 1,
            }
            history.push(invoice);
            if history.len() >= 3 { break; }
        }
        let Some(best) = history.iter().max_by_key(|invoice| invoice.total()) else { return Ok("free".into()) };
        Ok(format!("{} in {}, {}", best.total(), best.number, text(plan.label()).await?))
    }

    async fn collect(&mut self, ctx: &Context, invoice: &Invoice, n: u32) -> Result<Paid, Failure> {
        let mut last = None;
        for (attempt, (days, tone)) in DUNNING.iter().enumerate() {
            let charged = check(n + invoice.number + attempt as u32).await;
            match charged {
                Ok(receipt) if receipt % 2 == 0 => return Ok(Paid::Once { attempt }),
                Ok(receipt) => last = Some(format!("receipt {receipt}")),
                Err(error) => { last.replace(error.to_string()); }
            }
            self.note(text(format!("{tone} reminder of {}", invoice.total())).await?);
            ctx.sleep(seconds(days * 86_400)).await;
        }
        Ok(Paid::Never(last.unwrap_or_default()))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applicant { name: String, income: Option<Cents>, history: Vec<i32>, employer: Option<String> }

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Risk { Low, Medium, High }

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Decision { Offer { rate: i64, limit: Cents }, Refuse { reason: &'static str }, Review(Vec<String>) }

#[workflow]
impl LoanApplication {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let applicant = Applicant {
            name: text(format!("a{n}")).await?,
            income: maybe(n).await?.map(|income| Cents(i64::from(income) * 1_000)),
            history: list(n.min(4)).await?.into_iter().map(|entry| entry as i32 - 2).collect(),
            employer: None,
        };
        let decision = self.decide(ctx, applicant).await?;
        let letter = match &decision {
            Decision::Offer { rate, limit } => format!("{limit} at {rate} %"),
            Decision::Refuse { reason } => (*reason).to_owned(),
            Decision::Review(questions) => questions.join(", "),
        };
        let sent = timeout(seconds(60), text(letter)).await.unwrap_or_else(|_| Ok("late".to_owned()))?;
        Ok(format!("{sent} {decision:?}"))
    }

    async fn decide(&mut self, ctx: &Context, applicant: Applicant) -> Result<Decision, Failure> {
        let Some(income) = applicant.income else {
            self.note(text(applicant.name).await?);
            return Ok(Decision::Refuse { reason: "no income" });
        };
        let (score, fraud, employed) = try_join!(
            num(applicant.history.len() as u32),
            flag(income.0 as u32),
            async { ctx.sleep(seconds(5)).await; maybe(applicant.history.len() as u32 % 3).await }
        )?;
        let risk = match (score, fraud) {
            (_, true) => Risk::High,
            (0..=20, _) => Risk::Medium,
            _ => Risk::Low,
        };
        let employer = applicant.employer.or_else(|| employed.map(|id| format!("employer {id}")));
        self.note(format!("{} {risk:?}", text(applicant.name).await?));
        let worst = applicant.history.iter().copied().min().unwrap_or(i32::MAX);
        let questions: Vec<_> = [
            employer.is_none().then(|| "who employs you?".to_owned()),
            (worst < 0).then(|| format!("what was {worst}?")),
        ].into_iter().flatten().collect();
        if !questions.is_empty() && risk > Risk::Low { return Ok(Decision::Review(questions)); }
        if let Err(refused) = check((income.0 / 1_000) as u32).await {
            self.note(refused);
            return Ok(Decision::Refuse { reason: "too much" });
        }
        let rate = 3 + match risk { Risk::Low => 0, Risk::Medium => 2, Risk::High => 9 };
        Ok(Decision::Offer { rate, limit: income.percent(40) })
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum TripError { Refused { what: Booking, by: Refused }, Late(Booking), Lost(String) }

impl std::fmt::Display for TripError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { what, by } => write!(f, "{what:?}: {by}"),
            Self::Late(what) => write!(f, "{what:?} was late"),
            Self::Lost(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for TripError {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Booking { Flight, Hotel, Car }

impl Booking {
    const ALL: [Self; 3] = [Self::Flight, Self::Hotel, Self::Car];
    fn cost(self) -> u32 { match self { Self::Flight => 0, Self::Hotel => 1, Self::Car => 2 } }
}

#[workflow]
impl TripSaga {
    #[run]
    pub async fn run(&mut self, ctx: &Context, n: u32) -> Result<String, Failure> {
        let mut undo = Vec::with_capacity(Booking::ALL.len());
        let booked = self.book_all(ctx, n, &mut Vec::new()).await;
        let receipts = match booked {
            Ok(receipts) => receipts,
            Err(error) => {
                self.note(&error);
                undo.extend(Booking::ALL.into_iter().take_while(|booking| n + booking.cost() < 100));
                while let Some(booking) = undo.pop() {
                    let undone = shield(text(format!("undo {booking:?}"))).await?;
                    self.note(undone);
                }
                return Ok(error.to_string());
            }
        };
        let total: u32 = receipts.iter().map(|(_, receipt)| receipt).sum();
        let by_booking: std::collections::BTreeMap<_, _> = receipts.into_iter().collect();
        let hotel = by_booking.get(&Booking::Hotel).copied().unwrap_or_default();
        Ok(format!("{total} {hotel} {}", num(total - hotel).await?))
    }

    async fn book_all(&mut self, ctx: &Context, n: u32, _unused: &Vec<Booking>) -> Result<Vec<(Booking, u32)>, TripError> {
        let mut receipts = vec![];
        for booking in Booking::ALL {
            let receipt = self.book(ctx, booking, n).await?;
            receipts.push((booking, receipt));
        }
        Ok(receipts)
    }

    async fn book(&mut self, ctx: &Context, what: Booking, n: u32) -> Result<u32, TripError> {
        let answer = timeout(seconds(30), async {
            ctx.sleep(seconds(1)).await;
            check(n + what.cost()).await
        })
        .await
        .map_err(|_| TripError::Late(what))?;
        answer.map_err(|error| match error {
            longhaul::ActivityError::Failed(by) => TripError::Refused { what, by },
            other => TripError::Lost(other.to_string()),
        })
    }
}
