//! What Longhaul measures itself by.
//!
//! `cargo run --release -p longhaul-bench` lists what there is; `-- table` runs all that `bench/README.md` tells, one after the
//! other, each in a process of its own, and prints the table.
//!
//! Machines are noisy: compare what one run prints, not two runs.

mod active;
mod behind;
mod codec;
mod compile;
mod events;
mod fanout;
mod instructions;
mod limit;
mod lists;
mod machine;
mod queries;
mod reopen;
mod report;
mod resume;
mod signals;
mod sleeping;
mod starts;
mod table;
mod throughput;
mod timers;
mod width;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// What can be asked for, and what it tells.
const PROGRAMS: [(&str, &str); 18] = [
    ("table", "all of the table, in about 12 minutes"),
    (
        "throughput [N]",
        "runs a second, durable, and bare fjall; or with N in flight, and the processor time of each thread",
    ),
    (
        "signals [RUNS SENDERS]",
        "signals a second, acknowledged, into one run and into many; or into RUNS, the processor time of each thread, and bare fjall",
    ),
    ("starts", "how long a start takes to be acknowledged"),
    ("sleeping [RUNS]", "memory and disk of sleeping runs (a million), open after SIGKILL under load"),
    ("reopen", "the store alone: open after SIGKILL under load, by how much is in it; what a commit costs"),
    ("timers [TIMERS SECONDS]", "how late timers are (a million, each every 60 seconds, five times)"),
    ("due [TIMERS]", "timers due in the same second (100,000)"),
    ("events", "load of a run with a million events against one with ten"),
    ("queries", "queries on runs in memory and not in memory"),
    ("active", "memory of runs at work"),
    (
        "fanout [WIDTH]",
        "1,000 (or so many) and ten times as many activities at once, or blocks: bytes and time",
    ),
    ("behind [WIDTH]", "the first answer of a run of 10,000 activities (or so many) after a crash"),
    ("instructions", "instructions of a transition, of writing and of reading, against what was recorded"),
    (
        "widths",
        "instructions of an answer to one of 10 to 10,000 branches, of their cancellation and their load; of lists",
    ),
    ("codec", "nanoseconds to write a value as CBOR, and to read it back"),
    ("compile", "rustc's time for a machine and for the same plain async fn; generated code"),
    ("resume", "nanoseconds for a resume, beyond the user's code"),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("longhaul-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let what = args.first().map_or("", String::as_str);
    let number = || args.get(1).map(|number| number.parse()).transpose();
    match what {
        "table" => table::measure(),
        "throughput" => throughput::measure(args.get(1).map(|many| many.parse()).transpose()?),
        "signals" => {
            let senders = args.get(2).map(|senders| senders.parse()).transpose()?;
            signals::measure(number()?.zip(senders))
        }
        "starts" => starts::measure(),
        "sleeping" => sleeping::measure(number()?),
        "sleeping-load" => sleeping::load(Path::new(args.get(1).ok_or("which folder?")?)),
        "reopen" => reopen::measure(),
        "reopen-load" => reopen::load(Path::new(args.get(1).ok_or("which folder?")?)),
        "timers" => timers::every_period(number()?, args.get(2).map(|seconds| seconds.parse()).transpose()?),
        "due" => timers::same_second(number()?),
        "events" => events::measure(),
        "queries" => queries::measure(),
        "active" => active::measure(),
        "fanout" => fanout::measure(args.get(1).map(|width| width.parse()).transpose()?),
        "behind" => behind::measure(number()?.map(u32::try_from).transpose()?),
        "instructions" => instructions::measure(),
        "widths" => instructions::widths(),
        "instructions-of" => {
            let (what, rounds) = args.get(1).zip(args.get(2)).ok_or("what, and how often?")?;
            instructions::carry_out(what, rounds.parse()?)
        }
        "codec" => codec::measure(),
        "compile" => compile::measure(),
        "resume" => resume::measure(),
        _ => {
            let list: String = PROGRAMS.map(|(name, tells)| format!("  {name:<16} {tells}\n")).concat();
            Err(format!("which?\n{list}").into())
        }
    }
}
