//! Kills a real process at random moments and checks that nothing was lost.
//!
//! ```text
//! cargo test -p longhaul-tests --test crash -- --kills 1000 --seed 7
//! ```
//!
//! The child is the checkout example with its audit on: each acknowledgement it got and each attempt at an
//! activity it made is a line in a file. It is killed with SIGKILL and started again until it ends by itself. Then
//! the books are read from outside, and the guarantees are checked by name. Rounds go on until there were enough
//! kills.

#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../../examples/checkout/main.rs"]
mod checkout;
mod checks;

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use checkout::orders::{self, Order};

/// The kills that a plain `cargo test` makes.
const KILLS: usize = 50;

/// How long an approval may take, in seconds.
const WINDOW: &str = "2";

/// A round that does not end by then hangs.
const ROUND_LIMIT: Duration = Duration::from_mins(4);

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

/// Rounds until there were enough kills.
fn torment(kills: usize, seed: u64) -> Result<(), String> {
    let mut dice = Dice(seed);
    let (mut killed, mut rounds, mut recovered) = (0, 0, 0);
    while killed < kills {
        let round = Round::new(rounds)?;
        let ended = round.run(kills - killed, &mut dice)?;
        (killed, rounds, recovered) = (killed + ended.kills, rounds + 1, recovered + ended.recovered);
        checks::check(&round)?;
        println!(
            "crash: round {rounds}: {} kills, {} recovered, {} orders right",
            ended.kills,
            ended.recovered,
            round.orders.len()
        );
    }
    if recovered == 0 {
        return Err("no start found anything to recover: the kills came too early or too late".to_owned());
    }
    Ok(())
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

    /// Starts and kills until the child ends by itself; at most so many kills, then it is left alone.
    fn run(&self, most: usize, dice: &mut Dice) -> Result<Ended, String> {
        let begun = Instant::now();
        let mut kills = 0;
        loop {
            let mut child = self.start()?;
            let mercy = kills >= most;
            // Early kills hit the start and the recovery, late ones the work; on a slow machine only the late ones do.
            let longest_us = if kills % 2 == 0 { 350_000 } else { 1_200_000 };
            let deadline = Instant::now() + Duration::from_micros(2_000 + dice.roll(longest_us));
            let status = loop {
                if let Some(status) = child.try_wait().map_err(text)? {
                    break Some(status);
                }
                if begun.elapsed() > ROUND_LIMIT {
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
                None => kills += 1,
                Some(status) if status.success() => break,
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
