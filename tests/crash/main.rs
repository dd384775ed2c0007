//! Kills a real process at random moments and checks that nothing was lost.
//!
//! ```text
//! cargo test -p longhaul-tests --test crash -- --kills 1000 --seed 7
//! ```
//!
//! The child is the checkout example with its audit on: each acknowledgement it got and each attempt at an
//! activity it made is a line in a file. It is killed with SIGKILL and started again until it ends by itself. Then
//! the books are read from outside, and the guarantees are checked by name. Rounds go on, one beside the other on each
//! core, until there were enough kills.

#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../../examples/checkout/main.rs"]
mod checkout;
mod checks;

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use checkout::orders::{self, Order};

/// The kills that a plain `cargo test` makes.
const KILLS: usize = 200;

/// How long an approval may take, in seconds.
const WINDOW: &str = "2";

/// The kills of one round; then it may end.
const ROUND_KILLS: usize = 60;

/// A child that is left alone and does not end by then hangs.
const CHILD_LIMIT: Duration = Duration::from_mins(4);

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("child") {
        return checkout::execute(args);
    }
    let number = |flag: &str| {
        let args: Vec<String> = std::env::args().collect();
        let at = args.iter().position(|arg| arg == flag)?;
        args.get(at + 1)?.parse::<u64>().ok()
    };
    if std::env::args().any(|arg| arg == "--list") {
        println!("crash: test");
        return ExitCode::SUCCESS;
    }
    let kills = number("--kills").and_then(|kills| usize::try_from(kills).ok()).unwrap_or(KILLS);
    let seed = number("--seed").unwrap_or_else(|| u64::from(std::process::id()));
    println!("crash: {kills} kills, --seed {seed}");
    match torment(kills, seed) {
        Ok(()) => {
            println!("test result: ok. 1 passed; 0 failed");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("crash, --seed {seed}: {wrong}");
            println!("test result: FAILED. 0 passed; 1 failed");
            ExitCode::FAILURE
        }
    }
}

/// A stream of numbers: `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// Kills that are still to be made, by rounds that go on beside each other.
struct Kills(AtomicUsize);

