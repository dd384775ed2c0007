//! What a resume costs beyond the user's own code: machines in memory, without engine and store.

use std::error::Error;
use std::hint::black_box;
use std::pin::pin;
use std::task::{self, Poll, Waker};
use std::time::{Duration, Instant};

use longhaul::Moment;
use longhaul::machine::{OpId, Process, Resolution, Step};
use longhaul::prelude::*;

/// Below what one transition may do without waiting.
const RESUMES: u32 = 90_000;
const TIMES: usize = 7;

/// Awaits and goes on at once, `left` times: all in one step.
#[derive(Default, Serialize, Deserialize)]
struct Conditions {
    left: u32,
}

#[workflow]
impl Conditions {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u64 {
        let mut sum = 0;
        while self.left > 0 {
            ctx.wait_until(|| self.left > 0).await;
            self.left -= 1;
            sum += u64::from(self.left);
        }
        sum
    }
}

/// As [`Conditions`], with five texts that are kept and used.
#[derive(Default, Serialize, Deserialize)]
struct Keeping {
    left: u32,
}

#[workflow]
impl Keeping {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u64 {
        let texts = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let [mut a, mut b, mut c, mut d, mut e] = texts;
        let mut sum = 0;
        while self.left > 0 {
            ctx.wait_until(|| self.left > 0).await;
            self.left -= 1;
            (a, b, c, d, e) = (b, c, d, e, a);
            sum += a.len() as u64;
        }
        sum + (a.len() + b.len() + c.len() + d.len() + e.len()) as u64
    }
}

/// As [`Conditions`], with timers that have fired already.
#[derive(Default, Serialize, Deserialize)]
struct Timers {
    left: u32,
}

#[workflow]
impl Timers {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u64 {
        let mut sum = 0;
        while self.left > 0 {
            ctx.sleep(seconds(0)).await;
            self.left -= 1;
            sum += u64::from(self.left);
        }
        sum
    }
}

/// Stops at each await: one step each.
#[derive(Default, Serialize, Deserialize)]
struct Steps {
    ticks: u32,
}

#[workflow]
impl Steps {
    #[run]
    async fn run(&mut self, ctx: &Context) -> u64 {
        let mut sum = 0;
        let mut seen = 0;
        while self.ticks < RESUMES {
            ctx.wait_until(|| self.ticks > seen).await;
            seen = self.ticks;
            sum += u64::from(seen);
        }
        sum
    }
}

/// What the user's code alone costs: the same loop as plain async Rust, polled by hand.
fn plain(left: u32) -> Duration {
    async fn run(left: &mut u32) -> u64 {
        let mut sum = 0;
        while *left > 0 {
            std::future::poll_fn(|_| if black_box(*left) > 0 { Poll::Ready(()) } else { Poll::Pending })
                .await;
            *left -= 1;
            sum += u64::from(*left);
        }
        sum
    }
    let mut left = left;
    let mut future = pin!(run(&mut left));
    let begun = Instant::now();
    let polled = future.as_mut().poll(&mut task::Context::from_waker(Waker::noop()));
    assert!(black_box(polled).is_ready());
    begun.elapsed()
}

/// One step of a machine that goes to its end.
fn at_once<W: Workflow<Input = ()>>(mut workflow: W, step: Step) -> Result<Duration, Box<dyn Error>> {
    let mut machine = Process::<W>::start(());
    let ctx = Context::new("run", Moment(0), step);
    let begun = Instant::now();
    let polled = machine.step(&mut workflow, &ctx);
    let took = begun.elapsed();
    if polled.is_pending() {
        return Err(format!("the machine waits: {:?}", ctx.into_step().fault).into());
    }
    Ok(took)
}

/// So many steps, at most [`RESUMES`], of which each ends at an await again, with its new state written.
pub(crate) fn steps(many: u32) -> Result<Duration, Box<dyn Error>> {
    let mut workflow = Steps::default();
    let mut machine = Process::<Steps>::start(());
    let mut took = Duration::ZERO;
    while workflow.ticks < many {
        let ctx = Context::new("run", Moment(0), Step::default());
        let begun = Instant::now();
        let polled = machine.step(&mut workflow, &ctx);
        took += begun.elapsed();
        if polled.is_ready() {
            return Err("the machine has ended".into());
        }
        workflow.ticks += 1;
    }
    Ok(took)
}

/// What reading the clock twice costs, which [`steps`] does for each step.
fn clock() -> Duration {
    (0..RESUMES).map(|_| Instant::now().elapsed()).sum()
}

/// The median of several times, for each resume.
fn nanos(mut measure: impl FnMut() -> Result<Duration, Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let mut all: Vec<f64> = Vec::new();
    for _ in 0..TIMES {
        all.push(measure()?.as_secs_f64() * 1e9 / f64::from(RESUMES));
    }
    all.sort_by(f64::total_cmp);
    Ok(all[TIMES / 2])
}

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    let user = nanos(|| Ok(plain(RESUMES)))?;
    println!("nanoseconds for each of {RESUMES} resumes, median of {TIMES}");
    println!("{:<58} {user:>7.1}", "the user's code alone, as plain async Rust");
    let fired = || Step {
        resolutions: (0..u64::from(RESUMES)).map(|op| (OpId(op), Resolution::TimerFired)).collect(),
        ..Step::default()
    };
    let left = RESUMES;
    let conditions = nanos(|| at_once(Conditions { left }, Step::default()))?;
    let keeping = nanos(|| at_once(Keeping { left }, Step::default()))?;
    let timers = nanos(|| at_once(Timers { left }, fired()))?;
    let clock = nanos(|| Ok(clock()))?;
    let steps = nanos(|| steps(RESUMES))? - clock;
    for (what, nanos) in [
        ("a resume", conditions),
        ("a resume with five texts kept across it", keeping),
        ("an await that begins a timer, which has fired", timers),
        ("a whole step: resume, suspend, the new state written", steps),
    ] {
        println!("{what:<58} {nanos:>7.1}   {:>7.1} beyond the user's code", nanos - user);
    }
    Ok(())
}