impl Kills {
    /// Takes one, if there is one left.
    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Gives one back that was not made.
    fn give_back(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn are_left(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// Rounds until there were enough kills.
fn torment(kills: usize, seed: u64) -> Result<(), String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let (left, rounds) = (Kills(AtomicUsize::new(kills)), AtomicUsize::new(0));
    let (begun, mut recovered) = (Instant::now(), 0);
    std::thread::scope(|threads| {
        let workers: Vec<_> = (0..cores as u64)
            .map(|core| {
                let (left, rounds) = (&left, &rounds);
                threads.spawn(move || {
                    torment_on_one_core(left, rounds, &mut Dice(seed.wrapping_add(core << 32)))
                })
            })
            .collect();
        for worker in workers {
            recovered += worker.join().map_err(|_| "a round panicked".to_owned())??;
        }
        Ok::<_, String>(())
    })?;
    if recovered == 0 {
        return Err("no start found anything to recover: the kills came too early or too late".to_owned());
    }
    let seconds = begun.elapsed().as_secs();
    println!("crash: {kills} kills in {} rounds, {seconds} s", rounds.into_inner());
    Ok(())
}

/// One round after the other; gives how many runs their starts found to recover.
fn torment_on_one_core(kills: &Kills, rounds: &AtomicUsize, dice: &mut Dice) -> Result<usize, String> {
    let mut recovered = 0;
    while kills.are_left() {
        let number = rounds.fetch_add(1, Ordering::Relaxed);
        let round = Round::new(number)?;
        let ended = round.run(kills, dice)?;
        recovered += ended.recovered;
        checks::check(&round)?;
        println!(
            "crash: round {}: {} kills, {} recovered, {} orders right",
            number + 1,
            ended.kills,
            ended.recovered,
            round.orders.len()
        );
    }
    Ok(recovered)
}

/// One job from its first start to its end.
struct Round {
    folder: tempfile::TempDir,
    orders: Vec<Order>,
    window: Duration,
}

struct Ended {
    kills: usize,
    recovered: usize,
}

impl Round {
    /// The example's orders, with every round's own ids.
    fn new(number: usize) -> Result<Self, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/orders.jsonl");
        let file = std::fs::File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let (mut orders, broken) = orders::read(BufReader::new(file)).map_err(text)?;
        if let Some(line) = broken.first() {
            return Err(format!("{}:{}: {}", path.display(), line.number, line.reason));
        }
        for order in &mut orders {
            order.id = format!("round-{number}-{}", order.id);
        }
        let folder = tempfile::tempdir().map_err(text)?;
        let lines: Result<Vec<_>, _> = orders.iter().map(serde_json::to_string).collect();
        std::fs::write(folder.path().join("orders.jsonl"), lines.map_err(text)?.join("\n")).map_err(text)?;
        let window = Duration::from_secs(WINDOW.parse().map_err(text)?);
        Ok(Round { folder, orders, window })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self) -> Result<Child, String> {
        let output =
            std::fs::File::options().create(true).append(true).open(self.path("output")).map_err(text)?;
        Command::new(std::env::current_exe().map_err(text)?)
            .arg("child")
            .arg(self.path("orders.jsonl"))
            .args(["--window", WINDOW, "--parallel", "24"])
            .arg("--data")
            .arg(self.path("data"))
            .arg("--audit")
            .arg(self.path("audit.jsonl"))
            .stdin(Stdio::null())
            .stderr(output.try_clone().map_err(text)?)
            .stdout(output)
            .spawn()
            .map_err(text)
    }

    /// Starts and kills until the child ends by itself; when there are no kills left, or were enough, it is left alone.
    fn run(&self, left: &Kills, dice: &mut Dice) -> Result<Ended, String> {
        let mut kills = 0;
        // How many times longer than on a quick machine a child lives, so that it comes to its work.
        let (mut slowness, mut seen) = (1, 0);
        loop {
            let mut child = self.start()?;
            let begun = Instant::now();
            let mercy = kills == ROUND_KILLS || !left.take();
            // Early kills hit the start and the recovery, late ones the work.
            let longest_us = if kills % 2 == 0 { 350_000 } else { 1_200_000 };
            let deadline = Instant::now() + Duration::from_micros(2_000 + dice.roll(longest_us * slowness));
            let status = loop {
                if let Some(status) = child.try_wait().map_err(text)? {
                    break Some(status);
                }
                if begun.elapsed() > CHILD_LIMIT {
                    child.kill().map_err(text)?;
                    child.wait().map_err(text)?;
                    return Err(format!("the job hangs; its output:\n{}", self.output()));
                }
                if !mercy && Instant::now() >= deadline {
                    child.kill().map_err(text)?; // SIGKILL
                    child.wait().map_err(text)?;
                    break None;
                }
                std::thread::sleep(Duration::from_micros(500));
            };
            match status {
                None => {
                    kills += 1;
                    if kills % 4 == 0 {
                        let now = std::fs::metadata(self.path("audit.jsonl")).map_or(0, |audit| audit.len());
                        slowness = if now > seen { slowness.div_ceil(2) } else { (2 * slowness).min(16) };
                        seen = now;
                    }
                }
                Some(status) if status.success() => {
                    if !mercy {
                        left.give_back();
                    }
                    break;
                }
                Some(status) => return Err(format!("the child ended with {status}:\n{}", self.output())),
            }
        }
        let recovered = self
            .output()
            .lines()
            .filter_map(|line| line.strip_prefix("recovered ")?.split(' ').next()?.parse::<usize>().ok())
            .sum();
        Ok(Ended { kills, recovered })
    }

    fn output(&self) -> String {
        std::fs::read_to_string(self.path("output")).unwrap_or_default()
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
